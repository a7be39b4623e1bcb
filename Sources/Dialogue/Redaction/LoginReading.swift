internal import Mail

/// Which octets of a login are secret: every line as it was sent, and what the mechanism hides in it.
struct LoginReading: Sendable {
    /// Mechanisms whose names are shown; any other word after AUTH may be anything.
    static let known: Set<String> = [
        "ANONYMOUS", "CRAM-MD5", "DIGEST-MD5", "EXTERNAL", "GSSAPI", "LOGIN", "NTLM", "OAUTHBEARER", "PLAIN",
        "SCRAM-SHA-1",
        "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512", "SCRAM-SHA-512-PLUS", "XOAUTH2",
    ]

    private var mechanism: String?
    /// Responses so far.
    private var steps = 0

    mutating func began(_ mechanism: String?) {
        self.mechanism = mechanism
        steps = 0
    }

    /// - Parameter line: a response as it was sent.
    mutating func secrets(in line: [UInt8]) -> [[UInt8]] {
        defer { steps += 1 }
        guard let content = Self.decoded(line) else { return [line] }
        return [line] + secrets(of: content)
    }

    private func secrets(of content: [UInt8]) -> [[UInt8]] {
        switch mechanism {
        // RFC 4616: authorization identity, user, password.
        case "PLAIN"?: [content.lastIndex(of: 0).map { Array(content[($0 + 1)...]) } ?? content]
        // The user's name, then the password.
        case "LOGIN"?: steps == 0 ? [] : [content]
        // RFC 7628 section 3.1: fields between the octets 1.
        case "XOAUTH2"?, "OAUTHBEARER"?: Self.tokens(in: content)
        // RFC 5802: only the proof.
        case let name? where name.hasPrefix("SCRAM-"):
            Self.part(of: content, behind: UInt8(ascii: ",")).map { [$0] } ?? []
        // RFC 2195: user and digest.
        case "CRAM-MD5"?: [Self.part(of: content, behind: UInt8(ascii: " ")) ?? content]
        case .some, nil: [content] + content.split { $0 <= 0x20 }.map(Array.init)
        }
    }

    private static func tokens(in content: [UInt8]) -> [[UInt8]] {
        let fields = content.split(separator: 1).filter { $0.starts(with: "auth=".utf8) }
        guard !fields.isEmpty else { return [content] }
        return fields.map { Array($0.split(separator: UInt8(ascii: " ")).last ?? $0) }
    }

    private static func part(of content: [UInt8], behind mark: UInt8) -> [UInt8]? {
        content.lastIndex(of: mark).map { Array(content[($0 + 1)...]) }
    }

    /// Also without padding, as some servers take it.
    private static func decoded(_ line: [UInt8]) -> [UInt8]? {
        let digits = line.prefix { $0 != UInt8(ascii: "=") }
        guard !digits.isEmpty, digits.count % 4 != 1 else { return nil }
        let padding = [UInt8](repeating: UInt8(ascii: "="), count: (4 - digits.count % 4) % 4)
        return Base64.decode(digits + padding)
    }
}
