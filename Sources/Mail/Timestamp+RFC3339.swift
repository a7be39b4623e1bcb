extension Timestamp {
    /// The timestamp as `2026-11-21T10:00:00.123Z` (RFC 3339), always UTC, always with milliseconds.
    public var rfc3339: String {
        let second = milliseconds.flooredQuotient(by: 1000)
        let time = CivilTime(secondsSince1970: second)
        return String(unsafeUninitializedCapacity: 24) { target in
            _ = target.initialize(from: "0000-00-00T00:00:00.000Z".utf8)
            Self.put(time.year, digits: 4, at: 0, in: target)
            Self.put(time.month, digits: 2, at: 5, in: target)
            Self.put(time.day, digits: 2, at: 8, in: target)
            Self.put(time.hour, digits: 2, at: 11, in: target)
            Self.put(time.minute, digits: 2, at: 14, in: target)
            Self.put(time.second, digits: 2, at: 17, in: target)
            Self.put(Int(milliseconds &- second &* 1000), digits: 3, at: 20, in: target)
            return 24
        }
    }

    /// Parses exactly the form that ``rfc3339`` writes; nil for anything else.
    public init?(rfc3339 text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 24, Self.punctuation(of: bytes) == Array("--T::.Z".utf8),
            let year = Self.number(bytes[0..<4]), let month = Self.number(bytes[5..<7]),
            let day = Self.number(bytes[8..<10]), let hour = Self.number(bytes[11..<13]),
            let minute = Self.number(bytes[14..<16]), let second = Self.number(bytes[17..<19]),
            let fraction = Self.number(bytes[20..<23]),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        let days = CivilTime.daysSince1970(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
        self.init(milliseconds: Int64(seconds * 1000 + fraction))
    }

    private static func put(_ value: Int, digits: Int, at start: Int, in target: UnsafeMutableBufferPointer<UInt8>) {
        var rest = value
        for index in stride(from: start + digits - 1, through: start, by: -1) {
            target[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }

    private static func punctuation(of bytes: [UInt8]) -> [UInt8] {
        [4, 7, 10, 13, 16, 19, 23].map { bytes[$0] }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }
}
