/// The header of a message, and its fields as IMAP looks at them.
struct MailHeader {
    struct Field {
        /// In lower case.
        let name: String
        /// Of the whole field, with its line ends.
        let range: Range<Int>
        /// Where its body begins.
        let body: Int
    }

    private let content: [UInt8]
    let fields: [Field]
    /// Where the body of the message begins.
    let end: Int

    init(_ content: [UInt8]) {
        self.content = content
        var fields: [Field] = []
        var start = 0
        while start < content.count, !Self.isEmptyLine(content, start) {
            let end = Self.endOfField(content, start)
            let name = content[start..<end].prefix { $0 != UInt8(ascii: ":") }
            let text = String(decoding: name, as: UTF8.self).lowercased()
            fields.append(Field(name: text, range: start..<end, body: min(name.endIndex + 1, end)))
            start = end
        }
        self.fields = fields
        end = Self.endOfLine(content, start)
    }

    /// The body of a field on one line, in lower case.
    func value(_ field: Field) -> String {
        let octets = content[field.body..<field.range.upperBound].filter { $0 != 13 && $0 != 10 }
        return String(decoding: octets, as: UTF8.self).lowercased()
    }

    /// The fields with these names, or all others, and an empty line (RFC 9051 section 6.4.5.1).
    func octets(of names: [String], isInverted: Bool) -> [UInt8] {
        let names = Set(names.map { $0.lowercased() })
        return fields.filter { names.contains($0.name) != isInverted }.flatMap { content[$0.range] } + [13, 10]
    }

    private static func isEmptyLine(_ content: [UInt8], _ start: Int) -> Bool {
        content[start] == 10 || (content[start] == 13 && start + 1 < content.count && content[start + 1] == 10)
    }

    /// Behind the line end, or at the end of the content.
    private static func endOfLine(_ content: [UInt8], _ start: Int) -> Int {
        content[start...].firstIndex(of: 10).map { $0 + 1 } ?? content.count
    }

    /// Behind the line and those that continue it.
    private static func endOfField(_ content: [UInt8], _ start: Int) -> Int {
        var end = endOfLine(content, start)
        while end < content.count, content[end] == 32 || content[end] == 9 { end = endOfLine(content, end) }
        return end
    }
}
