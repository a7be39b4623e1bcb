internal import Upstreams

/// Recipients by a pattern as in filters of the queue: a whole address, in which `*` stands for any text. `@example.com`
/// is short for `*@example.com`. The case of ASCII letters does not matter.
package struct RecipientPattern: Hashable, Sendable, CustomStringConvertible {
    /// Most octets; an address has at most 320 (RFC 5321 section 4.5.3.1).
    package static let longest = 512

    package let description: String
    private let glob: Glob

    /// - Returns: nil for a text that is empty, too long, or has control characters.
    package init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= Self.longest, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            return nil
        }
        description = text
        glob = Glob(text.hasPrefix("@") ? "*\(text)" : text)
    }

    /// - Parameter address: without angle brackets.
    package func matches(_ address: some StringProtocol) -> Bool { glob.matches(address) }
}
