extension Timestamp {
    /// Parses any date-time of RFC 3339 section 5.6, such as `2026-11-21T10:00:00+01:00`; nil for anything else.
    /// Fractions of a second beyond the third digit are dropped.
    public init?(dateTime text: some Sequence<UInt8>) {
        var reader = DateTimeReader(Array(text))
        guard let year = reader.number(digits: 4...4), reader.skip(0x2D), let month = reader.number(digits: 2...2),
            reader.skip(0x2D), let day = reader.number(digits: 2...2), reader.skip(UInt8(ascii: "T")),
            let hour = reader.number(digits: 2...2), reader.skip(0x3A), let minute = reader.number(digits: 2...2),
            reader.skip(0x3A), let second = reader.number(digits: 2...2), let fraction = reader.fraction(),
            let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        self.init(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second, milliseconds: fraction,
            offset: offset)
    }

    /// Parses the date-time of RFC 5322 section 3.3, such as `Sat, 21 Nov 2026 22:19 +0100 (CET)`, with the obsolete zones
    /// of section 4.3; nil for anything else. The name of the day may be missing, and is not compared with the date.
    public init?(mailDate text: some Sequence<UInt8>) {
        var reader = DateTimeReader(Array(text))
        reader.skipSpace()
        guard reader.skipDayName(), let day = reader.number(digits: 1...2), reader.skipSpace(),
            let month = reader.month(), reader.skipSpace(), let year = reader.number(digits: 4...4), reader.skipSpace(),
            let (hour, minute, second) = reader.timeOfDay(), let offset = reader.zone()
        else { return nil }
        reader.skipSpace()
        guard reader.isAtEnd else { return nil }
        self.init(year: year, month: month, day: day, hour: hour, minute: minute, second: second, offset: offset)
    }

    /// The timestamp as `2026-11-21T10:00:00Z`: RFC 3339 in UTC, without the fraction of its second.
    public var dateTime: String { "\(rfc3339.prefix(19))Z" }
}

extension DateTimeReader {
    /// The digits after a point, as milliseconds; zero if there is no point.
    fileprivate mutating func fraction() -> Int? {
        guard skip(UInt8(ascii: ".")) else { return 0 }
        let digits = digits()
        return digits.isEmpty ? nil : Self.value(of: (digits.prefix(3) + [0x30, 0x30]).prefix(3))
    }

    /// `Z` or `+hh:mm`, in seconds.
    fileprivate mutating func offset() -> Int? {
        if skip(UInt8(ascii: "Z")) { return 0 }
        guard let sign = sign(), let hours = number(digits: 2...2), skip(0x3A), let minutes = number(digits: 2...2),
            hours < 24, minutes < 60
        else { return nil }
        return sign * (hours * 3_600 + minutes * 60)
    }

    private mutating func sign() -> Int? { skip(UInt8(ascii: "+")) ? 1 : skip(UInt8(ascii: "-")) ? -1 : nil }

    /// Skips `Sat,`, if there.
    ///
    /// - Returns: false for another word.
    fileprivate mutating func skipDayName() -> Bool {
        guard let name = word() else { return true }
        guard ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].contains(name) else { return false }
        skipSpace()
        guard skip(UInt8(ascii: ",")) else { return false }
        skipSpace()
        return true
    }

    fileprivate mutating func month() -> Int? {
        let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        return word().flatMap { names.firstIndex(of: $0) }.map { $0 + 1 }
    }

    /// The hour, the minute, and the second, which may be missing.
    fileprivate mutating func timeOfDay() -> (Int, Int, Int)? {
        guard let hour = number(digits: 2...2), skip(0x3A), let minute = number(digits: 2...2) else { return nil }
        guard skip(0x3A) else { return (hour, minute, 0) }
        return number(digits: 2...2).map { (hour, minute, $0) }
    }

    /// `+hhmm`, or the name of a zone, after white space; in seconds.
    fileprivate mutating func zone() -> Int? {
        guard skipSpace() else { return nil }
        if let name = word() { return Self.zones[name].map { $0 * 3_600 } }
        guard let sign = sign(), let number = number(digits: 4...4), number / 100 < 24, number % 100 < 60 else {
            return nil
        }
        return sign * (number / 100 * 3_600 + number % 100 * 60)
    }

    /// In hours; the letters of the military zones mean nothing (RFC 5322 section 4.3).
    private static let zones = [
        "ut": 0, "gmt": 0, "utc": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8,
        "pdt": -7,
    ]
}
