import Admin
import Console
import Delivery
import Mail
import Upstreams

/// The response to an operator's order: what has happened, where mail goes now, and how to undo it.
struct UpstreamControlReport {
    private let action: UpstreamControl.Action
    private let detail: UpstreamDetailDocument
    private let others: [UpstreamDocument]
    private let now: Timestamp
    private let commands: UpstreamCommandLines

    /// - Parameter others: all upstreams but this one.
    init(
        _ action: UpstreamControl.Action, _ detail: UpstreamDetailDocument, others: [UpstreamDocument], now: Timestamp,
        commands: UpstreamCommandLines
    ) {
        self.action = action
        self.detail = detail
        self.others = others
        self.now = now
        self.commands = commands
    }

    var lines: [String] {
        switch action {
        case .disable:
            [stands] + unsaved
                + ["No new mail and no probes; queued mail goes elsewhere.", elsewhere, undo(.enable)]
        case .drain:
            [stands] + unsaved + ["No new mail; \(inFlight) still goes there.", elsewhere, undo(.enable)]
        case .enable: [stands] + unsaved + [circuit]
        case .trip: [tripped, elsewhere, undo(.reset)]
        case .reset: ["\(name): the circuit is \(upstream.circuit), its share \(share).", afterReset]
        case .probe: probe
        }
    }

    /// Throws a ``Failure`` without a message if a probe found the upstream unhealthy.
    static func check(_ action: UpstreamControl.Action, _ detail: UpstreamDetailDocument) throws {
        guard action == .probe else { return }
        guard let probe = detail.lastProbe else {
            throw Failure(.tryAgain, "the relay has not probed \(detail.upstream.name); try again")
        }
        if !probe.isHealthy { throw Failure(.notRunning, "") }
    }

    private var upstream: UpstreamDocument { detail.upstream }
    private var name: String { Printable.line(upstream.name) }
    private var share: String { Quantity.percent(upstream.share) }
    private var inFlight: String { "queued mail (\(Quantity.count(upstream.inFlight, "message")))" }

    private var stands: String {
        let until = upstream.adminUntil.map { " until \($0) (\(Quantity.wait(until: $0, now: now)))" } ?? ""
        let reason = upstream.adminReason.map { ": \($0)" } ?? "."
        return Printable.line("\(name) is \(upstream.adminState.rawValue)\(until)\(reason)")
    }

    private var unsaved: [String] {
        guard let reason = detail.unsaved else { return [] }
        return [Printable.line("In force, but not on disk: a restart would lose it (\(reason)).")]
    }

    private var elsewhere: String {
        let names = others.filter(\.takesMail).map(\.name)
        guard !names.isEmpty else {
            return "No other upstream accepts mail now: mail waits in the queue until one does."
        }
        return Printable.line("Mail goes through \(names.joined(separator: ", ")), as the routes say.")
    }

    private func undo(_ action: UpstreamControl.Action) -> String {
        "Undo: \(commands.control(action, upstream.name))"
    }

    private var tripped: String {
        let until = detail.nextStepAt.map { " at \($0) (\(Quantity.wait(until: $0, now: now)))" } ?? " later"
        return
            "\(name): the circuit is \(upstream.circuit); one message tries it\(until), then traffic returns in steps."
    }

    private var circuit: String {
        guard upstream.circuit != .closed else { return "Its circuit is closed, its share \(share)." }
        return Printable.line("Its circuit is still \(upstream.circuit). To give it mail at once: ")
            + commands.control(.reset, upstream.name)
    }

    private var afterReset: String {
        guard upstream.adminState == .enabled else {
            return "It is still \(upstream.adminState.rawValue): \(commands.control(.enable, upstream.name))"
        }
        return "If it fails again, the circuit opens again by itself."
    }

    private var probe: [String] {
        guard let probe = detail.lastProbe else { return [] }
        let took = Quantity.latencyWithUnit(probe.tookMilliseconds)
        guard !probe.isHealthy else {
            return [Printable.line("\(name) is healthy, after \(took): \(probe.text)")] + hint(healthy: true)
        }
        let phase = probe.failedPhase.map { " at \($0)" } ?? ""
        return [Printable.line("\(name) is not healthy: failed\(phase) after \(took): \(probe.text)")]
            + hint(healthy: false)
    }

    /// Advice if circuit or operator and the probe disagree.
    private func hint(healthy: Bool) -> [String] {
        if upstream.adminState != .enabled {
            return [
                "It is \(upstream.adminState.rawValue); to give it mail: \(commands.control(.enable, upstream.name))"
            ]
        }
        switch (upstream.circuit == .closed, healthy) {
        case (true, false):
            return [
                "Mail still goes there; to keep it away: \(commands.control(.disable, upstream.name, " --for 30m"))"
            ]
        case (false, true):
            return [
                "Its circuit is \(upstream.circuit); to give it mail at once: \(commands.control(.reset, upstream.name))"
            ]
        case (true, true), (false, false): return []
        }
    }
}
