import Console
import Upstreams

/// The meaning of a log line, for somebody who has never seen one.
struct DemoSentence {
    private let fields: DemoFields
    private let time: (String) -> String

    /// - Parameter time: formats a timestamp of the log.
    init(_ fields: DemoFields, time: @escaping (String) -> String) {
        self.fields = fields
        self.time = time
    }

    var text: String {
        switch fields.event {
        case "listening": "Takes mail at \(this("address"))."
        case "accepted": accepted
        case "delivered": "\(this("upstream")) took \(id) for \(this("to")), after \(took): \(this("reply"))"
        case "deferred":
            "\(fields["upstream"].map { "\($0) did not take" } ?? "Nobody took") \(id) (\(this("reply"))). \(whatNext)"
        case "failed": "\(id) will not be delivered to \(this("to")): \(judge)\(this("reply"))"
        case "in_doubt": inDoubt
        case "circuit": circuit
        case "probe": probe
        case "slowed_down": "\(this("upstream")) asked for less mail: now at most \(this("rate")) messages a second."
        case "habit": habit
        case "upstream_control": controlled
        case "round_trip": roundTrip
        case "round_trip_blame": blame
        case "round_trip_mailbox":
            fields["state"] == "ok"
                ? "The mailbox of \(this("mailbox")) can be looked into again."
                : "The mailbox of \(this("mailbox")) cannot be looked into: \(this("cause"))."
        case "resolved": "By hand: \(id) for \(this("to")) is settled as \(this("resolution"))."
        case "refused": "A client was told \(this("reply")) (\(this("reason")))."
        default: fields.list
        }
    }

    private var id: String { this("id") }
    private var judge: String { fields["upstream"].map { "\($0) said " } ?? "" }
    private var took: String { "\(this("took_ms")) ms" }

    private func this(_ name: String) -> String { fields[name] ?? "-" }

    private var accepted: String {
        let count = Quantity.count(fields["recipients"].flatMap(Int.init) ?? 0, "recipient")
        return "Message \(id) from <\(fields["from"] ?? "")> to \(count) is safe on disk, \(this("size")) octets."
    }

    private var whatNext: String {
        if let next = fields["next"] { return "It goes to \(next) at once." }
        return "It waits in the queue until \(fields["retry_at"].map(time) ?? "an upstream works")."
    }

    private var inDoubt: String {
        let until = fields["hold_until"].map { " until \(time($0))" } ?? ""
        return "\(this("upstream")) may have taken \(id), or not: \(this("error")). It is held\(until)."
    }

    private var habit: String {
        let (name, limit) = (this("upstream"), fields["limit"].flatMap(Int.init))
        switch (fields["habit"], limit) {
        case ("drops_pipelined_commands", _): return "\(name) gets one command at a time: \(this("reply"))."
        case ("refuses_mechanism", _): return "\(name) refuses a way to log in: \(this("reply"))."
        case ("sessions", let limit?): return "\(name) allows \(Quantity.count(limit, "session")) at a time."
        case ("recipients_per_transaction", let limit?):
            return "\(name) takes \(Quantity.count(limit, "recipient")) at a time."
        case ("recipients_per_transaction", nil): return "\(name) takes more recipients at a time than it did."
        case (_, let limit?): return "\(name) takes \(Quantity.count(limit, "message")) in a session."
        case (_, nil): return "\(name) takes more messages in a session than it did."
        }
    }

    private var circuit: String {
        let (name, cause) = (this("upstream"), this("cause"))
        switch fields["new"].flatMap(CircuitState.init) {
        // Good probes bring the trial forward.
        case .open where cause.hasSuffix("succeeded"): return "\(name) gets the next message as a trial: \(cause)."
        case .open: return "\(name) gets no mail\(until): \(cause)."
        case .halfOpen: return "\(name) is tried with one message: \(cause)."
        case .closed: return "\(name) gets \(share) of the mail: \(cause)."
        case nil: return fields.list
        }
    }

    private var until: String { fields["until"].map { " until \(time($0))" } ?? " for now" }

    private var share: String {
        let share = fields["share"].flatMap(Double.init) ?? 1
        return share < 1 ? Quantity.percent(share) : "all"
    }

    private var probe: String {
        guard let phase = fields["phase"] else {
            return "A check finds that \(this("upstream")) works: \(this("reply"))."
        }
        return "A check finds that \(this("upstream")) does not work, at \(phase): \(this("reply"))."
    }

    private var roundTrip: String {
        let way = fields["upstream"].map { "Mail through \($0)" } ?? "Mail"
        let cause = fields["cause"].map { ": \($0)" } ?? ""
        switch fields["to"] {
        case "ok": return "\(way) arrives in the mailbox of \(this("mailbox"))\(cause)."
        case "late": return "\(way) arrives late in the mailbox of \(this("mailbox"))\(cause)."
        case "missing": return "\(way) does not arrive in the mailbox of \(this("mailbox"))\(cause)."
        case "upstream_failed": return "\(this("upstream")) does not take probes\(cause)."
        case "mailbox_unreachable": return "Nobody knows whether \(way.lowercased()) arrives\(cause)."
        default: return fields.list
        }
    }

    private var blame: String {
        guard fields["state"] == "blamed" else { return "\(this("upstream")) delivers again: \(this("cause"))." }
        return "\(this("upstream")) takes mail and loses it: \(this("cause"))."
    }

    private var controlled: String {
        let until = fields["until"].map { " until \(time($0))" } ?? ""
        let reason = fields["reason"].map { " (\($0))" } ?? ""
        return "By hand: \(this("action")) \(this("upstream"))\(until)\(reason)."
    }
}
