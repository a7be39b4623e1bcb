import Console
import Mail

/// Output of a drill of lost mail: a line per event, and the report.
package struct LossPage {
    private let terminal: Terminal

    package init(terminal: Terminal) {
        self.terminal = terminal
    }

    package func line(_ event: LossEvent, target: String) -> String {
        let time = DrillPage.seconds(event.after)
        let words: String
        switch event.kind {
        case .loses: words = "\(target) says 250 and delivers nothing"
        case .left(let cause): words = "\(target) gets no mail any more: \(cause)"
        case .delivers: words = "\(target) delivers again"
        case .share(let share, let cause): words = "\(target) has \(Quantity.percent(share)) of its traffic: \(cause)"
        }
        return Printable.line("\(String(repeating: " ", count: max(0, 9 - time.count)))\(time)  \(words)")
    }

    package func lines(_ report: LossReport) -> [String] {
        let title = "Drill of lost mail: \(report.verdict.rawValue)"
        let rows = [
            ("Loss to open circuit", Self.time(report.leftMilliseconds)),
            ("Allowed", Self.time(report.limitMilliseconds)),
            ("Delivery to first traffic", Self.time(report.returnedMilliseconds)),
            ("Delivery to full share", Self.time(report.fullShareMilliseconds)),
            ("Shares before the full one", "\(report.steps)"),
        ]
        return [terminal.coloured(title, report.verdict.colour)] + report.reasons.map { Printable.line("  \($0)") } + [
            ""
        ]
            + rows.map { DrillPage.row($0, $1) }
    }

    private static func time(_ milliseconds: Int?) -> String {
        milliseconds.map { DrillPage.seconds(.milliseconds($0)) } ?? "-"
    }
}
