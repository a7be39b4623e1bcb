import Delivery
import Console
import Mail
import Upstreams

/// Output of a drill: a line per event, and the report.
package struct DrillPage {
    private let terminal: Terminal

    package init(terminal: Terminal) {
        self.terminal = terminal
    }

    package func line(_ event: DrillEvent, target: String) -> String {
        let time = Self.seconds(event.after)
        let words: String
        switch event.kind {
        case .movedOn(let name): words = "mail goes through \(name)"
        case .circuit(.open, _, let cause): words = "\(target) is open again: \(cause)"
        case .circuit(.halfOpen, _, _): words = "one message tries \(target)"
        case .circuit(.closed, let share, let cause):
            words = "\(target) has \(Quantity.percent(share)) of its traffic: \(cause)"
        case .upstreamControl(let state, let cause):
            words = "an operator changes \(target): \(state.rawValue), \(cause)"
        case .restarted: words = "the relay was restarted"
        }
        return Printable.line("\(String(repeating: " ", count: max(0, 9 - time.count)))\(time)  \(words)")
    }

    package func lines(_ report: DrillReport) -> [String] {
        [verdict(report)] + report.reasons.map { Printable.line("  \($0)") } + [""]
            + times(report) + [""] + counts(report)
            + (report.wasReset
                ? ["", Printable.line("The drill has reset \(report.upstream): it has all of its traffic.")] : [])
    }

    private func verdict(_ report: DrillReport) -> String {
        terminal.coloured(
            "Drill of \(Printable.line(report.upstream)): \(report.verdict.rawValue)", report.verdict.colour)
    }

    private func times(_ report: DrillReport) -> [String] {
        [
            ("Trip to first mail elsewhere", report.movedOnMilliseconds),
            ("Trip to half open", report.halfOpenMilliseconds),
            ("Trip to closed", report.closedMilliseconds), ("Trip to full share", report.fullShareMilliseconds),
        ].map { name, time in
            Self.row(name, time.map { Self.seconds(.milliseconds($0)) } ?? "-")
        }
    }

    private func counts(_ report: DrillReport) -> [String] {
        let names = report.delivered.keys.sorted()
        let delivered = names.map { Self.row("Delivered by \(Printable.line($0))", "\(report.delivered[$0] ?? 0)") }
        let failures = names.compactMap { name in
            report.failures[name].flatMap { $0 > 0 ? Self.row("Failures of \(Printable.line(name))", "\($0)") : nil }
        }
        let states = DrillReport.states.compactMap { state in
            report.recipients[state].map { Self.row("Recipients \(state)", Self.text($0)) }
        }
        return delivered + failures + [Self.row("Messages in the queue", Self.text(report.queue))] + states
    }

    private static func text(_ range: DrillReport.Range) -> String {
        "\(range.before) before, \(range.peak) at most, \(range.after) after"
    }

    static func row(_ name: String, _ value: String) -> String {
        "  " + name + String(repeating: " ", count: max(1, 30 - Printable.width(of: name))) + value
    }

    /// `0.104 s`
    static func seconds(_ duration: Duration) -> String {
        let milliseconds = max(0, duration.wholeMilliseconds)
        let fraction = String(milliseconds % 1000)
        return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction) s"
    }
}

extension DrillReport.Verdict {
    var colour: Terminal.Colour {
        switch self {
        case .passed: .green
        case .failed: .red
        case .inconclusive: .yellow
        }
    }
}
