internal import Mail
internal import Suppression
package import Upstreams

/// What a text of a record is compared with: the text itself, or a pattern in which `*` stands for any text. The case of
/// ASCII letters does not matter.
package enum HistoryText: Hashable, Sendable {
    case exact(String)
    case pattern(Glob)

    package init(_ text: String) {
        self = text.utf8.contains(UInt8(ascii: "*")) ? .pattern(Glob(text)) : .exact(text)
    }

    /// An address or a pattern of addresses in normal form (``NormalAddress``), to compare with such; blanks and angle
    /// brackets around it do not matter.
    package init(address given: String) {
        let text = SuppressionPattern.bare(given)
        self.init(text.isEmpty ? HistoryFilter.nullSender : NormalAddress.text(text))
    }

    /// The same for a domain.
    package init(domain: String) {
        self.init(NormalAddress.domain(domain))
    }

    func matches(_ octets: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .exact(let text): Self.isEqual(octets, text)
        case .pattern(let pattern): pattern.matches(octets: octets)
        }
    }

    static func isEqual(_ octets: UnsafeRawBufferPointer, _ text: String) -> Bool {
        octets.count == text.utf8.count
            && zip(octets, text.utf8).allSatisfy { $0.asciiLowercased == $1.asciiLowercased }
    }
}
