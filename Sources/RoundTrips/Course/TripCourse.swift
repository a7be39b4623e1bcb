package import Mail

/// All round trips of a relay, from the schedule to what follows: a value without IO or a clock.
///
/// It joins the ``TripSchedule``, which says when probes go, the ``TripLedger``, which knows what becomes of them, and the
/// ``TripHistory``.
package struct TripCourse: Sendable {
    private var schedule = TripSchedule()
    private var ledger: TripLedger
    package private(set) var history: TripHistory
    private let key: ProbeKey
    /// What was known before a restart of paths that relay.conf had not named yet.
    private var memory: TripMemory
    private var lastSent: [TripPath: Timestamp]

    /// - Parameters:
    ///   - hostname: the relay's, as in its own `Received` field.
    ///   - memory: from before a restart.
    package init(
        hostname: String, key: ProbeKey, history: TripHistory = TripHistory(), memory: TripMemory = TripMemory()
    ) {
        ledger = TripLedger(hostname: hostname)
        self.key = key
        self.history = history
        self.memory = memory
        lastSent = memory.lastSent
    }

    // MARK: - Settings

    /// Other round trips apply. What is known of a path that stays is kept.
    package mutating func replace(_ plans: [TripPlan], now: TripMoment) -> [TripStep] {
        let settings = plans.flatMap { plan in plan.paths.map { ($0, plan.settings) } }
        let orders = ledger.replace(Dictionary(settings) { first, _ in first }, now: now)
        let last = lastSent.mapValues { now.steady(of: $0) }
        schedule.replace(settings.map { ($0.0, $0.1.every) }, lastSent: last, now: now.steady)
        lastSent = lastSent.filter { path, _ in settings.contains { $0.0 == path } }
        return run(orders, now) + restore(now) + endIncidents(now)
    }

    /// What relay.conf does not name any more has no trouble.
    private mutating func endIncidents(_ now: TripMoment) -> [TripStep] {
        let named = Set(ledger.standings.map(\.path))
        let changes = history.troubled.filter { !named.contains($0) }.map {
            TripOrder.changed(
                TripChange(path: $0, from: nil, to: .ok, cause: "relay.conf does not name it any more", at: now.wall))
        }
        return run(changes, now)
    }

    private mutating func restore(_ now: TripMoment) -> [TripStep] {
        guard memory != TripMemory() else { return [] }
        defer { memory = TripMemory() }
        ledger.restore(numbersUpTo: memory.lastNumber, isCertain: memory.isLast)
        ledger.restore(memory.probes, isCertain: memory.isLast, now: now)
        for standing in ledger.standings where standing.underWay > 0 {
            schedule.resume(standing.path, underWay: standing.underWay)
        }
        return run(ledger.restore(memory.verdicts, memory.blames, now: now), now)
    }

    // MARK: - Time

    /// When ``advance(now:jitter:)`` has something to do, by the steady clock; nil for never.
    package mutating func nextDeadline(now: Timestamp) -> Timestamp? {
        [ledger.nextDeadline, schedule.next(now: now)].compactMap { $0 }.min()
    }

    /// Time has passed.
    ///
    /// - Parameters:
    ///   - jitter: -1 to 1, a new one each time.
    ///   - mayGo: whether a probe may go now; not through an upstream that an operator has taken out of use.
    package mutating func advance(
        now: TripMoment, jitter: () -> Double, where mayGo: (TripPath) -> Bool = { _ in true }
    ) -> [TripStep] {
        var steps = run(ledger.deadlineReached(now: now), now)
        while let path = schedule.begin(now: now.steady, jitter: jitter()) {
            guard mayGo(path), let (token, orders) = ledger.begin(path, now: now) else {
                schedule.ended(path)
                continue
            }
            lastSent[path] = now.wall
            steps += run(orders, now) + [.send(token)]
        }
        return steps
    }

    /// An operator wants a probe now.
    ///
    /// - Returns: whether there is such a path.
    package mutating func request(_ path: TripPath) -> Bool { schedule.request(path) }

    /// When the last probe of a path was sent.
    package func lastSent(_ path: TripPath) -> Timestamp? { lastSent[path] }

    // MARK: - On its way

    /// The spool refused a probe. This blames neither the upstream nor the mailbox.
    package mutating func notSent(_ number: UInt64, now: TripMoment) -> [TripStep] { dropped(number, now: now) }

    /// The relay has begun to hand a probe to an upstream.
    package mutating func handedOver(_ number: UInt64, now: TripMoment) { ledger.handedOver(number, now: now) }

    /// An upstream has said 250.
    package mutating func took(_ number: UInt64, by upstream: String, now: TripMoment) -> [TripStep] {
        run(ledger.took(number, by: upstream, now: now), now)
    }

    /// The upstream has refused a probe for good, or it has expired.
    ///
    /// - Parameter reply: the last reply or error, for people.
    package mutating func failed(_ number: UInt64, reply: String?, now: TripMoment) -> [TripStep] {
        run(ledger.failed(number, reply: reply, now: now), now)
    }

    /// A probe has left the queue in a way that says nothing about anybody.
    package mutating func dropped(_ number: UInt64, now: TripMoment) -> [TripStep] {
        run(ledger.withdrawn(number), now)
    }

    /// Whether no upstream has taken a probe yet, and it is not given up.
    package func isWaiting(_ number: UInt64) -> Bool { ledger.isWaiting(number) }

    // MARK: - In the mailbox

    /// A message was found in a mailbox.
    ///
    /// - Parameters:
    ///   - place: which copy it is: folder, UIDVALIDITY and UID, or the unique ID of POP3.
    ///   - internalDate: nil with POP3.
    /// - Returns: whether it is a probe of this relay for this mailbox, which is deleted. Nobody else's message ever is.
    package mutating func found(
        _ header: HeaderTrace, in mailbox: String, place: String, folder: TripFolder, internalDate: Timestamp?,
        now: TripMoment
    ) -> (isOurs: Bool, steps: [TripStep]) {
        guard let token = header.token(key) else { return (false, []) }
        let sighting = TripSighting(
            token: token, mailbox: mailbox, place: place, folder: folder, trace: header, internalDate: internalDate)
        let (finding, orders) = ledger.found(sighting, now: now)
        return (finding != .foreign, run(orders, now))
    }

    /// A look into a mailbox, all folders included, has ended.
    ///
    /// - Parameter began: by the steady clock.
    package mutating func looked(_ mailbox: String, from began: Timestamp, now: TripMoment) -> [TripStep] {
        run(ledger.looked(mailbox, from: began, now: now), now)
    }

    /// A mailbox could not be looked into.
    ///
    /// - Parameter isLasting: whether trying again is no use, as with a wrong password.
    package mutating func lookFailed(
        _ mailbox: String, cause: String, isLasting: Bool, now: TripMoment
    ) -> [TripStep] {
        run(ledger.lookFailed(mailbox, cause: cause, isLasting: isLasting, now: now), now)
    }

    /// Whether a probe to this mailbox has no verdict yet.
    package func awaits(_ mailbox: String) -> Bool {
        ledger.awaits(mailbox)
    }

    // MARK: - What follows

    /// An operator has decided otherwise about an upstream.
    package mutating func pardon(_ upstream: String, now: TripMoment) -> [TripStep] {
        run(ledger.pardon(upstream, now: now), now)
    }

    private mutating func run(_ orders: [TripOrder], _ now: TripMoment) -> [TripStep] {
        orders.map { order in
            switch order {
            case .count(let fact):
                history.record(fact, now: now.wall)
                if fact.kind.endsProbe { schedule.ended(fact.path) }
                return .fact(fact)
            case .changed(let change):
                history.record(change)
                return .changed(change)
            case .mailbox(let change): return .mailbox(change)
            case .blame(let blame): return .blame(blame)
            case .acquit(let upstream, let cause): return .acquit(upstream: upstream, cause: cause)
            case .look(let mailbox): return .look(mailbox: mailbox)
            case .withdraw(let number): return .withdraw(number: number)
            }
        }
    }

    // MARK: - Telling

    /// In order of the paths.
    package var standings: [TripStanding] { ledger.standings }

    /// The same with the figures of the last 24 hours, which are summed up for it.
    package func listings(now: Timestamp) -> [TripListing] {
        ledger.standings.map { TripListing($0, history, now: now) }
    }

    /// Upstreams that lose mail now, by name.
    package var blamed: [UpstreamBlame] { ledger.blamed }

    /// What is to be known after a restart, besides the history.
    package func remembered(now: TripMoment) -> TripMemory {
        guard memory == TripMemory() else { return memory }
        let verdicts = ledger.standings.compactMap { standing in
            standing.verdict.map {
                TripMemory.Verdict(standing.path, $0, cause: standing.cause ?? "", since: standing.since ?? now.wall)
            }
        }
        var next = TripMemory(
            probes: ledger.records(now: now), blames: ledger.blamed, verdicts: verdicts, lastSent: lastSent)
        next.lastNumber = max(ledger.lastNumber, UInt64(max(0, now.wall.milliseconds)))
        return next
    }

    /// Removes from the history what is too old.
    package mutating func expire(now: Timestamp) { history.expire(now: now) }
}
