import Admin
import Console

/// What is in the queue: recipients by state, and by the age of their messages.
struct TopQueue {
    let head: TopLine
    /// Those with recipients; as many lines as they need.
    let states: [TopLine]
    /// Empty if they are not known.
    let ages: [TopLine]

    init(_ reading: TopReading, width: Int) {
        let figures = reading.figures
        var head = TopLine("QUEUE", .bold)
        head.add("  \(Quantity.grouped(figures.messages)) \(figures.messages == 1 ? "message" : "messages")")
        if let oldest = figures.oldestWaitingSeconds {
            head.add(", the oldest that waits \(Quantity.age(seconds: oldest)) old")
        }
        self.head = head
        states = Self.states(figures.states, width)
        ages = reading.ages.map(Self.ages) ?? []
    }

    private static func states(_ counts: [String: Int], _ width: Int) -> [TopLine] {
        var lines = [TopLine()]
        for state in MessageDocument.states where state != "delivered" {
            guard let count = counts[state], count > 0 else { continue }
            let text = "  \(state) \(Quantity.grouped(count))"
            if lines[lines.count - 1].width + text.count > width { lines.append(TopLine()) }
            lines[lines.count - 1].add(text, Terminal.Colour(state: state))
        }
        return lines.filter { $0.width > 0 }
    }

    private static func ages(_ counts: [String: Int]) -> [TopLine] {
        var (titles, numbers) = (TopLine(), TopLine())
        titles.add("  minutes", .dim, columns: 12)
        numbers.add("  recipients", .dim, columns: 12)
        for name in AgeColumns.names {
            let count = Quantity.grouped(counts[name] ?? 0)
            let width = max(name.count, count.count)
            titles.add("  ")
            titles.add(name, .dim, columns: width, isRight: true)
            numbers.add("  ")
            numbers.add(count, columns: width, isRight: true)
        }
        return [titles, numbers]
    }
}
