/// Text as HTML, whoever wrote it.
enum HTMLText {
    /// Nothing in it is markup, and no character is invisible or changes the direction of what is around it.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case _ where isUnseen(scalar): result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: scalar.properties.isDefaultIgnorableCodePoint
        }
    }

    static func row(_ cells: [Cell], _ tag: String = "td") -> String {
        let cells = cells.map { "<\(tag)\($0.isNumber ? " class=\"n\"" : "")>\($0.markup)</\(tag)>" }
        return "<tr>\(cells.joined())</tr>\n"
    }

    static func table(_ names: [Cell], _ rows: [[Cell]]) -> String {
        """
        <div class="scroll"><table>
        <thead>\(row(names, "th"))</thead>
        <tbody>
        \(rows.map { row($0) }.joined())</tbody></table></div>

        """
    }

    /// Of a table.
    struct Cell {
        let markup: String
        let isNumber: Bool

        static func text(_ text: String) -> Cell { Cell(markup: escaped(text), isNumber: false) }

        /// - Parameter figure: nil where it is unknown.
        static func figure(_ figure: String?) -> Cell { Cell(markup: figure.map(escaped) ?? "–", isNumber: true) }
    }
}
