package import Mail

/// The capabilities in a server's reply to EHLO (RFC 5321 section 4.1.1.1). After HELO only its name is known; under
/// TLS everything is empty until EHLO is repeated (RFC 3207 section 4.2).
package struct UpstreamCapabilities: Hashable, Sendable {
    /// Maximum number of mechanisms read.
    private static let mechanismLimit = 32

    /// The server's name for itself, in lower case; empty if it gives none.
    package var name = ""
    /// RFC 2920.
    package var pipelining = false
    /// RFC 6152.
    package var eightBitMIME = false
    /// RFC 1870: the server supports the SIZE parameter.
    package var size = false
    /// RFC 1870: maximum message size in octets; nil if there is no limit.
    package var maxSize: Int?
    /// RFC 3207.
    package var startTLS = false
    /// RFC 4954: SASL mechanism names in upper case, in the server's order.
    package var authMechanisms: [String] = []
    /// RFC 3030 section 2: BDAT.
    package var chunking = false
    /// RFC 3030 section 3.
    package var binaryMIME = false
    /// RFC 6531.
    package var smtpUTF8 = false
    /// RFC 3461.
    package var dsn = false
    /// RFC 6710.
    package var transferPriority = false
    /// RFC 8689.
    package var requireTLS = false
    /// RFC 2034.
    package var enhancedStatusCodes = false
    /// RFC 9422.
    package var limits = ServiceLimits()

    package init() {}

    /// - Parameter reply: the positive reply to EHLO; its first line is the server's name.
    package init(ehlo reply: Reply) {
        self.init(helo: reply)
        for line in reply.lines.dropFirst() {
            add(line)
        }
    }

    /// - Parameter reply: the positive reply to HELO.
    package init(helo reply: Reply) {
        name = reply.lines.first?.split(separator: " ").first?.lowercased() ?? ""
    }

    private mutating func add(_ line: String) {
        var words = line.split(separator: " ")
        guard var keyword = words.first?.uppercased() else { return }
        if let sign = keyword.firstIndex(of: "=") {
            // A form from before RFC 2554, `AUTH=LOGIN PLAIN`; some servers write others like it.
            words.insert(Substring(keyword[keyword.index(after: sign)...]), at: 1)
            keyword = String(keyword[..<sign])
        }
        switch keyword {
        case "PIPELINING": pipelining = true
        case "8BITMIME": eightBitMIME = true
        case "SIZE":
            size = true
            maxSize = words.dropFirst().first.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        case "STARTTLS": startTLS = true
        case "AUTH": addMechanisms(words.dropFirst())
        case "CHUNKING": chunking = true
        case "BINARYMIME": binaryMIME = true
        case "SMTPUTF8": smtpUTF8 = true
        case "DSN": dsn = true
        case "MT-PRIORITY": transferPriority = true
        case "REQUIRETLS": requireTLS = true
        case "ENHANCEDSTATUSCODES": enhancedStatusCodes = true
        case "LIMITS":
            for word in words.dropFirst() { limits.add(word) }
        default: break
        }
    }

    /// A name has 1 to 20 upper-case letters, digits, hyphens and underscores (RFC 4422 section 3.1).
    private mutating func addMechanisms(_ names: some Sequence<Substring>) {
        for name in names.lazy.map({ $0.uppercased() }) {
            let isName = name.utf8.allSatisfy { $0.isLetterOrDigit || $0 == 0x2D || $0 == 0x5F }
            guard isName, (1...20).contains(name.utf8.count), !authMechanisms.contains(name),
                authMechanisms.count < Self.mechanismLimit
            else { continue }
            authMechanisms.append(name)
        }
    }
}
