/// The name of a stream, as an application or relay.conf gives it: what belongs together in an operator's eyes.
///
/// Names stand in lists, paths and the log, so they are short and on one line.
public enum StreamName {
    /// Most octets of a name.
    public static let limit = 128
    /// The row of lists for streams that are not kept apart any more, because there are too many.
    public static let other = "other"

    /// The row for those of them that a `[[stream]]` table applies to.
    public static func other(of pattern: String) -> String { "\(other)/\(pattern)" }

    /// Whether it is the name of such a row, which no mail can name and nobody may give away.
    public static func isReserved(_ name: String) -> Bool { name == other || name.hasPrefix("\(other)/") }

    /// The name that a header field gives, without white space around it and with one space for any within it.
    ///
    /// - Returns: nil for text that is no name: empty, longer than ``limit``, not UTF-8, with control characters, or
    ///   reserved.
    public static func parse(_ octets: some Collection<UInt8>) -> String? {
        guard let text = String(validating: octets, as: UTF8.self) else { return nil }
        let words = text.split { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\n" || $0 == "\r\n" }
        let name = words.joined(separator: " ")
        return isValid(name) && !isReserved(name) ? name : nil
    }

    /// Whether a name from relay.conf or an operator can be the name of a stream.
    public static func isValid(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= limit, name.first != " ", name.last != " " else { return false }
        return name.unicodeScalars.allSatisfy { !isControl($0) }
    }

    /// Whether a name can be that of a stream, or of a row of several whatever their pattern.
    public static func isListed(_ name: String) -> Bool {
        isValid(name) || name.hasPrefix("\(other)/") && isValid(String(name.dropFirst(other.count + 1)))
    }

    /// Control characters, also those of Unicode that end lines or change the direction of what follows.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: true
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber, .connectorPunctuation,
            .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
            .otherPunctuation, .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol, .spaceSeparator:
            false
        @unknown default: true
        }
    }
}
