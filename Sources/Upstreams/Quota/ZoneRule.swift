/// When summer time begins and ends by rule: the last line of a file of time zones, `CET-1CEST,M3.5.0,M10.5.0/3`
/// (RFC 9636 section 3.3, POSIX `TZ`).
struct ZoneRule: Hashable {
    /// One change in a year.
    private struct Change: Hashable {
        enum Day: Hashable {
            /// 1 to 365, without the leap day.
            case ofCommonYear(Int64)
            /// 0 to 365.
            case ofYear(Int64)
            /// Weekday 0 is Sunday; week 5 is the last one.
            case weekday(Int64, week: Int64, month: Int64)
        }

        let day: Day
        /// Seconds since local midnight; may be of another day.
        let time: Int64
    }

    private struct Summer: Hashable {
        let offset: Int64
        let begin: Change
        let end: Change
    }

    /// Seconds east of UTC.
    private let standard: Int64
    private let summer: Summer?

    /// - Returns: nil for text that is no rule.
    init?(_ text: some Collection<UInt8>) {
        var scanner = ZoneRuleScanner(text)
        guard scanner.takeName(), let west = scanner.takeTime() else { return nil }
        standard = -west
        guard !scanner.isAtEnd else {
            summer = nil
            return
        }
        guard scanner.takeName() else { return nil }
        let offset = scanner.isAtTime ? scanner.takeTime().map { -$0 } : standard + 3600
        guard let offset, let begin = Self.change(&scanner), let end = Self.change(&scanner), scanner.isAtEnd else {
            return nil
        }
        summer = Summer(offset: offset, begin: begin, end: end)
    }

    private static func change(_ scanner: inout ZoneRuleScanner) -> Change? {
        guard scanner.take(UInt8(ascii: ",")), let day = day(&scanner) else { return nil }
        guard scanner.take(UInt8(ascii: "/")) else { return Change(day: day, time: 7200) }
        return scanner.takeTime().map { Change(day: day, time: $0) }
    }

    private static func day(_ scanner: inout ZoneRuleScanner) -> Change.Day? {
        if scanner.take(UInt8(ascii: "J")) { return scanner.takeNumber(in: 1...365).map { .ofCommonYear($0) } }
        guard scanner.take(UInt8(ascii: "M")) else { return scanner.takeNumber(in: 0...365).map { .ofYear($0) } }
        guard let month = scanner.takeNumber(in: 1...12), scanner.take(UInt8(ascii: ".")),
            let week = scanner.takeNumber(in: 1...5), scanner.take(UInt8(ascii: ".")),
            let weekday = scanner.takeNumber(in: 0...6)
        else { return nil }
        return .weekday(weekday, week: week, month: month)
    }

    /// Seconds east of UTC.
    ///
    /// - Parameter seconds: since 1970.
    func offset(at seconds: Int64) -> Int64 {
        guard let summer else { return standard }
        let year = CivilDate(days: CivilDate.floor(seconds + standard, 86_400)).year
        let begin = Self.seconds(of: summer.begin, in: year) - standard
        let end = Self.seconds(of: summer.end, in: year) - summer.offset
        let isSummer =
            begin < end ? begin <= seconds && seconds < end : !(end <= seconds && seconds < begin)
        return isSummer ? summer.offset : standard
    }

    /// By the local clock, as if it were UTC.
    private static func seconds(of change: Change, in year: Int64) -> Int64 {
        let first = CivilDate.days(year, 1, 1)
        let day =
            switch change.day {
            case .ofCommonYear(let day): first + day - (CivilDate.isLeap(year) && day >= 60 ? 0 : 1)
            case .ofYear(let day): first + day
            case .weekday(let weekday, let week, let month): Self.day(weekday, week: week, month: month, year: year)
            }
        return day * 86_400 + change.time
    }

    private static func day(_ weekday: Int64, week: Int64, month: Int64, year: Int64) -> Int64 {
        let first = CivilDate.days(year, month, 1)
        let next = month == 12 ? CivilDate.days(year + 1, 1, 1) : CivilDate.days(year, month + 1, 1)
        // 1970-01-01 was a Thursday.
        let ofFirst = (first + 4) - CivilDate.floor(first + 4, 7) * 7
        let day = first + (weekday - ofFirst + 7) % 7 + (week - 1) * 7
        return day >= next ? day - 7 : day
    }
}

/// Reads the parts of a ``ZoneRule``.
private struct ZoneRuleScanner {
    private var rest: ArraySlice<UInt8>

    init(_ text: some Collection<UInt8>) { rest = Array(text)[...] }

    var isAtEnd: Bool { rest.isEmpty }
    /// Whether an offset follows.
    var isAtTime: Bool {
        rest.first.map { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") || (0x30...0x39).contains($0) } ?? false
    }

    mutating func take(_ octet: UInt8) -> Bool {
        guard rest.first == octet else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// `CET`, or `<+03>`.
    mutating func takeName() -> Bool {
        if take(UInt8(ascii: "<")) {
            guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
            rest = rest[(end + 1)...]
            return true
        }
        let name = rest.prefix { (0x41...0x5A).contains($0 & 0xDF) }
        rest = rest.dropFirst(name.count)
        return name.count >= 3
    }

    mutating func takeNumber(in range: ClosedRange<Int64>) -> Int64? {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest.dropFirst(digits.count)
        return Int64(String(decoding: digits.prefix(9), as: UTF8.self)).flatMap { range.contains($0) ? $0 : nil }
    }

    /// `2`, `-1`, `5:30`, `26:00:00`, in seconds.
    mutating func takeTime() -> Int64? {
        let isNegative = take(UInt8(ascii: "-"))
        if !isNegative { _ = take(UInt8(ascii: "+")) }
        guard var seconds = takeNumber(in: 0...167).map({ $0 * 3600 }) else { return nil }
        for unit: Int64 in [60, 1] where take(UInt8(ascii: ":")) {
            guard let part = takeNumber(in: 0...59) else { return nil }
            seconds += part * unit
        }
        return isNegative ? -seconds : seconds
    }
}
