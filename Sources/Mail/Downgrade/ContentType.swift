/// The parts of a `Content-Type` field that determine how a part can be re-encoded (RFC 2045 section 5, RFC 2046).
struct ContentType: Equatable {
    /// In lower case.
    var type = "text"
    var subtype = "plain"
    /// Boundary of a multipart; nil if missing or unusable.
    var boundary: [UInt8]?

    /// Default for parts without the field, except in a digest (RFC 2046 section 5.1.5).
    static let text = ContentType()
    static let message = ContentType(type: "message", subtype: "rfc822")

    /// Maximum octets of a boundary; the standard allows 70 (RFC 2046 section 5.1.1), and a line has 998.
    private static let boundaryLimit = 900

    private init(type: String = "text", subtype: String = "plain") {
        self.type = type
        self.subtype = subtype
    }

    /// - Parameter body: the text after the colon. A malformed one counts as text (RFC 2045 section 5.2).
    init(_ body: ArraySlice<UInt8>) {
        var tokens = FieldTokens(body)
        let type = tokens.word()
        guard !type.isEmpty, tokens.take("/") else { return }
        self.type = type
        subtype = tokens.word()
        if isMultipart { boundary = Self.boundary(&tokens) }
    }

    var isMultipart: Bool { type == "multipart" }
    var isDigest: Bool { isMultipart && subtype == "digest" }
    /// A message whose header and body are parts of the content. Not one with a UTF-8 header (RFC 6532), which may be
    /// encoded as a whole.
    var isMessage: Bool { self == .message }
    /// Whether it is mostly human-readable, so that quoted-printable suits it better than base64.
    var isReadable: Bool { type == "text" || type == "message" || isMultipart }

    private static func boundary(_ tokens: inout FieldTokens) -> [UInt8]? {
        var pieces: [Int: [UInt8]] = [:]
        while tokens.nextParameter() {
            let name = tokens.word()
            guard name.hasPrefix("boundary"), tokens.take("=") else { continue }
            let value = tokens.value()
            if name == "boundary" { return usable(value) }
            // RFC 2231 sections 3 and 4.
            guard let piece = BoundaryPiece(name) else { continue }
            pieces[piece.number] = pieces[piece.number] ?? piece.decoded(value)
        }
        return usable(Array((0..<pieces.count).compactMap { pieces[$0] }.joined()))
    }

    private static func usable(_ boundary: [UInt8]) -> [UInt8]? {
        var boundary = boundary
        while boundary.last == 0x20 || boundary.last == 0x09 { boundary.removeLast() }
        return (1...boundaryLimit).contains(boundary.count) ? boundary : nil
    }
}

/// A parameter `boundary*0`, `boundary*0*` or `boundary*` (RFC 2231).
private struct BoundaryPiece {
    let number: Int
    private let isEncoded: Bool

    /// Nil for any other name.
    init?(_ name: String) {
        var words = name.split(separator: "*", omittingEmptySubsequences: false)
        guard words.removeFirst() == "boundary", !words.isEmpty else { return nil }
        isEncoded = words.last == ""
        if isEncoded { words.removeLast() }
        guard let word = words.first else {
            number = 0
            return
        }
        guard words.count == 1, let number = Int(word), (0..<100).contains(number) else { return nil }
        self.number = number
    }

    func decoded(_ value: [UInt8]) -> [UInt8] {
        guard isEncoded else { return value }
        var rest = value[...]
        // Charset and language precede the first piece.
        if number == 0 {
            for _ in 0..<2 { rest = rest.firstIndex(of: UInt8(ascii: "'")).map { rest[($0 + 1)...] } ?? rest }
        }
        var octets: [UInt8] = []
        while let octet = rest.popFirst() {
            let digits =
                octet == UInt8(ascii: "%") ? UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) : nil
            if digits != nil { rest = rest.dropFirst(2) }
            octets.append(digits ?? octet)
        }
        return octets
    }
}
