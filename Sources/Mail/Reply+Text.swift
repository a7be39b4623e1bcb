extension Reply {
    /// Parses a reply as sent over the wire or logged: `554 5.7.1 no`, or lines such as `554-5.7.1 no`. The code and
    /// the enhanced status code are those of the first line.
    ///
    /// Nil if it does not begin with a code from 200 to 599.
    public init?(parsing text: String) {
        let all = text.split(whereSeparator: \.isNewline).map { Self.parts(of: $0) }
        guard let first = all.first, let code = first.code else { return nil }
        self.init(code, all.lazy.compactMap(\.status).first, lines: all.map { String($0.text) })
    }

    private static func parts(of line: Substring) -> (code: UInt16?, status: EnhancedStatusCode?, text: Substring) {
        var rest = line.drop { $0 == " " }
        let digits = rest.prefix(3)
        var code: UInt16?
        if digits.utf8.count == 3, let number = UInt16(digits), (200...599).contains(number),
            rest.dropFirst(3).first.map({ $0 == " " || $0 == "-" }) ?? true
        {
            code = number
            rest = rest.dropFirst(4).drop { $0 == " " }
        }
        let word = rest.prefix { $0 != " " }
        guard let status = EnhancedStatusCode(word) else { return (code, nil, rest) }
        return (code, status, rest[word.endIndex...].drop { $0 == " " })
    }
}
