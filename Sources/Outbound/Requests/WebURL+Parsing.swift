internal import Mail

extension WebURL {
    /// Octets of the longest URL.
    package static let maxLength = 2048

    /// Reads a URL.
    ///
    /// - Throws: ``WebError`` `url`, with a message that continues a sentence after the name of the setting and does not
    ///   repeat the URL.
    package init(parsing text: String) throws(WebError) {
        let octets = Array(text.utf8)
        guard octets.count <= Self.maxLength else { throw .url("is longer than \(Self.maxLength) octets") }
        guard octets.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .url("has a character other than visible ASCII: percent-encode it")
        }
        guard let (scheme, rest) = Self.scheme(of: text) else { throw .url("does not begin with https:// or http://") }
        guard !rest.contains("#") else { throw .url("has a fragment, which no server would see") }
        guard !rest.contains("\\") else { throw .url("has a backslash") }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let (host, port) = try Self.hostAndPort(rest[..<end])
        let path = rest[end...]
        self.init(scheme: scheme, host: host, port: port, pathAndQuery: path.hasPrefix("/") ? String(path) : "/\(path)")
    }

    private static func scheme(of text: String) -> (Scheme, rest: Substring)? {
        for scheme in Scheme.allCases {
            let prefix = "\(scheme.rawValue)://"
            if text.prefix(prefix.count).lowercased() == prefix { return (scheme, text.dropFirst(prefix.count)) }
        }
        return nil
    }

    private static func hostAndPort(_ authority: Substring) throws(WebError) -> (String, Int?) {
        guard !authority.contains("@") else { throw .url("has a user name or password in it: use a secret file") }
        if authority.hasPrefix("[") { return try bracketed(authority) }
        let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let host = parts[0].lowercased()
        guard isName(host) else { throw .url("has no valid host name or address") }
        return (host, parts.count == 2 ? try number(parts[1]) : nil)
    }

    /// `[2001:db8::1]:8443` (RFC 3986 section 3.2.2).
    private static func bracketed(_ authority: Substring) throws(WebError) -> (String, Int?) {
        guard let end = authority.firstIndex(of: "]"),
            let address = IPAddress(authority[..<end].dropFirst()), !address.isIPv4
        else { throw .url("has brackets without an IPv6 address in them") }
        let rest = authority[authority.index(after: end)...]
        guard !rest.isEmpty else { return ("\(address)", nil) }
        guard rest.hasPrefix(":") else { throw .url("has text after the brackets around its address") }
        return ("\(address)", try number(rest.dropFirst()))
    }

    private static func number(_ text: Substring) throws(WebError) -> Int {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(text), (1...65_535).contains(port)
        else { throw .url("has a port that is not a number from 1 to 65535") }
        return port
    }

    /// Labels of letters, digits, hyphens and underscores. Whatever the resolver makes of one, its address is checked.
    private static func isName(_ host: String) -> Bool {
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let names = labels.last?.isEmpty == true ? labels.dropLast() : labels[...]
        return host.utf8.count <= 255 && !names.isEmpty
            && names.allSatisfy { (1...63).contains($0.count) && $0.allSatisfy(isNameOctet) }
    }

    private static func isNameOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
