import Admin
import Console
import Delivery
import Mail
import Upstreams

/// Output of `upstream show`. Nothing in it is truncated.
struct UpstreamReport {
    private let detail: UpstreamDetailDocument
    private let terminal: Terminal
    private let now: Timestamp
    private let commands: UpstreamCommandLines

    init(_ detail: UpstreamDetailDocument, terminal: Terminal, now: Timestamp, commands: UpstreamCommandLines) {
        self.detail = detail
        self.terminal = terminal
        self.now = now
        self.commands = commands
    }

    var lines: [String] {
        summary + section("Addresses", detail.addresses.count > 1 ? detail.addresses.map(line(of:)) : [])
            + section("History, oldest first", history)
            + section("Replies, oldest first", detail.answers.flatMap(lines(of:)))
            + section("Useful commands", advice.map { "  " + $0 })
    }

    private var upstream: UpstreamDocument { detail.upstream }

    private var summary: [String] {
        [
            field("Name", "\(upstream.name), \(upstream.address), priority \(upstream.priority)"),
            field("Operator", operatorSays, colour: upstream.adminState == .enabled ? nil : .yellow),
        ] + unsaved + [
            field("Circuit", "\(upstream.circuit) since \(moment(upstream.since))", colour: upstream.circuitColour),
            field("Share", "\(Quantity.percent(upstream.share))\(detail.reason.isEmpty ? "" : ": \(detail.reason)")"),
        ] + nextStep + [
            field("Rate", upstream.rate.map { "at most \(Rate.words(messagesPerSecond: $0))" } ?? "unlimited"),
            field("Routes", detail.routes.isEmpty ? "none" : detail.routes.joined(separator: ", ")),
            field("Load", load),
        ] + habits + [
            field(
                "Since start",
                "\(upstream.deliveredTotal) delivered, \(Quantity.count(upstream.failedTotal, "failure"))"),
            field(
                "Latency",
                "\(latency(upstream.latencyP50Milliseconds)) (P50), \(latency(upstream.latencyP95Milliseconds)) (P95)"),
            field("Greeting", greeting),
        ] + latest
    }

    private var latest: [String] {
        let probe = field("Last probe", lastProbe, colour: detail.lastProbe?.isHealthy == false ? .red : nil)
        return token + [probe] + (upstream.lastError.map { [field("Last error", $0)] } ?? [])
    }

    private var operatorSays: String {
        guard upstream.adminState != .enabled || upstream.adminReason != nil else { return "enabled" }
        let until = upstream.adminUntil.map { " until \($0) (\(Quantity.wait(until: $0, now: now)))" } ?? ""
        let reason = upstream.adminReason.map { ": \($0)" } ?? ""
        return "\(upstream.adminState.rawValue) since \(moment(detail.adminSince))\(until)\(reason)"
    }

    private var unsaved: [String] {
        guard let reason = detail.unsaved else { return [] }
        return [field("Not on disk", "a restart would lose operators' orders: \(reason)", colour: .red)]
    }

    private var nextStep: [String] {
        guard let next = detail.nextStepAt else { return [] }
        if upstream.circuit == .open, Timestamp(rfc3339: next).map({ $0 <= now }) ?? false {
            return [field("Next step", "the next message tries it")]
        }
        let what = upstream.circuit == .open ? "one message tries it" : "its share rises"
        return [field("Next step", "\(what) at \(next) (\(Quantity.wait(until: next, now: now)))")]
    }

    private var quotas: [String] {
        upstream.quotas.map { field("Quota", $0.words, colour: $0.left == 0 ? .yellow : nil) }
    }

    private var load: String {
        let limit = "\(upstream.connectionLimit)\(upstream.searchesConnections ? ", found by itself" : "")"
        let connections = Quantity.count(upstream.connections, "connection")
        return "\(connections) of \(limit), \(Quantity.count(upstream.inFlight, "message")) in flight"
    }

    /// What is left of its quotas, and what the relay has learned about its way.
    private var habits: [String] {
        let messages = upstream.messagesPerSession.map { "ends a session after \(Quantity.count($0, "message"))" }
        let sessions = upstream.sessionsAllowed.map { "allows \(Quantity.count($0, "session")) at a time" }
        let recipients = upstream.recipientsPerTransaction.map { "takes \(Quantity.count($0, "recipient")) at a time" }
        let lockStep = upstream.isInLockStep ? "drops pipelined commands, so it gets one at a time" : nil
        let habits = [messages, sessions, recipients, lockStep].compactMap(\.self)
        return quotas + (habits.isEmpty ? [] : [field("Habits", habits.joined(separator: "; "))])
    }

