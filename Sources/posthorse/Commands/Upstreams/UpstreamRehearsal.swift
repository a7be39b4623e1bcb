import Admin
import Configuration
import Console
import Delivery

/// What an order for an upstream would do: the output of `--dry-run`.
struct UpstreamRehearsal {
    private let action: UpstreamControl.Action
    private let upstream: UpstreamDocument
    private let duration: Duration?
    private let others: [UpstreamDocument]

    /// - Parameter others: all upstreams but this one.
    init(
        _ action: UpstreamControl.Action, _ upstream: UpstreamDocument, for duration: Duration?,
        others: [UpstreamDocument]
    ) {
        self.action = action
        self.upstream = upstream
        self.duration = duration
        self.others = others
    }

    var lines: [String] {
        let share = Quantity.percent(upstream.share)
        let state = "its circuit \(upstream.circuit), its share \(share)"
        let stands = "\(upstream.name) is \(upstream.adminState.rawValue), \(state)."
        return [stands, "This would \(phrase)."].map { Printable.line($0) } + consequence
    }

    private var phrase: String {
        let time = duration.map { " for \(DurationText.format($0))" } ?? ""
        return switch action {
        case .enable, .disable, .drain: "\(action.rawValue) \(upstream.name)\(time)"
        case .trip: "open the circuit of \(upstream.name)\(time)"
        case .reset: "close the circuit of \(upstream.name) and give it its full share"
        case .probe: "check whether \(upstream.name) works"
        }
    }

    /// Where its mail would go.
    private var consequence: [String] {
        switch action {
        case .enable, .reset, .probe: return []
        case .disable, .drain, .trip: break
        }
        let names = others.filter(\.takesMail).map(\.name)
        guard !names.isEmpty else { return ["No other upstream accepts mail now: mail would wait in the queue."] }
        return [Printable.line("Mail would go through \(names.joined(separator: ", ")), as the routes say.")]
    }
}
