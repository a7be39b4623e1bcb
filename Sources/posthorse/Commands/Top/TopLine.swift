import Console

/// A line of the screen: texts with their colours. What comes from outside cannot do anything to the terminal.
struct TopLine: Equatable {
    private struct Span: Equatable {
        var text: String
        var colour: Terminal.Colour?
    }

    private var spans: [Span] = []

    init() {}

    init(_ text: String, _ colour: Terminal.Colour? = nil) { add(text, colour) }

    mutating func add(_ text: String, _ colour: Terminal.Colour? = nil) {
        spans.append(Span(text: Printable.line(text), colour: colour))
    }

    /// Adds a text in as many columns, however wide it is.
    mutating func add(_ text: String, _ colour: Terminal.Colour? = nil, columns: Int, isRight: Bool = false) {
        let text = Printable.cut(Printable.line(text), to: columns)
        let padding = String(repeating: " ", count: columns - Printable.width(of: text))
        if isRight { spans.append(Span(text: padding)) }
        spans.append(Span(text: text, colour: colour))
        if !isRight { spans.append(Span(text: padding)) }
    }

    var width: Int { spans.reduce(0) { $0 + Printable.width(of: $1.text) } }

    /// Without what does not fit.
    func clipped(to columns: Int) -> TopLine {
        var line = TopLine()
        var left = columns
        for span in spans where left > 0 {
            let text = Printable.clip(span.text, to: left)
            line.spans.append(Span(text: text, colour: span.colour))
            left = text == span.text ? left - Printable.width(of: text) : 0
        }
        return line
    }

    /// Without spaces at its end.
    func text(on terminal: Terminal) -> String {
        var spans = spans
        while let last = spans.last {
            let end = last.text.reversed().prefix { $0 == " " }.count
            guard end > 0 || last.text.isEmpty else { break }
            spans[spans.count - 1].text.removeLast(end)
            guard spans[spans.count - 1].text.isEmpty else { break }
            spans.removeLast()
        }
        return spans.map { terminal.coloured($0.text, $0.text.isEmpty ? nil : $0.colour) }.joined()
    }
}
