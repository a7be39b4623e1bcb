/// Lays out rows in columns of fixed width, except one that takes the remaining width.
package struct Table {
    package struct Column {
        package enum Alignment {
            case left, right
        }

        package let title: String
        /// Nil for the column that takes the remaining width.
        package let width: Int?
        package let alignment: Alignment

        package init(_ title: String, _ width: Int?, _ alignment: Alignment = .left) {
            self.title = title
            self.width = width
            self.alignment = alignment
        }
    }

    package struct Cell: ExpressibleByStringInterpolation {
        package let text: String
        package var colour: Terminal.Colour?
        /// Whether to cut the middle of a long text rather than its end.
        package var keepsEnd = false

        package init(_ text: String, _ colour: Terminal.Colour? = nil, keepsEnd: Bool = false) {
            self.text = text
            self.colour = colour
            self.keepsEnd = keepsEnd
        }

        package init(stringLiteral text: String) {
            self.init(text)
        }
    }

    package let columns: [Column]
    package let terminal: Terminal
    /// Width of the flexible column.
    package let flexibleWidth: Int

    package init(columns: [Column], terminal: Terminal) {
        self.columns = columns
        self.terminal = terminal
        let fixed = columns.reduce(0) { $0 + ($1.width ?? 0) } + Self.gap.count * (columns.count - 1)
        flexibleWidth = max(Self.narrowestFlexible, terminal.width - fixed)
    }

    private static let gap = "  "
    private static let narrowestFlexible = 8

    /// The titles, without the line end.
    package var header: String {
        row(columns.map { Cell($0.title, .bold) })
    }

    /// One row, without the line end; long cells are truncated.
    package func row(_ cells: [Cell]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let isLast = index == cells.count - 1
            line += padded(cell, columns[index], isLast: isLast)
            if !isLast { line += Self.gap }
        }
        return line
    }

    /// A line under a row: indented, truncated to the terminal.
    package func note(_ text: String, _ colour: Terminal.Colour? = .dim) -> String {
        "    " + terminal.coloured(Printable.cut(Printable.line(text), to: terminal.width - 4), colour)
    }

    private func padded(_ cell: Cell, _ column: Column, isLast: Bool) -> String {
        let width = column.width ?? flexibleWidth
        let printable = Printable.line(cell.text)
        let text = cell.keepsEnd ? Printable.cutMiddle(printable, to: width) : Printable.cut(printable, to: width)
        let padding = String(repeating: " ", count: max(0, width - Printable.width(of: text)))
        let coloured = terminal.coloured(text, cell.colour)
        switch column.alignment {
        case .left: return isLast ? coloured : coloured + padding
        case .right: return padding + coloured
        }
    }
}
