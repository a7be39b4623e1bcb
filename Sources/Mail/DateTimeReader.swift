/// Reads what the dates of RFC 3339 and of RFC 5322 consist of, from the front.
struct DateTimeReader {
    private var rest: ArraySlice<UInt8>

    init(_ octets: [UInt8]) {
        rest = octets[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// The digits that come next, perhaps none.
    mutating func digits() -> ArraySlice<UInt8> {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest[digits.endIndex...]
        return digits
    }

    /// A number with this many digits; nil if there are fewer or more.
    mutating func number(digits count: ClosedRange<Int>) -> Int? {
        let digits = digits()
        return count.contains(digits.count) ? Self.value(of: digits) : nil
    }

    static func value(of digits: ArraySlice<UInt8>) -> Int { digits.reduce(0) { $0 * 10 + Int($1 - 0x30) } }

    /// Skips this octet, in either case if it is a letter.
    mutating func skip(_ octet: UInt8) -> Bool {
        guard let next = rest.first, next.asciiLowercased == octet.asciiLowercased else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Skips white space, and comments in parentheses where they are closed.
    ///
    /// - Returns: whether there was any.
    @discardableResult
    mutating func skipSpace() -> Bool {
        let before = rest.count
        while let next = rest.first {
            switch next {
            case 0x20, 0x09, 0x0D, 0x0A: rest = rest.dropFirst()
            case UInt8(ascii: "("):
                guard let end = commentEnd else { return rest.count < before }
                rest = rest[end...]
            default: return rest.count < before
            }
        }
        return rest.count < before
    }

    /// Where the comment that begins here ends; nil if it does not.
    private var commentEnd: Int? {
        var depth = 0
        var isQuoted = false
        for index in rest.indices {
            if isQuoted {
                isQuoted = false
                continue
            }
            switch rest[index] {
            case UInt8(ascii: "\\"): isQuoted = true
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"):
                depth -= 1
                if depth == 0 { return index + 1 }
            default: break
            }
        }
        return nil
    }

    /// A word of letters, in lower case; nil if there is none.
    mutating func word() -> String? {
        let text = rest.prefix { (0x61...0x7A).contains($0.asciiLowercased) }
        guard !text.isEmpty else { return nil }
        rest = rest[text.endIndex...]
        return String(decoding: text.map(\.asciiLowercased), as: UTF8.self)
    }
}

extension Timestamp {
    /// A date and a time of day at an offset from UTC; nil for one that does not exist. The second 60 is a leap second,
    /// and counts as the one after it.
    init?(
        year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, milliseconds: Int = 0, offset: Int
    ) {
        guard (1...12).contains(month), day >= 1, day <= CivilTime.days(inMonth: month, of: year), hour < 24,
            minute < 60, second <= 60
        else { return nil }
        let days = CivilTime.daysSince1970(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
        self.init(milliseconds: Int64(seconds * 1000 + milliseconds))
    }
}

extension CivilTime {
    /// Days of a month, 28 to 31.
    static func days(inMonth month: Int, of year: Int) -> Int {
        let next = month == 12 ? (year + 1, 1) : (year, month + 1)
        return daysSince1970(year: next.0, month: next.1, day: 1) - daysSince1970(year: year, month: month, day: 1)
    }
}
