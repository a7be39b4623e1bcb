internal import CIDN2

/// Domain names for servers without SMTPUTF8, by libidn2.
package enum InternationalDomain {
    /// The name with its U-labels as A-labels: IDNA 2008 with the mappings of UTS 46, non-transitional (RFC 5891
    /// section 5). Nil for a name that cannot be looked up.
    package static func inASCII(_ domain: String) -> String? {
        var output: UnsafeMutablePointer<CChar>?
        let status = idn2_to_ascii_8z(domain, &output, Int32(IDN2_NONTRANSITIONAL.rawValue))
        defer { idn2_free(output) }
        guard status == IDN2_OK.rawValue, let output, let name = String(validatingCString: output), isHostName(name)
        else {
            return nil
        }
        return name
    }

    /// The mappings turn full-width characters into their plain forms, including `@` and `>`, so the result must be
    /// checked to be a name (RFC 5321 section 4.1.2) with labels and a length valid in DNS (RFC 1035 section 2.3.4).
    private static func isHostName(_ name: String) -> Bool {
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return name.utf8.count <= 255
            && labels.allSatisfy { label in
                (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                    && label.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
            }
    }
}
