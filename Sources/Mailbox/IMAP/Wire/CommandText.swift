/// A command without its tag, in the pieces that the server has to ask for (RFC 9051 section 4.3): each but the first is
/// sent behind a continuation.
struct CommandText: Sendable {
    private(set) var pieces: [[UInt8]]
    private let freeLiteral: Int?

    init(_ text: String, _ capabilities: IMAPCapabilities) {
        pieces = [Array(text.utf8)]
        freeLiteral = capabilities.freeLiteral
    }

    mutating func add(_ octets: some Sequence<UInt8>) { pieces[pieces.count - 1] += octets }
    mutating func add(_ text: String) { add(text.utf8) }

    /// A space and a string: quoted where it can be, else a literal.
    ///
    /// - Parameter allowsUTF8: whether a quoted string may have UTF-8 in it.
    mutating func addString(_ octets: [UInt8], allowsUTF8: Bool = false) {
        add(" ")
        let isUTF8 = allowsUTF8 && String(validating: octets, as: UTF8.self) != nil
        let isPlain = octets.count < 1000 && octets.allSatisfy { (0x20...0x7E).contains($0) || ($0 >= 0x80 && isUTF8) }
        isPlain ? addQuoted(octets) : addLiteral(octets)
    }

    private mutating func addQuoted(_ octets: [UInt8]) {
        add("\"")
        for octet in octets {
            if octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\") { add("\\") }
            add(CollectionOfOne(octet))
        }
        add("\"")
    }

    /// A literal has no NUL (RFC 9051 section 4.3.1); the caller has seen to that.
    private mutating func addLiteral(_ octets: [UInt8]) {
        if let freeLiteral, octets.count <= freeLiteral {
            add("{\(octets.count)+}\r\n")
            add(octets)
        } else {
            add("{\(octets.count)}\r\n")
            pieces.append(octets)
        }
    }
}
