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
    private let suspicions: [UserHabit.Cause: MetricSample]
    private let handshakes: [TLSOutcome: MetricSample]
    private let deliveriesPaused: MetricSample
    private let failures: [FailureClass: MetricSample]
    private let reloads: (good: MetricSample, bad: MetricSample)
    /// By name, of upstreams that there are.
    private let upstreams: Mutex<Upstreams>
    private let outcomesOfNone: OutcomeSamples
    /// Names of routes in relay.conf.
    private let routes = Mutex<Set<String>>([])
    private let resolved: [DoubtResolution: MetricSample]
    private let notices: [NoticeKind: MetricSample]
    private let suppressed: [SuppressionAction: MetricSample]
    private let streamPauses: [StreamPause.Author: MetricSample]
    private let suppressionsAdded: (hard: MetricSample, soft: MetricSample)
    /// Whether there has been a connection to a database.
    let hasDatabase = Atomic<Bool>(false)

    private struct Upstreams {
        var samples: [String: UpstreamSamples]
        /// Those in relay.conf.
        var named: Set<String>
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
        suspicions = Self.samples { store.sample(.suspicions, $0.rawValue) }
        handshakes = Self.samples { store.sample(.handshakes, $0.rawValue) }
        deliveriesPaused = store.sample(.deliveriesPaused)
        failures = Self.samples { store.sample(.failures, $0.rawValue) }
        reloads = (store.sample(.reloads, "good"), store.sample(.reloads, "bad"))
        outcomesOfNone = OutcomeSamples(store, "none")
        let samples = upstreams.map { ($0, UpstreamSamples(store, $0)) }
        self.upstreams = Mutex(
            Upstreams(
                samples: Dictionary(samples, uniquingKeysWith: { first, _ in first }), named: Set(upstreams)))
        resolved = Self.samples { store.sample(.resolved, $0.rawValue) }
        notices = Dictionary(
            uniqueKeysWithValues: NoticeKind.aboutMail.map { ($0, store.sample(.notices, $0.rawValue)) })
        suppressed = Self.samples { store.sample(.suppressed, $0.rawValue) }
        streamPauses = Self.samples { store.sample(.streamPauses, $0.rawValue) }
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
        case .accepted(_, _, _, let count, let size, _, _):
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
        case .userSuspected(_, let cause, _, _, _):
            suspicions[cause]?.add()
        case .userTrusted: break
        case .loginFailed(_, _, let isLockedOut):
            logins.bad.add()
            if isLockedOut { lockouts.add() }
        case .encrypted(let version): handshakes[TLSOutcome(version: version)]?.add()
        case .encryptionFailed: handshakes[.failed]?.add()
        case .reloaded, .reloadFailed: break
        }
    }

    // MARK: Mail out

    package func record(_ event: DeliveryEvent) {
        switch event {
        case .delivered(_, let recipients, let upstream, _, _, _, _, _): self[upstream].delivered.add(recipients.count)
        case .deferred(_, let recipients, let upstream, _, _, _, _, _): self[upstream].deferred.add(recipients.count)
        case .failed(_, let recipients, let upstream, _, _, let failureClass, _):
            self[upstream].failed.add(recipients.count)
            failures[failureClass]?.add(recipients.count)
        case .suppressed(_, _, _, let action): suppressed[action]?.add()
        case .notice(_, _, let kind, _, _): notices[kind]?.add()
        case .inDoubt(_, let recipients, let upstream, _, _, _): self[upstream].inDoubt.add(recipients.count)
        case .secondOpinion(_, _, let upstream, _, let isConfirmed, _):
            let samples = samples(of: upstream)
            if isConfirmed { samples.confirmed.add() } else { samples.refuted.add() }
        case .circuit(let upstream, let before, let state, _, _, _):
            if before != state { samples(of: upstream).circuitChanges[state]?.add() }
        case .slowedDown(let upstream, _, _): samples(of: upstream).slowDowns.add()
        case .paceLowered(let pace, _, _, _): store.sample(.paceSlowDowns, pace).add()
        case .resolved(_, let recipients, let resolution):
            resolved[DoubtResolution(rawValue: resolution) ?? .other]?.add(recipients.count)
        case .stream(_, .paused(let pause)): streamPauses[pause.author]?.add()
        case .paceRestored, .stream, .habit, .probe, .tokenRenewed, .tokenFailed, .addressFailed, .addressRecovered,
            .upstreamControl, .clockStepped, .connectingPaused, .connectingResumed, .quota, .quotaCorrected,
            .quotasUnwritable, .ofProbe:
            break
        case .tlsFailed(let upstream, _): samples(of: upstream).tlsFallbacks.add()
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
    private subscript(upstream: String?) -> OutcomeSamples {
        upstream.map { samples(of: $0).outcomes } ?? outcomesOfNone
    }

    // MARK: Reloads

    /// relay.conf was read again.
    package func reloaded(isGood: Bool) { (isGood ? reloads.good : reloads.bad).add() }

    /// relay.conf has other upstreams or routes: new ones are counted from 0. What is counted of a removed upstream stays
    /// while something is still in progress there; a removed route is forgotten.
    ///
    /// - Parameters:
    ///   - names: of all upstreams.
    ///   - routes: names of all routes.
    package func replace(upstreams names: [String], routes: [String]) {
        for name in names { _ = samples(of: name) }
        upstreams.withLock { $0.named = Set(names) }
        let former = self.routes.withLock { former in
            defer { former = Set(routes) }
            return former
        }
        for name in former.subtracting(routes) { store.removeSamples(where: "route", is: name) }
    }

    /// Forgets everything about upstreams that are neither in relay.conf nor among these; without any, delivery has ended,
    /// and all stay.
    func keep(upstreams names: Set<String>) {
        guard !names.isEmpty else { return }
        let gone = upstreams.withLock { upstreams in
            let gone = upstreams.samples.keys.filter { !names.contains($0) && !upstreams.named.contains($0) }
            for name in gone { upstreams.samples[name] = nil }
            return gone
        }
        for name in gone { store.removeSamples(where: "upstream", is: name) }
    }

    private func samples(of upstream: String) -> UpstreamSamples {
        upstreams.withLock { samples(of: upstream, in: &$0) }
    }

    private func samples(of upstream: String, in upstreams: inout Upstreams) -> UpstreamSamples {
        if let samples = upstreams.samples[upstream] { return samples }
        let samples = UpstreamSamples(store, upstream)
        upstreams.samples[upstream] = samples
        return samples
    }

    // MARK: Meters

    /// It is kept with the upstream, so that no scrape may forget it: relay.conf names it, or will in a moment.
    func meter(ofUpstream name: String) -> UpstreamMeter {
        upstreams.withLock { upstreams in
            upstreams.named.insert(name)
            return samples(of: name, in: &upstreams).meter
        }
    }

    /// Likewise.
    func meter(ofRoute name: String) -> RouteMeter {
        routes.withLock { _ = $0.insert(name) }
        return RouteMeter(wait: store.histogram(.waitTime, name), acceptToTaken: store.histogram(.acceptToTaken, name))
    }
}
