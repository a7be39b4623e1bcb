/// `client-first-message` (RFC 5802 section 7).
struct SCRAMClientFirst: Hashable, Sendable {
    /// `gs2-cbind-flag`.
    enum Binding: Hashable {
        /// `n`
        case notSupported
        /// `y`
        case notOffered
        /// `p=name`
        case used(String)
    }

    let binding: Binding
    /// `gs2-header`, up to its second comma.
    let header: [UInt8]
    /// The rest, as received.
    let bare: String
    let user: String
    let nonce: String

    /// nil if it is malformed, wants to act for another user, or has a mandatory extension (`m=`).
    init?(_ octets: [UInt8]) {
        guard octets.count <= SCRAMMessage.sizeLimit, let text = String(validating: octets, as: UTF8.self) else {
            return nil
        }
        let parts = text.utf8.split(separator: UInt8(ascii: ","), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let binding = Binding(String(Substring(parts[0]))),
            let attributes = SCRAMMessage.attributes(Array(parts[2])), attributes.count >= 2,
            attributes[0].name == "n", attributes[1].name == "r", SCRAMMessage.isNonce(attributes[1].value),
            let user = Self.user(attributes[0].value), Self.allows(String(Substring(parts[1])), user)
        else { return nil }
        self.binding = binding
        self.user = user
        nonce = attributes[1].value
        bare = String(Substring(parts[2]))
        header = Array(octets.prefix(octets.count - parts[2].count))
    }

    private static func user(_ text: String) -> String? {
        SCRAMMessage.unescape(text).flatMap { SASLServer.name($0.utf8) }
    }

    /// `authzid`: acting for another user is not supported.
    private static func allows(_ text: String, _ user: String) -> Bool {
        guard !text.isEmpty else { return true }
        return text.hasPrefix("a=") && Self.user(String(text.dropFirst(2))) == user
    }
}

extension SCRAMClientFirst.Binding {
    init?(_ text: String) {
        switch text {
        case "n": self = .notSupported
        case "y": self = .notOffered
        case _:
            let name = text.utf8.dropFirst(2)
            guard text.hasPrefix("p="), !name.isEmpty, name.allSatisfy(Self.isNameCharacter) else { return nil }
            self = .used(String(Substring(name)))
        }
    }

    /// `cb-name`: letters, digits, dots and hyphens.
    private static func isNameCharacter(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

/// `client-final-message` (RFC 5802 section 7).
struct SCRAMClientFinal: Hashable, Sendable {
    /// `cbind-input`: the header of the first message, and the channel binding value.
    let binding: [UInt8]
    let nonce: String
    /// Everything before `,p=`.
    let withoutProof: String
    let proof: [UInt8]

    init?(_ octets: [UInt8]) {
        guard let attributes = SCRAMMessage.attributes(octets), attributes.count >= 3,
            attributes[0].name == "c", let binding = SCRAMMessage.octets(attributes[0].value),
            attributes[1].name == "r", SCRAMMessage.isNonce(attributes[1].value),
            let last = attributes.last, last.name == "p",
            let proof = SCRAMMessage.octets(last.value), proof.count == 32,
            let withoutProof = String(validating: octets.dropLast(last.value.utf8.count + 3), as: UTF8.self)
        else { return nil }
        self.binding = binding
        self.proof = proof
        self.withoutProof = withoutProof
        nonce = attributes[1].value
    }
}
