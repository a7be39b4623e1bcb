/// The relay's own key for probes, of which only the use is known here.
package struct ProbeKey: Sendable {
    /// Octets of a mark: half of HMAC-SHA-256, as RFC 2104 section 5 allows.
    static let markLength = 16
    /// So that no other use of the same key makes a mark.
    private static let purpose = Array("posthorse round trip 1\0".utf8)

    private let authenticate: @Sendable (_ octets: [UInt8]) -> [UInt8]?

    /// - Parameter authenticate: HMAC-SHA-256 with the key, 32 octets; nil if that fails.
    package init(_ authenticate: @escaping @Sendable (_ octets: [UInt8]) -> [UInt8]?) {
        self.authenticate = authenticate
    }

    /// nil if there is no digest, or one too short to be that of SHA-256.
    func mark(of octets: [UInt8]) -> [UInt8]? {
        guard let digest = authenticate(Self.purpose + octets), digest.count >= 2 * Self.markLength else { return nil }
        return Array(digest.prefix(Self.markLength))
    }

    func verifies(_ mark: ArraySlice<UInt8>, of octets: [UInt8]) -> Bool {
        guard let right = self.mark(of: octets) else { return false }
        return Self.areEqual(right, mark)
    }

    /// In a time that does not depend on where they differ.
    private static func areEqual(_ left: [UInt8], _ right: ArraySlice<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
