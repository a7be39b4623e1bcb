package import Mail
internal import SMTP
internal import Suppression

/// `sender` of an upstream: the envelope sender of everything that is handed to it, which can carry the queue ID.
package struct SenderTemplate: Hashable, Sendable {
    /// Stands for the queue ID, once, before the `@`.
    package static let placeholder = "{queue_id}"
    /// Maximum octets of a local part (RFC 5321 section 4.5.3.1.1).
    private static let longest = 64

    /// `bounce+{queue_id}@example.com`; ASCII, with A-labels.
    package let text: String
    private let before: String
    private let after: String?

    /// - Returns: nil for what makes no address.
    package init?(_ given: String) {
        let address = Address(unchecked: given)
        let parts = String(address.localPart).split(separator: Self.placeholder, omittingEmptySubsequences: false)
        let domain = NormalAddress.domain(address.domain)
        guard parts.count <= 2, !domain.isEmpty, !(parts.joined() + domain).contains(where: { "{}".contains($0) })
        else { return nil }
        text = "\(address.localPart)@\(domain)"
        (before, after) = parts.count == 2 ? ("\(parts[0])", "\(parts[1])@\(domain)") : (text, nil)
        let sample = self.address(for: QueueID(rawValue: 0))
        guard sample.localPart.utf8.count <= Self.longest, sample.text.utf8.allSatisfy({ $0 < 0x80 }),
            EnvelopePath.parse("<\(sample)>")?.address == sample
        else { return nil }
    }

    /// The sender of a message that has one.
    package func address(for id: QueueID) -> Address {
        Address(unchecked: after.map { "\(before)\(id)\($0)" } ?? before)
    }
}
