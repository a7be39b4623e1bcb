package import Delivery
internal import Mail
internal import Suppression
internal import Upstreams

extension EventLog {
    /// Logs an event of delivery to an upstream.
    package func record(_ event: DeliveryEvent) { record(event, probe: nil) }

    /// - Parameter probe: name of the round trip, if it is about a probe.
    private func record(_ event: DeliveryEvent, probe: String?) {
        switch event {
        case .delivered(let id, let recipients, let upstream, let reply, let took, let delay, _, let tls):
            log(.info, "delivered", id, to: recipients) { line in
                line.field("upstream", upstream)
                line.field("reply", reply)
                line.field("took", took)
                line.field("delay", delay)
                if let tls { line.field("tls", tls) }
                if let probe { line.field("probe", probe) }
            }
        case .deferred(let id, let recipients, let upstream, let phase, let reply, let next, let retryAt, let tls):
            log(.notice, "deferred", id, to: recipients) { line in
                line.field("upstream", upstream)
                line.field("phase", phase)
                line.field("reply", reply)
                line.field("next", next)
                if let retryAt { line.field("retry_at", retryAt) }
                if let tls { line.field("tls", tls) }
                if let probe { line.field("probe", probe) }
            }
        case .failed(let id, let recipients, let upstream, let phase, let reply, let failureClass, _):
            log(.warning, "failed", id, to: recipients) { line in
                line.field("upstream", upstream)
                line.field("phase", phase)
                line.field("reply", reply)
                line.field("class", failureClass.rawValue)
                if let probe { line.field("probe", probe) }
            }
        case .suppressed(let id, let recipient, let match, let action):
            let recipients = [recipient]
            log(.notice, "suppressed", id, to: recipients) { line in
                line.field("action", action.rawValue)
                line.field("pattern", match.key.pattern.text)
                if let route = match.key.route { line.field("route", route) }
                line.field("source", match.source.rawValue)
                line.field("since", match.addedAt)
            }
        case .notice(let id, let notice, let kind, let addressee, let about):
            let recipients = [addressee]
            log(.info, "notice", id, to: recipients) { line in
                line.field("kind", kind.rawValue)
                line.field("notice_id", "\(notice)")
                line.field("about", about.map(\.text).joined(separator: ", "))
            }
        case .secondOpinion(let id, let recipients, let upstream, let judge, let isConfirmed, let reply):
            log(isConfirmed ? .info : .notice, "second_opinion", id, to: recipients) { line in
                line.field("upstream", upstream)
                line.field("by", judge)
                line.field("result", isConfirmed ? "confirmed" : "refuted")
                line.field("reply", reply)
                if let probe { line.field("probe", probe) }
            }
        case .inDoubt(let id, let recipients, let upstream, let error, let policy, let holdUntil):
            log(.warning, "in_doubt", id, to: recipients) { line in
                line.field("upstream", upstream)
                line.field("error", error)
                line.field("policy", policy)
                if let holdUntil { line.field("hold_until", holdUntil) }
                if let probe { line.field("probe", probe) }
            }
        case .tlsFailed(let upstream, let reason):
            log(.warning, "tls_failed") { line in
                line.field("upstream", upstream)
                line.field("reason", reason)
            }
        case .circuit(let upstream, let from, let to, let share, let cause, let until):
            log(to == .open ? .warning : .notice, "circuit") { line in
                line.field("upstream", upstream)
                line.field("old", from.rawValue)
                line.field("new", to.rawValue)
                line.field("share", String(share))
                line.field("cause", cause)
                if let until { line.field("until", until) }
            }
        case .slowedDown(let upstream, let rate, let reply):
            log(.warning, "slowed_down") { line in
                line.field("upstream", upstream)
                line.field("rate", String(rate.roundedForReading))
                line.field("reply", reply)
            }
        case .paceLowered(let pace, let domain, let rate, let reply):
            log(.warning, "pace_lowered") { line in
                line.field("pace", pace)
                line.field("domain", domain)
                line.field("rate", String(rate.roundedForReading))
                line.field("reply", reply)
            }
        case .paceRestored(let pace, let domain, let rate):
            log(.notice, "pace_restored") { line in
                line.field("pace", pace)
                line.field("domain", domain)
                if let rate { line.field("rate", String(rate.roundedForReading)) }
            }
        case .habit(let upstream, let habit, let reply):
            log(.notice, "habit") { line in
                line.field("upstream", upstream)
                line.field("habit", habit.name)
                if let limit = habit.limit { line.field("limit", limit) }
                if let reply { line.field("reply", reply) }
            }
        case .probe(let upstream, let result):
            log(result.failedPhase == nil ? .notice : .warning, "probe") { line in
                line.field("upstream", upstream)
                if let phase = result.failedPhase { line.field("phase", phase) }
                line.field("reply", result.text)
                line.field("took", result.took)
            }
        case .connectingPaused(let upstream, let reason):
            log(.error, "connecting_paused") { line in
                line.field("upstream", upstream)
                line.field("reason", reason)
            }
        case .connectingResumed(let upstream):
            log(.notice, "connecting_resumed") { $0.field("upstream", upstream) }
        case .tokenRenewed(let upstream, let expires):
            log(.info, "token_renewed") { line in
                line.field("upstream", upstream)
                line.field("expires", expires)
            }
        case .tokenFailed(let upstream, let reason, let expires):
            log(.warning, "token_failed") { line in
                line.field("upstream", upstream)
                line.field("reason", reason)
                if let expires { line.field("expires", expires) }
            }
        case .addressFailed(let upstream, let address, let reason):
            log(.warning, "address_failed") { line in
                line.field("upstream", upstream)
                line.field("address", address)
                line.field("reason", reason)
            }
        case .addressRecovered(let upstream, let address):
            log(.notice, "address_recovered") { line in
                line.field("upstream", upstream)
                line.field("address", address)
            }
        case .upstreamControl(let upstream, let action, let reason, let until, _):
            log(.notice, "upstream_control") { line in
                line.field("upstream", upstream)
                line.field("action", action)
                if let reason { line.field("reason", reason) }
                if let until { line.field("until", until) }
            }
        case .quota(let upstream, let news): record(news, of: upstream)
        case .quotaCorrected(let upstream, let quota, let who, let reason):
            log(.notice, "quota_corrected") { line in
                line.field("upstream", upstream)
                line.field("quota", quota.quota.text)
                line.field("used", quota.used)
                line.field("by", who)
                if let reason { line.field("reason", reason) }
            }
        case .quotasUnwritable(let reason):
            log(.error, "quotas_unwritable") { $0.field("reason", reason) }
        case .resolved(let id, let recipients, let resolution):
            log(.notice, "resolved", id, to: recipients) { $0.field("resolution", resolution) }
        case .stream(let name, let event): record(event, of: name)
        case .clockStepped(let step):
            log(.warning, "clock_stepped") { $0.field("by", step) }
        case .ofProbe(let trip, let event): record(event, probe: trip)
        case .paused(let reason):
            log(.error, "deliveries_paused") { $0.field("reason", reason) }
        case .resumed:
            log(.notice, "deliveries_resumed")
        }
    }
}
