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
        let cells = cells.map { "<\(tag)\($0.kind.map { " class=\"\($0)\"" } ?? "")>\($0.markup)</\(tag)>" }
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
        /// Its class: `n` of a number, `t` of what is never broken; nil of other text.
        let kind: String?

        static func text(_ text: String) -> Cell { Cell(markup: escaped(text), kind: nil) }

        /// Leads to a part of the page.
        static func link(_ text: String, to part: String) -> Cell {
            Cell(markup: "<a href=\"#\(part)\">\(escaped(text))</a>", kind: nil)
        }

        /// With another text below it.
        static func text(_ text: String, above other: String) -> Cell {
            Cell(markup: "\(escaped(text))<div class=\"to\">\(escaped(other))</div>", kind: nil)
        }

        static func word(_ text: String) -> Cell { Cell(markup: escaped(text), kind: "t") }

        /// - Parameter figure: nil where it is unknown.
        static func figure(_ figure: String?) -> Cell { Cell(markup: figure.map(escaped) ?? "–", kind: "n") }
    }
}
