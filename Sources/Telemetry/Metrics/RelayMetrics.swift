package import Delivery
package import Ingress
internal import Mail
package import Spool
internal import Suppression
import Synchronization
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
    /// By name, of upstreams that there are.
    private let upstreams: Mutex<[String: UpstreamSamples]>
    private let outcomesOfNone: Outcomes
    private let resolved: [DoubtResolution: MetricSample]
    private let notices: [NoticeKind: MetricSample]
    private let suppressed: [SuppressionAction: MetricSample]
    private let suppressionsAdded: (hard: MetricSample, soft: MetricSample)

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

    /// What is counted of one upstream.
    private struct UpstreamSamples: Sendable {
        let outcomes: Outcomes
        let confirmed, refuted, slowDowns: MetricSample

        init(_ store: MetricStore, _ upstream: String) {
            outcomes = Outcomes(store, upstream)
            confirmed = store.sample(.secondOpinions, upstream, "confirmed")
            refuted = store.sample(.secondOpinions, upstream, "refuted")
            slowDowns = store.sample(.slowDowns, upstream)
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
        outcomesOfNone = Outcomes(store, "none")
        self.upstreams = Mutex(
            Dictionary(upstreams.map { ($0, UpstreamSamples(store, $0)) }, uniquingKeysWith: { first, _ in first }))
        resolved = Self.samples { store.sample(.resolved, $0.rawValue) }
        notices = Self.samples { store.sample(.notices, $0.rawValue) }
        suppressed = Self.samples { store.sample(.suppressed, $0.rawValue) }
        suppressionsAdded = (
            store.sample(.suppressionsAdded, SuppressionSource.hardBounces.rawValue),
            store.sample(.suppressionsAdded, SuppressionSource.softBounces.rawValue)
        )
    }

    private static func samples<Case: CaseIterable & Hashable>(
        _ sample: (Case) -> MetricSample
    ) -> [Case: MetricSample] {
        Dictionary(uniqueKeysWithValues: Case.allCases.map { ($0, sample($0)) })
    }

    // MARK: Mail in

    package func record(_ event: IngressEvent) {
        switch event {
        case .listening, .closed, .socketIgnored: break
        case .accepted(_, _, _, let count, let size, _):
            messages.add()
            recipients.add(count)
            octets.add(size)
        case .resubmitted: resubmissions.add()
        case .refused(_, let reply, _): refusals[RefusalReason(reply: reply)]?.add()
        case .suppressed: suppressed[.refuse]?.add()
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
        case .suppressed(_, _, _, let action): suppressed[action]?.add()
        case .notice(_, _, let kind, _, _): notices[kind]?.add()
        case .inDoubt(_, let recipients, let upstream, _, _, _): self[upstream].inDoubt.add(recipients.count)
        case .secondOpinion(_, _, let upstream, _, let isConfirmed, _):
            let samples = samples(of: upstream)
            if isConfirmed { samples.confirmed.add() } else { samples.refuted.add() }
        case .circuit(let upstream, let before, let state, _, _, _):
            if before != state { store.sample(.circuitChanges, upstream, state.rawValue).add() }
        case .slowedDown(let upstream, _, _): samples(of: upstream).slowDowns.add()
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

    // MARK: Suppressions

    package func record(_ event: SuppressionEvent) {
        switch event {
        case .added(let entry, _):
            if entry.source == .softBounces { suppressionsAdded.soft.add() } else { suppressionsAdded.hard.add() }
        case .opened, .expired, .uncounted: break
        }
    }

    /// A recipient that failed without an attempt has no upstream.
    private subscript(upstream: String?) -> Outcomes {
        upstream.map { samples(of: $0).outcomes } ?? outcomesOfNone
    }

    // MARK: Reloads

    /// relay.conf has other upstreams: new ones are counted from 0. What is counted of a removed one stays while something
    /// is still in progress there.
    ///
    /// - Parameter names: of all upstreams.
    package func replace(upstreams names: [String]) {
        for name in names { _ = samples(of: name) }
    }

    /// Forgets everything about upstreams that are not among these; without any, delivery has ended, and all stay.
    func keep(upstreams names: Set<String>) {
        guard !names.isEmpty else { return }
        let gone = upstreams.withLock { upstreams in
            let gone = upstreams.keys.filter { !names.contains($0) }
            for name in gone { upstreams[name] = nil }
            return gone
        }
        for name in gone { store.removeSamples(where: "upstream", is: name) }
    }

    private func samples(of upstream: String) -> UpstreamSamples {
        upstreams.withLock { upstreams in
            if let samples = upstreams[upstream] { return samples }
            let samples = UpstreamSamples(store, upstream)
            upstreams[upstream] = samples
            return samples
        }
    }
}
