package import Mail

/// Probes from acceptance to verdict, and what follows from them: a value without IO or a clock.
///
/// A probe ends as arrived, lost, failed (no upstream took it), or unjudged (nobody can tell). It is lost when
/// `missing_after` is over since the upstream's 250 and a look into the mailbox that began after that has not found it.
/// So a mailbox that cannot be looked into loses nothing.
///
/// Verdicts are about `missing_threshold` probes in a row: one lost probe changes none. Faults are kept apart:
///
/// - All upstreams lose their mail in one mailbox: it is the mailbox.
/// - One loses it, and another's arrives (``TripWitness``): it is the upstream.
/// - One that is alone in its mailbox loses it: `missing`, but nobody is to blame, unless the same happens to it in
///   another mailbox too.
/// - Until it is clear which, the verdict stays as it was.
///
/// What is kept is bounded: ``TripLane/limit`` probes under way on each path, ``ProbeMemory/limit`` behind the verdict.
package struct TripLedger: Sendable {
    /// An unreachable mailbox is waited for this long beyond `missing_after`.
    private static let patience = Duration.seconds(7 * 86_400)

    private let hostname: String
    var lanes: [TripPath: TripLane] = [:]
    /// Paths to each mailbox, in order.
    private(set) var paths: [String: [TripPath]] = [:]
    var mailboxes: [String: MailboxWatch] = [:]
    /// By upstream.
    var blames: [String: UpstreamBlame] = [:]
    private var pathOfProbe: [UInt64: TripPath] = [:]
    private var lastNumber: UInt64 = 0

    /// - Parameter hostname: the relay's, as in its own `Received` field.
    package init(hostname: String) {
        self.hostname = hostname
    }

    // MARK: - Settings

    /// Other paths, or other settings of them, apply. What is known of a path that stays is kept.
    package mutating func replace(_ settings: [TripPath: TripSettings], now: TripMoment) -> [TripOrder] {
        lanes = lanes.filter { settings[$0.key] != nil }
        for (path, setting) in settings {
            lanes[path, default: TripLane(path, setting)].settings = setting
        }
        pathOfProbe = pathOfProbe.filter { settings[$0.value] != nil }
        paths = Dictionary(grouping: lanes.keys.sorted(), by: \.mailbox)
        mailboxes = mailboxes.filter { paths[$0.key] != nil }
        for mailbox in paths.keys where mailboxes[mailbox] == nil { mailboxes[mailbox] = MailboxWatch() }
        return judgeAll(now)
    }

    /// Probes from before a restart that are still under way.
    package mutating func restore(_ records: [ProbeRecord], now: TripMoment) {
        for record in records.sorted(by: { $0.number < $1.number }) {
            lastNumber = max(lastNumber, record.number)
            guard lanes[record.path] != nil, pathOfProbe[record.number] == nil else { continue }
            lanes[record.path]?.begin(record.underWay(now))
            pathOfProbe[record.number] = record.path
        }
    }

    /// Probes under way, to be restored after a restart.
    package func records(now: TripMoment) -> [ProbeRecord] {
        lanes.keys.sorted().flatMap { path in lanes[path]?.probes.map { ProbeRecord($0, path, now) } ?? [] }
    }

    // MARK: - On its way

    /// A probe is about to be accepted by the relay.
    ///
    /// - Returns: its token; nil if too many are under way, or if there is no such path.
    package mutating func begin(_ path: TripPath, now: TripMoment) -> (token: ProbeToken, orders: [TripOrder])? {
        guard let lane = lanes[path], let watch = mailboxes[path.mailbox],
            lane.probes.count < (watch.unreachable == nil ? TripLane.limit : TripLane.blindLimit)
        else { return nil }
        let number = max(lastNumber + 1, UInt64(max(0, now.wall.milliseconds)))
        guard let token = ProbeToken(path, sentAt: now.wall, number: number) else { return nil }
        lastNumber = number
        pathOfProbe[number] = path
        lanes[path]?.begin(ProbeUnderWay(number: number, sentAt: now.wall, acceptedAt: now.steady))
        return (token, [.count(TripFact(path: path, sentAt: now.wall, kind: .sent))])
    }

    /// The relay has begun to hand a probe to an upstream; the last time counts.
    package mutating func handedOver(_ number: UInt64, now: TripMoment) {
        guard let (path, place) = find(number) else { return }
        lanes[path]?.handedOver(place, now.steady)
    }

    /// An upstream has said 250.
    ///
    /// - Parameter upstream: which one, also for a probe that goes as routed.
    package mutating func took(_ number: UInt64, by upstream: String?, now: TripMoment) -> [TripOrder] {
        guard let (path, place) = find(number) else { return [] }
        lanes[path]?.took(place, upstream, now.steady)
        return judge(path.mailbox, now)
    }

    /// The upstream has refused a probe for good, or it has expired.
    package mutating func failed(_ number: UInt64, now: TripMoment) -> [TripOrder] {
        guard let (path, place) = find(number) else { return [] }
        return fail(path, place) + judge(path.mailbox, now)
    }

    /// A probe is gone for a reason that says nothing about anybody, such as an operator's order.
    package mutating func withdrawn(_ number: UInt64) -> [TripOrder] {
        guard let (path, place) = find(number) else { return [] }
        return forget(path, place)
    }

    private func find(_ number: UInt64) -> (TripPath, Int)? {
        guard let path = pathOfProbe[number], let place = lanes[path]?.place(of: number) else { return nil }
        return (path, place)
    }

    private mutating func remove(_ path: TripPath, _ place: Int) -> ProbeUnderWay? {
        guard let probe = lanes[path]?.remove(place) else { return nil }
        pathOfProbe[probe.number] = nil
        return probe
    }

    private mutating func fail(_ path: TripPath, _ place: Int) -> [TripOrder] {
        guard let probe = remove(path, place) else { return [] }
        lanes[path]?.failed(probe)
        return [.count(TripFact(path: path, sentAt: probe.sentAt, kind: .failed))]
    }

    private mutating func forget(_ path: TripPath, _ place: Int) -> [TripOrder] {
        guard let probe = remove(path, place) else { return [] }
        lanes[path]?.memory.add(probe.number, at: nil)
        return [.count(TripFact(path: path, sentAt: probe.sentAt, kind: .unjudged))]
    }

    // MARK: - In the mailbox

    /// A probe of this relay was found.
    package mutating func found(
        _ sighting: TripSighting, now: TripMoment
    ) -> (finding: TripFinding, orders: [TripOrder]) {
        let (path, number) = (sighting.token.path, sighting.token.number)
        guard sighting.mailbox == path.mailbox else { return (.foreign, []) }
        guard lanes[path] != nil else { return (.forgotten, []) }
        if let (path, place) = find(number), let probe = remove(path, place) { return arrived(sighting, probe, now) }
        let finding = lanes[path]?.memory.find(number, at: sighting.place) ?? .forgotten
        switch finding {
        case .arrived, .again, .forgotten, .foreign: return (finding, [])
        case .doubled: return (finding, [.count(TripFact(path: path, sentAt: sighting.token.sentAt, kind: .doubled))])
        case .returned: return (finding, [.count(TripFact(path: path, sentAt: sighting.token.sentAt, kind: .returned))])
        }
    }

    private mutating func arrived(
        _ sighting: TripSighting, _ probe: ProbeUnderWay, _ now: TripMoment
    ) -> (TripFinding, [TripOrder]) {
        let path = sighting.token.path
        let tookAt = probe.tookAt ?? now.steady
        let absent = mailboxes[path.mailbox]?.lookedAt.flatMap { $0 >= tookAt ? now.wall(of: $0) : nil }
        let bounds = TripBounds(
            acceptedAt: now.wall(of: probe.acceptedAt),
            handedOverAt: now.wall(of: probe.handedOverAt ?? probe.acceptedAt), tookAt: now.wall(of: tookAt),
            absentAt: absent, seenAt: now.wall)
        let times = TripTimes(sighting.trace, internalDate: sighting.internalDate, bounds, hostname: hostname)
        let isLate = times.arrivedAt - bounds.tookAt > lanes[path]?.settings.lateAfter ?? .zero
        lanes[path]?.arrived(
            probe, isLate: isLate, total: times.arrivedAt - bounds.acceptedAt, at: sighting.place, now.steady)
        mailboxes[path.mailbox]?.isSilent = false
        let arrival = TripArrival(
            folder: sighting.folder, isLate: isLate, times: times, authentication: sighting.trace.authentication)
        let fact = TripFact(path: path, sentAt: probe.sentAt, kind: .arrived(arrival))
        return (.arrived(isLate: isLate), [.count(fact)] + judge(path.mailbox, now))
    }

    /// A look into a mailbox has ended, all folders included, and what it found has been reported.
    ///
    /// - Parameter began: by the steady clock: what it did not find was not there then.
    package mutating func looked(_ mailbox: String, from began: Timestamp, now: TripMoment) -> [TripOrder] {
        guard mailboxes[mailbox] != nil else { return [] }
        mailboxes[mailbox]?.looked(from: min(began, now.steady))
        return settle(mailbox) + judge(mailbox, now)
    }

    /// A mailbox could not be looked into.
    ///
    /// - Parameters:
    ///   - cause: for people.
    ///   - isLasting: whether trying again is no use, as with a wrong password; otherwise one failure is none.
    package mutating func lookFailed(
        _ mailbox: String, cause: String, isLasting: Bool, now: TripMoment
    ) -> [TripOrder] {
        guard mailboxes[mailbox] != nil else { return [] }
        mailboxes[mailbox]?.failed(cause, isLasting: isLasting, now.steady)
        return judge(mailbox, now)
    }

    /// Ends the probes that the last look has proved to be lost.
    private mutating func settle(_ mailbox: String) -> [TripOrder] {
        guard let watch = mailboxes[mailbox] else { return [] }
        var orders: [TripOrder] = []
        for path in paths[mailbox] ?? [] {
            guard let lane = lanes[path] else { continue }
            for probe in lane.probes {
                guard let tookAt = probe.tookAt, watch.hasLooked(since: tookAt + lane.settings.missingAfter),
                    let (path, place) = find(probe.number), remove(path, place) != nil
                else { continue }
                lanes[path]?.lost(probe, tookAt: tookAt, isCounted: !watch.isSilent)
                let kind = watch.isSilent ? TripFact.Kind.unjudged : .missing
                orders.append(.count(TripFact(path: path, sentAt: probe.sentAt, kind: kind)))
            }
        }
        return orders
    }

    // MARK: - Time

    /// When ``deadlineReached(now:)`` has something to do, by the steady clock; nil while nothing is under way.
    package var nextDeadline: Timestamp? {
        lanes.values.compactMap { lane in
            guard let watch = mailboxes[lane.path.mailbox] else { return nil }
            return lane.probes.compactMap { due($0, lane.settings, watch) }.min()
        }.min()
    }

    private func due(_ probe: ProbeUnderWay, _ settings: TripSettings, _ watch: MailboxWatch) -> Timestamp? {
        guard let tookAt = probe.tookAt else { return probe.acceptedAt + settings.missingAfter }
        let end = tookAt + settings.missingAfter + Self.patience
        return lookDue(probe, settings, watch).map { min($0, end) } ?? end
    }

    /// When a look is to be asked for because of a probe: when it becomes late, and when it becomes lost.
    private func lookDue(_ probe: ProbeUnderWay, _ settings: TripSettings, _ watch: MailboxWatch) -> Timestamp? {
        guard let tookAt = probe.tookAt else { return nil }
        let late = tookAt + settings.lateAfter
        return watch.lookDue(from: watch.hasLooked(since: late) ? tookAt + settings.missingAfter : late)
    }

    /// Time has passed.
    package mutating func deadlineReached(now: TripMoment) -> [TripOrder] {
        var orders: [TripOrder] = []
        for path in lanes.keys.sorted() {
            guard let lane = lanes[path], let watch = mailboxes[path.mailbox] else { continue }
            var isLookDue = false
            for probe in lane.probes {
                if let tookAt = probe.tookAt {
                    isLookDue = isLookDue || lookDue(probe, lane.settings, watch).map { $0 <= now.steady } ?? false
                    guard tookAt + lane.settings.missingAfter + Self.patience <= now.steady else { continue }
                    orders += find(probe.number).map { forget($0.0, $0.1) } ?? []
                } else if probe.acceptedAt + lane.settings.missingAfter <= now.steady {
                    orders += find(probe.number).map { fail($0.0, $0.1) } ?? []
                    orders.append(.withdraw(number: probe.number))
                }
            }
            guard isLookDue else { continue }
            mailboxes[path.mailbox]?.askedForLook()
            orders.append(.look(mailbox: path.mailbox))
        }
        return orders + judgeAll(now)
    }

    private mutating func judgeAll(_ now: TripMoment) -> [TripOrder] {
        paths.keys.sorted().flatMap { judge($0, now, withBlames: false) } + judgeUpstreams(now)
    }
}
