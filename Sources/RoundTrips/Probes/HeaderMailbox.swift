package import Mail

/// What may stand in `From` and `To` as it is: `addr-spec` of RFC 5322 section 3.4.1, in ASCII.
package enum HeaderMailbox {
    package static func isPlain(_ address: Address) -> Bool {
        let local = Array(address.localPart.utf8)
        return address.text.utf8.count <= ProbeToken.addressLimit && (isDotAtom(local[...]) || isQuoted(local))
            && (isHost(String(address.domain)) || isLiteral(Array(address.domain.utf8)))
    }

    /// Letters, digits, hyphens and dots.
    static func isHost(_ name: String) -> Bool {
        name.utf8.count <= 255
            && name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
                !label.isEmpty && label.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
            }
    }

    private static func isDotAtom(_ text: ArraySlice<UInt8>) -> Bool {
        text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { word in
            !word.isEmpty && word.allSatisfy { isLetterOrDigit($0) || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0) }
        }
    }

    private static func isQuoted(_ text: [UInt8]) -> Bool {
        guard text.count >= 2, text.first == UInt8(ascii: "\""), text.last == UInt8(ascii: "\"") else { return false }
        var isEscaped = false
        for octet in text.dropFirst().dropLast() {
            guard 0x20..<0x7F ~= octet, isEscaped || octet != UInt8(ascii: "\"") else { return false }
            isEscaped = !isEscaped && octet == UInt8(ascii: "\\")
        }
        return !isEscaped
    }

    private static func isLiteral(_ text: [UInt8]) -> Bool {
        guard text.count > 2, text.first == UInt8(ascii: "["), text.last == UInt8(ascii: "]") else { return false }
        return text.dropFirst().dropLast().allSatisfy { 0x21..<0x7F ~= $0 && !(0x5B...0x5D ~= $0) }
    }

    private static func isLetterOrDigit(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }
}
