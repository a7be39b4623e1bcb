/// Words of strangers, made fit for a header field or a text.
enum PlainText {
    /// The text on one line: control characters, line ends and characters that change the direction of writing are
    /// removed or, where they separate words, replaced by a space.
    ///
    /// - Parameter asASCII: whether every other character becomes a question mark.
    static func clean(_ text: String, asASCII: Bool = false) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\r", "\n", "\t": scalars.append(" ")
            case "\u{20}"..."\u{7E}": scalars.append(scalar)
            case _ where scalar.isHidden: break
            default: scalars.append(asASCII ? "?" : scalar)
            }
        }
        return String(scalars)
    }

    /// The words of a text, cleaned, with one space between them.
    static func words(_ text: String, asASCII: Bool = false) -> String {
        clean(text, asASCII: asASCII).split(separator: " ").joined(separator: " ")
    }

    static func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }

    /// The text in lines of at most `width` characters where words allow it, each after this indent.
    static func wrap(_ text: String, indent: String = "", width: Int = 76) -> String {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent.count + line.count + 1 + word.count > width {
                lines.append(indent + line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " \(word)"
        }
        if !line.isEmpty { lines.append(indent + line) }
        return lines.joined(separator: "\n")
    }
}

extension Unicode.Scalar {
    fileprivate var isHidden: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        case .format: value != 0x200C && value != 0x200D
        default: properties.isDefaultIgnorableCodePoint
        }
    }
}
