internal import NIOCore

/// Version 1, a line of text (section 2.1): `PROXY TCP4 192.0.2.1 198.51.100.1 40000 25` CR LF.
enum ProxyHeaderV1 {
    static let signature = Array("PROXY ".utf8)
    /// "107 chars are enough for the worst case", with CR LF.
    private static let maxLength = 107

    static func read(_ bytes: UnsafeRawBufferPointer) -> ProxyHeader.Reading {
        guard bytes.agrees(with: signature) else { return .malformed("no PROXY header") }
        guard let lineFeed = bytes.prefix(maxLength).firstIndex(of: 0x0A) else {
            return bytes.count < maxLength ? .incomplete : .malformed("PROXY line too long")
        }
        guard lineFeed > signature.count, bytes[lineFeed - 1] == 0x0D else {
            return .malformed("PROXY line without CR LF")
        }
        return read(line: bytes[signature.count..<(lineFeed - 1)], length: lineFeed + 1)
    }

    private static func read(line: Slice<UnsafeRawBufferPointer>, length: Int) -> ProxyHeader.Reading {
        let words = String(decoding: line, as: UTF8.self)
            .split(separator: " ", omittingEmptySubsequences: false)
        switch words[0] {
        // "the receiver must ignore anything presented before the CRLF"
        case "UNKNOWN": return .header(ProxyHeader(length: length, source: nil))
        case "TCP4", "TCP6": return read(words: words, isIPv6: words[0] == "TCP6", length: length)
        default: return .malformed("PROXY line of an unknown family")
        }
    }

    private static func read(words: [Substring], isIPv6: Bool, length: Int) -> ProxyHeader.Reading {
        guard words.count == 5, let port = Self.port(words[3]), Self.port(words[4]) != nil,
            let source = address(words[1], port, isIPv6), address(words[2], 0, isIPv6) != nil
        else { return .malformed("PROXY line with a bad address or port") }
        return .header(ProxyHeader(length: length, source: source))
    }

    private static func address(_ text: Substring, _ port: Int, _ isIPv6: Bool) -> SocketAddress? {
        guard text.utf8.contains(UInt8(ascii: ":")) == isIPv6, !text.utf8.contains(UInt8(ascii: "%")) else {
            return nil
        }
        return try? SocketAddress(ipAddress: String(text), port: port)
    }

    /// A decimal number without leading zeros.
    private static func port(_ text: Substring) -> Int? {
        let isDecimal = (1...5).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isDecimal, text.count == 1 || text.first != "0", let port = Int(text), port <= 65535 else { return nil }
        return port
    }
}
