internal import Audit
internal import Delivery
internal import Mail
internal import Spool
internal import Suppression
internal import Telemetry
internal import Upstreams

extension EventLog {
    /// Logs what happens to the audit log.
    func record(_ event: AuditEvent) {
        switch event {
        case .begun(let path, let reason):
            log(reason == nil ? .notice : .warning, "audit_begun") { line in
                line.field("path", path)
                if let reason { line.field("reason", reason) }
            }
        case .repaired(let path, let octets):
            log(.warning, "audit_repaired") { line in
                line.field("path", path)
                line.field("octets", octets)
            }
        case .damaged(let path): log(.error, "audit_damaged") { $0.field("path", path) }
        case .unwritable(let path, let reason):
            log(.error, "audit_unwritable") { line in
                line.field("path", path)
                line.field("reason", reason)
            }
        case .recovered(let path): log(.notice, "audit_recovered") { $0.field("path", path) }
        case .lost(let number): log(.error, "audit_lost") { $0.field("records", number) }
        case .head(let head): log(.notice, "audit_head") { $0.field("head", head.description) }
        }
    }
}

extension AuditRecord {
    /// What the relay has decided by itself; nil for an event that is no decision.
    init?(_ event: DeliveryEvent, at moment: @autoclosure () -> Timestamp) {
        switch event {
        case .circuit(let upstream, let before, let after, _, let cause, let until) where before != after:
            let end = until.map { " until \($0.rfc3339)" } ?? ""
            self.init(
                at: moment(), who: Self.relay, what: "circuit", subject: upstream, reason: cause,
                before: before.rawValue, after: after.rawValue + end)
        case .upstreamControl(let upstream, let action, let reason, _, let state?):
            self.init(
                at: moment(), who: Self.relay, what: "upstream \(action)", subject: upstream, reason: reason,
                before: state.rawValue, after: AdminState.enabled.rawValue)
        case .quotaCorrected(let upstream, let quota, "upstream", let reason):
            self.init(
                at: moment(), who: Self.relay, what: "upstream quota", subject: upstream, reason: reason,
                after: "\(quota.quota.text) used up")
        case .stream(let name, .paused(let pause)) where pause.author == .relay:
            self.init(
                at: moment(), who: Self.relay, what: "stream pause", subject: name, reason: pause.reason,
                before: "active", after: "paused")
        case .stream, .circuit, .upstreamControl, .quota, .quotaCorrected, .quotasUnwritable, .delivered, .deferred,
            .failed, .notice, .secondOpinion, .inDoubt, .tlsFailed, .slowedDown, .paceLowered, .paceRestored, .habit,
            .probe, .connectingPaused, .connectingResumed, .tokenRenewed, .tokenFailed, .addressFailed,
            .addressRecovered, .resolved, .suppressed, .clockStepped, .ofProbe, .paused, .resumed:
            return nil
        }
    }

    /// What the relay has suppressed by itself, and what it no longer does; nil for an event that is no decision.
    ///
    /// - Parameter form: how addresses are written.
    init?(
        _ event: SuppressionEvent, at moment: @autoclosure () -> Timestamp, addresses form: (String) -> String = { $0 }
    ) {
        switch event {
        case .added(let entry, let bounce):
            let subject = entry.key.pattern.shown(addresses: form)
            self.init(
                at: moment(), who: Self.relay, what: "suppression add", subject: subject,
                reason: subject == entry.key.pattern.text ? bounce.reply : Self.codes(of: bounce.reply),
                before: "none", after: entry.state)
        case .expired(let count):
            self.init(
                at: moment(), who: Self.relay, what: "suppression expire", subject: "\(count) suppressions",
                before: "suppressed", after: "none")
        case .opened, .uncounted: return nil
        }
    }

    /// The words of a reply may repeat the address.
    private static func codes(of reply: String) -> String {
        guard let reply = Reply(parsing: reply) else { return "a refusal" }
        return "\(reply.code)" + (reply.enhancedCode.map { " \($0)" } ?? "")
    }

    static func relayStarted(_ hostname: String, version: String, at moment: Timestamp) -> AuditRecord {
        AuditRecord(at: moment, who: relay, what: "relay start", subject: hostname, after: "version \(version)")
    }

    static func relayStopped(_ hostname: String, at moment: Timestamp) -> AuditRecord {
        AuditRecord(at: moment, who: relay, what: "relay stop", subject: hostname)
    }
}
