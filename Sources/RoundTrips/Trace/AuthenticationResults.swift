internal import Mail

/// What the mailbox provider says about a message's authenticity (RFC 8601).
package struct AuthenticationResults: Hashable, Sendable {
    /// RFC 8601 section 2.7; ``other`` for a word that is not there.
    package enum Result: String, Hashable, Sendable, CaseIterable {
        case none, pass, fail, softfail, neutral, policy, temperror, permerror, other
    }

    /// Who says it: the `authserv-id` of the topmost field; nil if that has none, as with Exchange Online.
    package var service: String?
    /// Each nil if nothing is said of it. With several signatures, `dkim` is `pass` if one passes.
    package var spf: Result?
    package var dkim: Result?
    package var dmarc: Result?

    package init(service: String? = nil, spf: Result? = nil, dkim: Result? = nil, dmarc: Result? = nil) {
        self.service = service
        self.spf = spf
        self.dkim = dkim
        self.dmarc = dmarc
    }
}

extension AuthenticationResults {
    /// Results of one field that are looked at.
    private static let limit = 32

    /// - Parameter body: unfolded.
    init(parsing body: [UInt8]) {
        self.init()
        let parts = CommentMap(body).plain.split(separator: UInt8(ascii: ";"), maxSplits: Self.limit)
        guard let first = parts.first else { return }
        if Self.result(first) == nil {
            service = first.split { $0 == 0x20 || $0 == 0x09 }.first.map { $0.visibleText() }
        }
        for part in parts.prefix(Self.limit) { Self.result(part).map { add($0.method, $0.result) } }
    }

    /// The results of all fields, topmost first, that are by the same service as the topmost: a provider may write one
    /// for each method, and what is below may be anybody's (RFC 8601 section 5).
    init?(_ fields: [[UInt8]]) {
        let all = fields.map { AuthenticationResults(parsing: $0) }
        guard var sum = all.first else { return nil }
        for other in all.dropFirst() where other.service?.lowercased() == sum.service?.lowercased() {
            let methods = [("spf", other.spf), ("dkim", other.dkim), ("dmarc", other.dmarc)]
            for case (let method, let result?) in methods { sum.add(method, result) }
        }
        self = sum
    }

    private mutating func add(_ method: String, _ result: Result) {
        switch method {
        case "spf": spf = spf ?? result
        case "dkim": dkim = dkim == nil || result == .pass ? result : dkim
        case "dmarc": dmarc = dmarc ?? result
        default: break
        }
    }

    /// `method=result`, `method/version = result`.
    private static func result(_ part: ArraySlice<UInt8>) -> (method: String, result: Result)? {
        let text = part.drop { $0 == 0x20 || $0 == 0x09 }.prefix(128)
        guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let name = text[..<equals].split { $0 == 0x20 || $0 == 0x09 }
        guard name.count == 1, let method = name[0].split(separator: UInt8(ascii: "/")).first else { return nil }
        let value = text[(equals + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
        let word = value.prefix { 0x61...0x7A ~= $0.asciiLowercased }
        guard !word.isEmpty else { return nil }
        return (method.lowercasedText, Result(rawValue: word.lowercasedText) ?? .other)
    }
}