    private var greeting: String {
        let patience = latency(detail.greetingPatienceMilliseconds)
        guard let slowest = detail.greetingMilliseconds else { return "not seen yet; it may take \(patience)" }
        guard slowest < detail.greetingPatienceMilliseconds else {
            return "up to \(latency(slowest)) in its last sessions, but it may take only \(patience): "
                + "connect_timeout or command_timeout is too short"
        }
        return
            "at most \(latency(slowest)) in its last sessions; it may take \(patience) where another upstream could take the mail"
    }

    /// Of an account whose tokens the relay gets by itself.
    private var token: [String] {
        guard let token = detail.token else { return [] }
        let trouble = token.lastError.map { [field("Token error", $0, colour: .red)] } ?? []
        return [field("Token", words(of: token), colour: token.validUntil == nil ? .red : nil)] + trouble
    }

    private func words(of token: TokenDocument) -> String {
        let renewed = token.renewedAt.map { "the last one came at \(moment($0))" } ?? "none has come yet"
        guard let until = token.validUntil else {
            return "none; \(token.state == "fetching" ? "one is asked for; " : "")\(renewed)"
        }
        return "valid until \(until) (\(Quantity.wait(until: until, now: now))); \(renewed)"
    }

    private var lastProbe: String {
        guard let probe = detail.lastProbe else { return "none yet" }
        let verdict = probe.isHealthy ? "healthy" : "failed\(probe.failedPhase.map { " at \($0)" } ?? "")"
        return "\(moment(probe.at)), \(verdict) after \(latency(probe.tookMilliseconds)): \(probe.text)"
    }

    private func line(of address: AddressDocument) -> String {
        var words = "\(address.address)  \(address.state)"
        if let reason = address.reason { words += " since \(address.since): \(reason)" }
        if let until = address.until { words += "; tried again at \(until)" }
        if address.sessions > 0 { words += ", \(Quantity.count(address.sessions, "session"))" }
        return "  " + Printable.line(words)
    }

    private var history: [String] {
        zip(detail.history, [nil] + detail.history.map(\.share)).map { line(of: $0, shareBefore: $1) }
    }

    /// States and share, with what they were before if they changed.
    private func line(of change: ChangeDocument, shareBefore: Double?) -> String {
        let states = Self.step(change.transition.from, change.transition.to)
        let share = Quantity.percent(change.share)
        let shares = Self.step(shareBefore.map(Quantity.percent) ?? share, share)
        return "  " + Printable.line("\(change.at)  \(states), share \(shares): \(change.cause)")
    }

    private static func step(_ before: String, _ after: String) -> String {
        before == after ? after : "\(before) → \(after)"
    }

    private func lines(of answer: AnswerDocument) -> [String] {
        let verdict = answer.verdict.map { " → \($0)" } ?? ""
        return [
            "  " + Printable.line("\(answer.at)  at \(answer.phase)\(verdict)"), "      " + Printable.line(answer.text),
        ]
    }

    /// Commands that are useful in this state.
    private var advice: [String] {
        let probe = commands.control(.probe, upstream.name)
        if upstream.adminState != .enabled { return [commands.control(.enable, upstream.name), probe] }
        if upstream.circuit != .closed || upstream.share < 1 {
            return [probe, commands.control(.reset, upstream.name)]
        }
        return [probe, commands.control(.disable, upstream.name, " --for 30m --reason \"…\"")]
    }

    // MARK: - Parts of lines

    private func section(_ title: String, _ lines: [String]) -> [String] {
        lines.isEmpty ? [] : ["", terminal.coloured(title, .bold)] + lines
    }

    private func field(_ name: String, _ value: String, colour: Terminal.Colour? = nil) -> String {
        name + String(repeating: " ", count: 13 - name.count) + terminal.coloured(Printable.line(value), colour)
    }

    private func moment(_ text: String) -> String {
        "\(text) (\(Quantity.age(since: text, now: now)) ago)"
    }

    private func latency(_ milliseconds: Double?) -> String {
        milliseconds.map { Quantity.latencyWithUnit($0) } ?? "-"
    }
}

extension UpstreamDocument {
    /// Its last error, or, once that is past, that it answers again.
    var trouble: String? { awaitsTrial ? "answers again: the next message is its trial" : lastError }

    var circuitColour: Terminal.Colour {
        switch circuit {
        case .closed: .green
        case .open: awaitsTrial ? .yellow : .red
        case .halfOpen: .yellow
        }
    }
}
