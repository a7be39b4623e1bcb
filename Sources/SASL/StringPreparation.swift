/// SASLprep (RFC 4013) as far as the standard library permits: mapping (section 2.1) and prohibited characters (section
/// 2.3). Normal form KC (section 2.2) and the bidirectional check (section 2.4) are omitted: a name or password must be
/// typed in the same composition every time, as all systems have done since NFC became usual.
package enum StringPreparation {
    /// The octets as compared; nil if they are not UTF-8, contain prohibited characters, or map to nothing.
    package static func prepare(_ octets: [UInt8]) -> [UInt8]? {
        if octets.allSatisfy({ (0x20..<0x7F).contains($0) }) { return octets.isEmpty ? nil : octets }
        guard let text = String(validating: octets, as: UTF8.self) else { return nil }
        var prepared = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where !isMappedToNothing(scalar) {
            let scalar = isSpace(scalar) ? " " : scalar
            guard !isProhibited(scalar) else { return nil }
            prepared.append(scalar)
        }
        return prepared.isEmpty ? nil : Array(String(prepared).utf8)
    }

    /// RFC 3454 appendix B.1.
    private static func isMappedToNothing(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xAD, 0x34F, 0x1806, 0x180B...0x180D, 0x200B...0x200D, 0x2060, 0xFE00...0xFE0F, 0xFEFF: true
        default: false
        }
    }

    /// RFC 3454 appendix C.1.2.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xA0, 0x1680, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// RFC 3454 appendices C.2 to C.9.
    private static func isProhibited(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F, 0x6DD, 0x70F, 0x180E, 0x2028...0x2029, 0x2061...0x2063, 0x206A...0x206F,
            0x1D173...0x1D17A:
            true
        case 0xE000...0xF8FF, 0xF0000...0x10FFFF: true
        case 0xFDD0...0xFDEF, 0xFFF9...0xFFFD: true
        case 0x2FF0...0x2FFB, 0x340...0x341, 0x200E...0x200F, 0x202A...0x202E, 0xE0001, 0xE0020...0xE007F: true
        case let value: value & 0xFFFE == 0xFFFE
        }
    }
}
