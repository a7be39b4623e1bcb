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
///   another mailbox too, and its mail arrives in none.
/// - Until it is clear which, the verdict stays as it was.
///
/// What is kept is bounded: ``TripLane/limit`` probes under way on each path, ``ProbeMemory/limit`` behind the verdict.
package struct TripLedger: Sendable {
    private let hostname: String
    var lanes: [TripPath: TripLane] = [:]
    /// Paths to each mailbox, in order.
    private(set) var paths: [String: [TripPath]] = [:]
    var mailboxes: [String: MailboxWatch] = [:]
    /// By upstream.
    var blames: [String: UpstreamBlame] = [:]
    private var pathOfProbe: [UInt64: TripPath] = [:]
    private(set) var lastNumber: UInt64 = 0
    /// More than can be sent in the seconds that are not remembered.
    private static let unremembered: UInt64 = 1_000_000

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
        return judgeAll(now) + changeActions()
    }

    /// No number of before a restart is used again, wherever the system's clock was set.
    ///
    /// - Parameters:
    ///   - last: the greatest that is remembered.
    ///   - isCertain: whether none has followed.
    mutating func restore(numbersUpTo last: UInt64, isCertain: Bool) {
        let margin = isCertain ? 0 : Self.unremembered
        lastNumber = max(lastNumber, last <= .max - margin ? last + margin : last)
    }

    /// Probes from before a restart that are still under way.
    ///
    /// - Parameter isCertain: whether that is known for sure. Otherwise nobody can tell what has become of those that are
    ///   not seen again.
    package mutating func restore(_ records: [ProbeRecord], isCertain: Bool = true, now: TripMoment) {
        for record in records.sorted(by: { $0.number < $1.number }) {
            lastNumber = max(lastNumber, record.number)
            guard lanes[record.path] != nil, pathOfProbe[record.number] == nil else { continue }
            var probe = record.underWay(now)
            probe.isCertain = isCertain
            lanes[record.path]?.probes.add(probe)
            pathOfProbe[record.number] = record.path
        }
    }

    /// Verdicts and blames from before a restart. An upstream that lost mail then is to blame until round trips arrive; what
    /// had been lost before counts no more.
    package mutating func restore(
        _ verdicts: [TripMemory.Verdict], _ blames: [UpstreamBlame], now: TripMoment
    ) -> [TripOrder] {
        for known in verdicts where lanes[known.path]?.verdict == nil {
            lanes[known.path]?.judged(known.verdict, cause: known.cause, at: known.since)
        }
        var orders: [TripOrder] = []
        for blame in blames where self.blames[blame.upstream] == nil {
            let paths = blame.paths.filter { lanes[$0] != nil }
            guard !paths.isEmpty else { continue }
            for path in paths { lanes[path]?.beginRecovery(since: now.steady) }
            let rest = UpstreamBlame(
                upstream: blame.upstream, action: paths.compactMap { lanes[$0]?.settings.action }.max() ?? blame.action,
                cause: blame.cause, since: blame.since, paths: paths)
            self.blames[blame.upstream] = rest
            orders.append(.blame(rest))
        }
        return orders
    }

    /// Probes under way, to be restored after a restart.
    package func records(now: TripMoment) -> [ProbeRecord] {
        lanes.keys.sorted().flatMap { path in lanes[path]?.probes.all.map { ProbeRecord($0, path, now) } ?? [] }
    }

    // MARK: - On its way

    /// A probe is about to be accepted by the relay.
    ///
    /// - Returns: its token; nil if too many are under way, or if there is no such path. Then the probe that the
    ///   schedule has begun has ended.
    package mutating func begin(_ path: TripPath, now: TripMoment) -> (token: ProbeToken, orders: [TripOrder])? {
        guard let lane = lanes[path], let watch = mailboxes[path.mailbox],
            lane.probes.count < (watch.unreachable == nil ? TripLane.limit : TripLane.blindLimit)
        else { return nil }
        let number = max(lastNumber + 1, UInt64(max(0, now.wall.milliseconds)))
        guard let token = ProbeToken(path, sentAt: now.wall, number: number) else { return nil }
        lastNumber = number
        pathOfProbe[number] = path
        lanes[path]?.probes.add(ProbeUnderWay(number: number, sentAt: now.wall, acceptedAt: now.steady))
        return (token, [.count(TripFact(path: path, sentAt: now.wall, kind: .sent))])
    }

    /// The relay has begun to hand a probe to an upstream; the last time counts.
    package mutating func handedOver(_ number: UInt64, now: TripMoment) {
        guard let path = pathOfProbe[number] else { return }
        lanes[path]?.probes.handedOver(number, now.steady)
    }

    /// An upstream has said 250.
    ///
    /// - Parameter upstream: which one, also for a probe that goes as routed.
    package mutating func took(_ number: UInt64, by upstream: String?, now: TripMoment) -> [TripOrder] {
        guard let path = pathOfProbe[number] else { return [] }
        lanes[path]?.took(number, upstream, now.steady)
        return judge(path.mailbox, now)
    }

    /// Whether no upstream has taken a probe, and it is under way.
    func isWaiting(_ number: UInt64) -> Bool {
        pathOfProbe[number].flatMap { lanes[$0] }?.probes.isWaiting(number) ?? false
    }

    /// Whether a probe to this mailbox is under way.
    func awaits(_ mailbox: String) -> Bool {
        (paths[mailbox] ?? []).contains { lanes[$0].map { $0.probes.count > 0 } ?? false }
    }

    /// The upstream has refused a probe for good, or it has expired.
    ///
    /// - Parameter reply: the last reply or error, for people.
    package mutating func failed(_ number: UInt64, reply: String? = nil, now: TripMoment) -> [TripOrder] {
        guard let (path, probe) = remove(number) else { return [] }
        return fail(path, probe, reply) + judge(path.mailbox, now)
    }

    /// A probe is gone for a reason that says nothing about anybody, such as an operator's order.
    package mutating func withdrawn(_ number: UInt64) -> [TripOrder] {
        guard let (path, probe) = remove(number) else { return [] }
        return forget(path, probe)
    }

    private mutating func remove(_ number: UInt64) -> (TripPath, ProbeUnderWay)? {
        guard let path = pathOfProbe.removeValue(forKey: number), let probe = lanes[path]?.probes.remove(number) else {
            return nil
        }
        return (path, probe)
    }

    private mutating func fail(_ path: TripPath, _ probe: ProbeUnderWay, _ reply: String? = nil) -> [TripOrder] {
        lanes[path]?.failed(probe, reply)
        return [.count(TripFact(path: path, sentAt: probe.sentAt, kind: .failed))]
    }

    private mutating func forget(_ path: TripPath, _ probe: ProbeUnderWay) -> [TripOrder] {
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
        if let (_, probe) = remove(number) { return arrived(sighting, probe, now) }
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
        mailboxes[path.mailbox]?.received(tookAt)
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
        return settle(mailbox, now) + judge(mailbox, now)
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
    private mutating func settle(_ mailbox: String, _ now: TripMoment) -> [TripOrder] {
        guard let watch = mailboxes[mailbox] else { return [] }
        var orders: [TripOrder] = []
        for path in paths[mailbox] ?? [] {
            for probe in lanes[path]?.removeLost(watch) ?? [] {
                guard probe.isCertain else {
                    pathOfProbe[probe.number] = nil
                    orders += forget(path, probe)
                    continue
                }
                let tookAt = probe.tookAt ?? now.steady
                let isSilent = watch.wasSilent(tookAt)
                pathOfProbe[probe.number] = nil
                lanes[path]?.lost(probe, tookAt: tookAt, isCounted: !isSilent)
                orders.append(
                    .count(TripFact(path: path, sentAt: probe.sentAt, kind: isSilent ? .unjudged : .missing)))
            }
        }
        return orders
    }

    // MARK: - Time

    /// When ``deadlineReached(now:)`` has something to do, by the steady clock; nil while nothing is under way.
    package var nextDeadline: Timestamp? {
        lanes.values.compactMap { lane in mailboxes[lane.path.mailbox].flatMap(lane.due) }.min()
    }

    /// Time has passed.
    package mutating func deadlineReached(now: TripMoment) -> [TripOrder] {
        var orders: [TripOrder] = []
        for path in lanes.keys.sorted() {
            for probe in lanes[path]?.removeForgotten(now.steady) ?? [] {
                pathOfProbe[probe.number] = nil
                orders += forget(path, probe)
            }
            for probe in lanes[path]?.removeFailed(now.steady) ?? [] {
                pathOfProbe[probe.number] = nil
                orders += (probe.isCertain ? fail(path, probe) : forget(path, probe))
                orders.append(.withdraw(number: probe.number))
            }
            guard let watch = mailboxes[path.mailbox], let due = lanes[path]?.lookDue(watch), due <= now.steady else {
                continue
            }
            mailboxes[path.mailbox]?.askedForLook()
            orders.append(.look(mailbox: path.mailbox))
        }
        return orders + judgeAll(now)
    }

    private mutating func judgeAll(_ now: TripMoment) -> [TripOrder] {
        paths.keys.sorted().flatMap { judge($0, now, withBlames: false) } + judgeUpstreams(now)
    }
}
