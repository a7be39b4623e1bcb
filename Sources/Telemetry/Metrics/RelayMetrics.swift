package import Delivery
package import Ingress
internal import Mail
internal import Upstreams

/// Counts what the relay does, fed with the same events as the log. Every sample is looked up once, here; an event
/// costs only an addition or a few.
package final class RelayMetrics: Sendable {
    package let store: MetricStore
    private let sessionsOpened, sessions, messages, recipients, octets, resubmissions, proxyRefusals,
        paused: MetricSample
    private let refusals: [RefusalReason: MetricSample]
    private let limits: [LimitName: MetricSample]
    private let logins: (good: MetricSample, bad: MetricSample)
    private let lockouts: MetricSample
    private let handshakes: [TLSOutcome: MetricSample]
    private let deliveriesPaused: MetricSample
    private let outcomes: [String: Outcomes]
    private let outcomesOfNone: Outcomes
    private let opinions: [String: (confirmed: MetricSample, refuted: MetricSample)]
    private let slowDowns: [String: MetricSample]
    private let resolved: [DoubtResolution: MetricSample]
    private let notices: [NoticeKind: MetricSample]

    /// Outcomes of recipients at one upstream.
    private struct Outcomes: Sendable {
        let delivered, deferred, failed, inDoubt: MetricSample

        init(_ store: MetricStore, _ upstream: String) {
            delivered = store.sample(.outcomes, upstream, "delivered")
            deferred = store.sample(.outcomes, upstream, "deferred")
            failed = store.sample(.outcomes, upstream, "failed")
            inDoubt = store.sample(.outcomes, upstream, "in_doubt")
        }
    }

    /// Outcome of a client's TLS handshake.
    enum TLSOutcome: String, CaseIterable, Sendable {
        case tls12 = "1.2"
        case tls13 = "1.3"
        case failed = "none"
    }

    /// - Parameter upstreams: the names in relay.conf.
    package init(upstreams: [String], store: MetricStore = MetricStore()) {
        self.store = store
        sessionsOpened = store.sample(.sessionsOpened)
        sessions = store.sample(.sessions)
        messages = store.sample(.messages)
        recipients = store.sample(.messageRecipients)
        octets = store.sample(.messageBytes)
        resubmissions = store.sample(.resubmissions)
        proxyRefusals = store.sample(.proxyRefusals)
        paused = store.sample(.acceptingPaused)
        refusals = Self.samples { store.sample(.refusals, $0.rawValue) }
        limits = Self.samples { store.sample(.limits, $0.rawValue) }
        logins = (store.sample(.logins, "good"), store.sample(.logins, "bad"))
        lockouts = store.sample(.lockouts)
        handshakes = Self.samples { store.sample(.handshakes, $0.rawValue) }
        deliveriesPaused = store.sample(.deliveriesPaused)
        outcomes = Dictionary(upstreams.map { ($0, Outcomes(store, $0)) }) { first, _ in first }
        outcomesOfNone = Outcomes(store, "none")
        opinions = Dictionary(
            upstreams.map {
                (
                    $0,
                    (store.sample(.secondOpinions, $0, "confirmed"), store.sample(.secondOpinions, $0, "refuted"))
                )
            }, uniquingKeysWith: { first, _ in first })
        slowDowns = Dictionary(upstreams.map { ($0, store.sample(.slowDowns, $0)) }) { first, _ in first }
        resolved = Self.samples { store.sample(.resolved, $0.rawValue) }
        notices = Self.samples { store.sample(.notices, $0.rawValue) }
    }

    private static func samples<Case: CaseIterable & Hashable>(
        _ sample: (Case) -> MetricSample
    ) -> [Case: MetricSample] {
        Dictionary(uniqueKeysWithValues: Case.allCases.map { ($0, sample($0)) })
    }

    // MARK: Mail in

    package func record(_ event: IngressEvent) {
        switch event {
        case .listening, .socketIgnored: break
        case .accepted(_, _, _, let count, let size, _):
            messages.add()
            recipients.add(count)
            octets.add(size)
        case .resubmitted: resubmissions.add()
        case .refused(_, let reply, _): refusals[RefusalReason(reply: reply)]?.add()
        case .limited(let limit, _, _):
            refusals[.limit]?.add()
            limits[limit]?.add()
        case .sessionOpened:
            sessionsOpened.add()
            sessions.add()
        case .sessionClosed: sessions.add(-1)
        case .proxyRefused: proxyRefusals.add()
        case .acceptingPaused(_, let cause):
            paused.add()
            LimitName(rawValue: cause).flatMap { limits[$0] }?.add()
        case .acceptingResumed: paused.add(-1)
        case .loggedIn: logins.good.add()
        case .loginFailed(_, _, let isLockedOut):
            logins.bad.add()
            if isLockedOut { lockouts.add() }
        case .encrypted(let version): handshakes[version == "TLSv1.3" ? .tls13 : .tls12]?.add()
        case .encryptionFailed: handshakes[.failed]?.add()
        case .reloaded, .reloadFailed: break
        }
    }

    // MARK: Mail out

    package func record(_ event: DeliveryEvent) {
        switch event {
        case .delivered(_, let recipients, let upstream, _, _, _, _): self[upstream].delivered.add(recipients.count)
        case .deferred(_, let recipients, let upstream, _, _, _, _, _): self[upstream].deferred.add(recipients.count)
        case .failed(_, let recipients, let upstream, _, _, _): self[upstream].failed.add(recipients.count)
        case .notice(_, _, let kind, _, _): notices[kind]?.add()
        case .inDoubt(_, let recipients, let upstream, _, _, _): self[upstream].inDoubt.add(recipients.count)
        case .secondOpinion(_, _, let upstream, _, let isConfirmed, _):
            if isConfirmed { opinions[upstream]?.confirmed.add() } else { opinions[upstream]?.refuted.add() }
        case .circuit(let upstream, let before, let state, _, _, _):
            if before != state { store.sample(.circuitChanges, upstream, state.rawValue).add() }
        case .slowedDown(let upstream, _, _): slowDowns[upstream]?.add()
        case .resolved(_, let recipients, let resolution):
            resolved[DoubtResolution(rawValue: resolution) ?? .other]?.add(recipients.count)
        case .habit, .probe, .addressFailed, .addressRecovered, .upstreamControl, .clockStepped, .connectingPaused,
            .connectingResumed:
            break
        case .tlsFailed(let upstream, _): store.sample(.upstreamTLSFailures, upstream).add()
        case .paused: deliveriesPaused.set(Int64(1))
        case .resumed: deliveriesPaused.set(Int64(0))
        }
    }

    /// A recipient that failed without an attempt has no upstream.
    private subscript(upstream: String?) -> Outcomes {
        upstream.flatMap { outcomes[$0] } ?? outcomesOfNone
    }
}
