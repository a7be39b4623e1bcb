package import Mail

/// A reply without what differs from one mail to the next: `550 5.7.1 Rejected: # listed at #`.
///
/// Keeps the code and the enhanced status code. In the text, `#` replaces every word with a digit, an at sign, a slash
/// or a dot between letters, and everything in angle brackets. At most ``limit`` octets of printable ASCII without
/// quotes and backslashes, safe for a log line or a metric label. Servers can make up any number of texts: bound the
/// number of labels.
package struct ReplyFingerprint: Hashable, Sendable, CustomStringConvertible {
    /// Maximum length in octets.
    package static let limit = 120

    package let description: String

    package init(_ reply: Reply) {
        let codes = reply.enhancedCode.map { "\(reply.code) \($0)" } ?? "\(reply.code)"
        var text: [UInt8] = Array(codes.utf8)
        for word in Self.words(of: reply) {
            let masked = Self.masked(word)
            guard masked != Self.mask || text.last != Self.mask.last else { continue }
            guard text.count + 1 + masked.count <= Self.limit else { break }
            text.append(UInt8(ascii: " "))
            text.append(contentsOf: masked)
        }
        description = String(decoding: text, as: UTF8.self)
    }

    private static let mask = Array("#".utf8)
    private static let spacedMask = Array(" # ".utf8)

    private static func words(of reply: Reply) -> [ArraySlice<UInt8>] {
        var octets: [UInt8] = []
        for line in reply.lines where octets.count < ReplySubject.limit {
            octets.append(contentsOf: line.utf8.prefix(ReplySubject.limit - octets.count))
            octets.append(UInt8(ascii: " "))
        }
        let quiet = SpokenWords.withoutBrackets(SpokenWords.withoutQuotes(octets), mark: spacedMask)
        return quiet.map(printable).split(separator: UInt8(ascii: " "))
    }

    private static func masked(_ word: ArraySlice<UInt8>) -> [UInt8] {
        let isForeign = SpokenWords.isName(word) || word.contains { isDigit($0) || $0 == at || $0 == slash }
        return isForeign ? mask : Array(word)
    }

    private static let at = UInt8(ascii: "@")
    private static let slash = UInt8(ascii: "/")

    private static func isDigit(_ octet: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet)
    }

    private static func printable(_ octet: UInt8) -> UInt8 {
        switch octet {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "`"): UInt8(ascii: "'")
        case 0...0x20: UInt8(ascii: " ")
        case 0x7F...: UInt8(ascii: "?")
        default: octet
        }
    }
}
