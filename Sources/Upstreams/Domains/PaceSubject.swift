/// Whose mail a pace is about: one value of `domain` in a `[[pace]]`.
package enum PaceSubject: Hashable, Sendable {
    /// In lower case.
    case domain(String)
    /// With at least one `*`, which stands for any text; in lower case.
    case pattern(String)
    case family(DomainFamily)

    /// - Parameter text: a domain in ASCII, a pattern of one, or `family:` and its name.
    package init?(_ text: String) {
        let lower = text.lowercased()
        if let family = DomainFamily(text: lower) {
            self = .family(family)
        } else if lower.contains("*"), Self.isPattern(lower) {
            self = .pattern(lower)
        } else if lower.contains("."), Self.isDomain(lower) {
            self = .domain(lower)
        } else {
            return nil
        }
    }

    /// As written in relay.conf.
    package var text: String {
        switch self {
        case .domain(let name), .pattern(let name): name
        case .family(let family): family.text
        }
    }

    private static func isDomain(_ text: String) -> Bool {
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return text.utf8.count <= 253 && labels.allSatisfy { (1...63).contains($0.count) && $0.allSatisfy(isPart) }
    }

    private static func isPattern(_ text: String) -> Bool {
        text.utf8.count <= 253
            && text.utf8.allSatisfy { isPart($0) || $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: ".") }
    }

    private static func isPart(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
