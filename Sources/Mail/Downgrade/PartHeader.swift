/// The header of a message or of a part, kept until the encoding of its body is decided (RFC 2045 section 3).
struct PartHeader: Sendable {
    /// Maximum octets of a header; ingress accepts no message with a larger one, and longer part headers are not
    /// treated as headers.
    static let limit = 320 << 10

    private enum Kind { case type, encoding, version, other }

    private struct Field {
        let kind: Kind
        /// Where the field starts in the octets, including its name.
        let start: Int
        /// Where its body starts.
        let body: Int
        var end: Int
    }

    /// Whether this is a message header: MIME-Version counts only there.
    let isMessage: Bool
    /// Content type if there is no such field.
    let defaultType: ContentType
    /// Including line ends.
    private(set) var octets: [UInt8] = []
    private var fields: [Field] = []
    /// Whether the current line belongs to the last of ``fields``.
    private var hasField = false
    /// Whether an empty line ends the header.
    private(set) var hasEmptyLine = false

    init(isMessage: Bool, defaultType: ContentType = .text) {
        self.isMessage = isMessage
        self.defaultType = defaultType
    }

    var isTooLong: Bool { octets.count > Self.limit }

    /// Adds the next line, or part of a line; false if the header ended before it.
    mutating func add(_ line: ContentLine) -> Bool {
        if line.isEmpty {
            hasEmptyLine = true
            return false
        }
        if line.isStart {
            let isFolded = line.octets.first == 0x20 || line.octets.first == 0x09
            guard isFolded ? !octets.isEmpty : begin(line.octets) else { return false }
        }
        octets.append(contentsOf: line.octets)
        if line.hasEnd { octets.append(contentsOf: [0x0D, 0x0A]) }
        if hasField { fields[fields.count - 1].end = octets.count }
        return true
    }

    /// Ends the header with an empty line, also where text followed without one.
    mutating func close() {
        hasEmptyLine = true
    }

    /// Starts a field; false if the line is not one (RFC 5322 sections 2.2 and 4.5.8).
    private mutating func begin(_ line: ArraySlice<UInt8>) -> Bool {
        let name = line.prefix { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ":") }
        let rest = line[name.endIndex...].drop { $0 == 0x20 || $0 == 0x09 }
        guard !name.isEmpty, rest.first == UInt8(ascii: ":") else { return false }
        let kind = Self.kind(String(decoding: name, as: UTF8.self).lowercased())
        hasField = kind != .other
        let body = octets.count + rest.startIndex + 1 - line.startIndex
        if hasField { fields.append(Field(kind: kind, start: octets.count, body: body, end: body)) }
        return true
    }

    private static func kind(_ name: String) -> Kind {
        switch name {
        case "content-type": .type
        case "content-transfer-encoding": .encoding
        case "mime-version": .version
        default: .other
        }
    }

    /// The body of the first field of this kind.
    private func body(_ kind: Kind) -> ArraySlice<UInt8>? {
        fields.first { $0.kind == kind }.map { octets[$0.body..<$0.end] }
    }

    var contentType: ContentType { body(.type).map { ContentType($0) } ?? defaultType }
    var encoding: TransferEncoding { body(.encoding).map { TransferEncoding($0) } ?? .none }

    // MARK: - Writing

    /// Writes the header unchanged.
    ///
    /// - Parameter isClosed: whether to end it with an empty line even if there was none.
    func write(isClosed: Bool = false, into out: inout [UInt8]) {
        out.append(contentsOf: octets)
        if hasEmptyLine || isClosed { out.append(contentsOf: [0x0D, 0x0A]) }
    }

    /// Writes the header with another encoding, in place of the existing field or at the end, and the MIME fields it
    /// requires.
    ///
    /// - Parameter isUnknown: whether the body has non-ASCII octets without a declared charset (RFC 1428 section 3).
    func write(encoding: StaticString, isUnknown: Bool, into out: inout [UInt8]) {
        var from = 0
        var isWritten = false
        for field in fields where field.kind == .encoding {
            out.append(contentsOf: octets[from..<field.start])
            if !isWritten { Self.write("Content-Transfer-Encoding: ", encoding, into: &out) }
            isWritten = true
            from = field.end
        }
        out.append(contentsOf: octets[from...])
        writeMissing(isUnknown: isUnknown, into: &out)
        if !isWritten { Self.write("Content-Transfer-Encoding: ", encoding, into: &out) }
        out.append(contentsOf: [0x0D, 0x0A])
    }

    private func writeMissing(isUnknown: Bool, into out: inout [UInt8]) {
        if isMessage, body(.version) == nil { Self.write("MIME-Version: ", "1.0", into: &out) }
        guard isUnknown, body(.type) == nil else { return }
        Self.write("Content-Type: ", "text/plain; charset=unknown-8bit", into: &out)
    }

    private static func write(_ name: StaticString, _ value: StaticString, into out: inout [UInt8]) {
        for text in [name, value, "\r\n"] { text.withUTF8Buffer { out.append(contentsOf: $0) } }
    }
}
