internal import Mail

/// Addresses of the envelope in a header (RFC 5322 section 3.4.1): what the envelope allows and a header does not is
/// quoted.
enum HeaderAddress {
    /// - Parameter hostname: for an address without a domain, which is the local `postmaster`.
    static func text(of address: Address, _ hostname: String) -> String {
        let local = PlainText.clean(String(address.localPart))
        let domain = PlainText.words(address.domain.isEmpty ? hostname : String(address.domain))
        return "\(isAtom(local) || isQuoted(local) ? local : quoted(local))@\(domain)"
    }

    /// Whether it has the form `dot-atom@host.name`, in ASCII.
    static func isOrdinary(_ address: Address) -> Bool {
        PlainText.isASCII(address.text) && isAtom(String(address.localPart))
            && address.domain.utf8.contains { $0 != UInt8(ascii: ".") }
            && address.domain.utf8.allSatisfy {
                isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
            }
    }

    private static func isLetterOrDigit(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    /// `dot-atom` (RFC 5322 section 3.2.3, RFC 6532 section 3.2).
    private static func isAtom(_ text: String) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { word in
            !word.isEmpty && word.utf8.allSatisfy { isInAtom($0) }
        }
    }

    private static func isInAtom(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x80...: true
        default: isLetterOrDigit(octet) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(octet)
        }
    }

    /// `quoted-string` (RFC 5322 section 3.2.4).
    private static func isQuoted(_ text: String) -> Bool {
        text.wholeMatch(of: #/"(?:[^"\\]|\\.)*"/#) != nil
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] } + "\""
    }
}
