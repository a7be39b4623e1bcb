internal import Mail
internal import Suppression

/// How an address stands in a record: as it is, or as the keyed hash of its normal form (``NormalAddress``).
package struct HistoryAddress: Sendable {
    /// What a hash begins with; no address does.
    package static let mark = "hash:"

    private let hash: KeyedHash

    package init(_ hash: KeyedHash) {
        self.hash = hash
    }

    /// `hash:` and 16 hexadecimal digits.
    package func hashed(_ address: String) -> String {
        var address = address
        return address.withUTF8 { Self.text(of: hashOfNormal(UnsafeRawBufferPointer($0))) }
    }

    private func hashOfNormal(_ address: UnsafeRawBufferPointer) -> UInt64 {
        Self.withNormal(address) { hash.of($0) }
    }

    /// Shows `body` the normal form of an address, but for the case of ASCII letters. Allocates nothing for an address
    /// that is in this form already, as almost all are.
    static func withNormal<Result>(
        _ address: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        guard !isNormal(address) else { return body(address) }
        var text = NormalAddress.text(String(decoding: address, as: UTF8.self))
        return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }

    /// Whether an address differs from its normal form by the case of ASCII letters at most.
    static func isNormal(_ address: UnsafeRawBufferPointer) -> Bool {
        address.last != UInt8(ascii: ".") && address.allSatisfy { $0 < 0x80 && $0 != UInt8(ascii: "\"") }
    }

    private static func text(of hash: UInt64) -> String {
        let digits = String(hash, radix: 16)
        return mark + String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The hash under which an address is found, whether the record has the address or its hash.
    package func key(of address: UnsafeRawBufferPointer) -> UInt64 {
        Self.value(of: address) ?? hashOfNormal(address)
    }

    /// The same for an address, or its hash, that somebody asks for.
    package func key(of address: String) -> UInt64 {
        var address = address
        return address.withUTF8 { key(of: UnsafeRawBufferPointer($0)) }
    }

    /// The hash that a text shows; nil for any other text.
    private static func value(of text: UnsafeRawBufferPointer) -> UInt64? {
        guard text.count == mark.utf8.count + 16, text.starts(with: mark.utf8) else { return nil }
        return UInt64(String(decoding: text.dropFirst(mark.utf8.count), as: UTF8.self), radix: 16)
    }

    /// A reply without the addresses in it.
    package static func withoutAddresses(_ reply: String) -> String {
        guard reply.utf8.contains(UInt8(ascii: "@")) else { return reply }
        var result = ""
        for word in reply.split(separator: " ", omittingEmptySubsequences: false) {
            if !result.isEmpty || word.startIndex != reply.startIndex { result += " " }
            result += word.utf8.contains(UInt8(ascii: "@")) ? withoutAddress(word) : String(word)
        }
        return result
    }

    /// The brackets and marks around it stay.
    private static func withoutAddress(_ word: Substring) -> String {
        let marks: Set<Character> = ["<", ">", "(", ")", "[", "]", "\"", "'", ",", ";", ":", "."]
        let head = word.prefix { marks.contains($0) }
        let tail = word.dropFirst(head.count).reversed().prefix { marks.contains($0) }.reversed()
        return head + "[address]" + String(tail)
    }

    /// A reply without this address, in whatever case it has it.
    package static func without(_ address: String, in reply: String) -> String {
        let (text, wanted) = (Array(reply.utf8), Array(address.utf8.map(\.asciiLowercased)))
        guard !wanted.isEmpty, text.count >= wanted.count else { return reply }
        var result: [UInt8] = []
        var place = 0
        while place < text.count {
            let isHere =
                text.count - place >= wanted.count
                && zip(text[place...], wanted).allSatisfy { $0.asciiLowercased == $1 }
            if isHere {
                result += Array("[address]".utf8)
                place += wanted.count
            } else {
                result.append(text[place])
                place += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
