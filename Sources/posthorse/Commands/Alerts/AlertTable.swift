import Admin
import Console
import Mail

/// The table of `alert list`: a row for each subject, or one for an alert that is ok.
struct AlertTable {
    private let table: Table
    private let now: Timestamp

    init(terminal: Terminal, now: Timestamp) {
        self.now = now
        table = Table(
            columns: [
                .init("ALERT", 18), .init("SEVERITY", 8), .init("STATE", 8), .init("SINCE", 5, .right),
                .init("SUBJECT", 14), .init("TOLD", nil),
            ], terminal: terminal)
    }

    var header: String { table.header }

    func rows(of alert: AlertDocument) -> [String] {
        let told = told(alert)
        guard !alert.subjects.isEmpty else {
            return [table.row(["\(alert.name)", "\(alert.severity)", "ok", "-", "-", "\(told)"])] + reason(alert)
        }
        let rows: [String] = alert.subjects.flatMap { subject in
            [
                table.row([
                    "\(alert.name)", "\(alert.severity)", Table.Cell(subject.state, colour(subject.state)),
                    "\(Quantity.age(since: subject.since, now: now))", Table.Cell(subject.subject, keepsEnd: true),
                    "\(told)",
                ]), table.note(subject.text),
            ]
        }
        return rows + reason(alert)
    }

    /// Why nobody is told; empty if somebody is, or nobody has said why.
    private func reason(_ alert: AlertDocument) -> [String] {
        alert.silence?.reason.map { [table.note("silenced: \($0)")] } ?? []
    }

    /// Who is told, or for how long nobody is: at most 17 columns, which is what 80 leave.
    private func told(_ alert: AlertDocument) -> String {
        if let silence = alert.silence {
            return "silenced for \(Quantity.wait(until: silence.until, now: now))"
        }
        return alert.notify.isEmpty ? "log only" : alert.notify.joined(separator: ", ")
    }

    private func colour(_ state: String) -> Terminal.Colour? {
        switch state {
        case "firing": .red
        case "pending", "clearing": .yellow
        case _: nil
        }
    }
}
