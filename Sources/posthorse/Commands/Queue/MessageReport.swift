import Admin
import Console
import Mail
import Spool
import Upstreams

/// Output of `queue show`. Nothing in it is truncated.
struct MessageReport {
    private let detail: MessageDetailDocument
    private let terminal: Terminal
    private let now: Timestamp
    private let program: String
    private let options: String

    /// - Parameters:
    ///   - program: as invoked, quoted if necessary.
    ///   - options: ` --config FILE`, unless it is the default one.
    init(
        _ detail: MessageDetailDocument, terminal: Terminal, now: Timestamp, program: String = "posthorse",
        options: String = ""
    ) {
        self.detail = detail
        self.terminal = terminal
        self.now = now
        self.program = program
        self.options = options
    }

    var lines: [String] {
        summary + attempt + [""] + recipients + (detail.ledger.isEmpty ? [] : [""] + ledger)
    }

    private var summary: [String] {
        let message = detail.message
        let state = terminal.coloured(message.state, Terminal.Colour(state: message.state))
        return [
            field("Queue ID", message.queueID),
            field("State", state, isSafe: true),
            field("Message-ID", message.messageID),
            field("Received", "\(message.receivedAt) (\(Quantity.age(since: message.receivedAt, now: now)) ago)"),
            field("From client", detail.origin),
            field("Sender", "<\(message.sender)>"),
            message.probe.map { field("Probe", "of the round trip \($0)") },
            field("Size", "\(message.size) octets, \(detail.body)"),
            field("Priority", message.priority),
            field("Expires", expiry),
            field("Cycles", "\(detail.cycles)"),
        ].compactMap(\.self)
    }

    /// When what waits fails, and what does not expire while it is as it is.
    private var expiry: String {
        let states = Set(detail.message.recipients.map(\.state))
        let exempt = [("held", "held"), ("in_doubt", "in doubt")].filter { states.contains($0.0) }.map(\.1)
            .joined(separator: " or ")
        guard let time = detail.expiresAt else {
            guard states.isDisjoint(with: Self.expiring) else { return "not before the relay is started" }
            return exempt.isEmpty ? "not any more: no recipient waits" : "not while it is \(exempt)"
        }
        let expiry = "\(time) (\(Quantity.wait(until: time, now: now)))"
        return exempt.isEmpty ? expiry : "\(expiry), but not for recipients that are \(exempt)"
    }

    private static let expiring = ["queued", "delivering", "deferred", "scheduled"]

    private var attempt: [String] {
        guard let attempt = detail.attempt else { return [] }
        let age = Quantity.age(since: attempt.startedAt, now: now)
        let count = Quantity.count(attempt.recipients.count, "recipient")
        return [field("Attempt", "running through \(attempt.upstream) for \(age), \(count)")]
    }

    private var recipients: [String] {
        [terminal.coloured("Recipients", .bold)] + detail.message.recipients.flatMap(lines(of:))
    }

    private func lines(of recipient: RecipientDocument) -> [String] {
        var facts = [Quantity.count(recipient.attempts, "attempt")]
        if let next = recipient.nextAttemptAt {
            facts.append("next at \(next) (\(Quantity.wait(until: next, now: now)))")
        }
        if let words = recipient.waitingWords { facts.append(words) }
        if let words = recipient.holdReason.map(Self.words) { facts.append(words) }
        if let failure = recipient.failureClass { facts.append("class \(failure)") }
        if let upstream = recipient.upstream { facts.append("last through \(upstream)") }
        let state = terminal.coloured(recipient.state, Terminal.Colour(state: recipient.state))
        let first = "  <\(Printable.line(recipient.address))>  \(state)"
        let second = "      " + Printable.line(facts.joined(separator: ", "))
        return [first, second] + reply(recipient.lastReply) + explanation(of: recipient)
    }

    /// The command that says why a refusal failed the recipient; none for anything but an upstream's reply.
    private func explanation(of recipient: RecipientDocument) -> [String] {
        guard recipient.state == "failed", let reply = recipient.lastReply,
            let code = Reply(parsing: reply)?.code, code >= 400
        else { return [] }
        let upstream = recipient.upstream.map { " --upstream \(Invocation.quoted($0))" } ?? ""
        let last = detail.ledger.last { $0.outcome == "failed" && $0.recipients.contains(recipient.address) }
        let phase = last.flatMap { OutcomePhase(rawValue: $0.phase) }.map { " --phase \($0.rawValue)" } ?? ""
        return ["      why: \(program) explain \(Invocation.quoted(reply))\(upstream)\(phase)\(options)"]
    }

    private static func words(for reason: String) -> String {
        switch Recipient.HoldReason(rawValue: reason) {
        case .operator: "held by an operator"
        case .damaged: "held because the content on disk is damaged"
        case .hijack: "held because it is unusual for its user, whose password may be stolen"
        case nil: "held: \(reason)"
        }
    }

    private var ledger: [String] {
        [terminal.coloured("Attempts, oldest first", .bold)] + detail.ledger.flatMap(lines(of:))
    }

    private func lines(of attempt: AttemptDocument) -> [String] {
        let outcome = terminal.coloured(attempt.outcome, Terminal.Colour(state: attempt.outcome))
        let who =
            attempt.recipients.count == 1 ? "<\(attempt.recipients[0])>" : "\(attempt.recipients.count) recipients"
        let first = "  \(attempt.startedAt)  \(Printable.line(attempt.upstream))  \(outcome)"
        let facts = ["\(who), at \(attempt.phase), after \(duration(of: attempt))", dot(of: attempt)]
        let second = "      " + Printable.line(facts.compactMap { $0 }.joined(separator: ", "))
        return [first, second] + reply(attempt.reply)
    }

    /// Whether the upstream may have accepted the mail, if the outcome does not say so.
    private func dot(of attempt: AttemptDocument) -> String? {
        attempt.dotSent.map { $0 ? "final dot sent" : "final dot not sent" }
    }

    private func duration(of attempt: AttemptDocument) -> String {
        guard let start = Timestamp(rfc3339: attempt.startedAt), let end = Timestamp(rfc3339: attempt.endedAt) else {
            return "-"
        }
        return "\((end - start).wholeMilliseconds) ms"
    }

    private func reply(_ text: String?) -> [String] {
        guard let text, !text.isEmpty else { return [] }
        return ["      " + Printable.line(text)]
    }

    private func field(_ name: String, _ value: String, isSafe: Bool = false) -> String {
        name + String(repeating: " ", count: 13 - name.count) + (isSafe ? value : Printable.line(value))
    }
}
