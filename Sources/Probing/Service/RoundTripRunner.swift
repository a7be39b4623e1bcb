internal import Delivery
internal import Mail
internal import NIOCore
internal import RoundTrips

/// Carries out what the course of round trips says. Confined to an event loop that is not the mail's.
final class RoundTripRunner {
    /// How long what has changed may be unsaved.
    private static let saveDelay = Duration.seconds(5)

    private let eventLoop: any EventLoop
    private let means: RoundTripMeans
    private var course: TripCourse
    private var trips: [RoundTripSettings] = []
    private var lookers: [String: Looker] = [:]
    /// Of the probes that no upstream has taken.
    private var queueIDs: [UInt64: QueueID]
    /// Upstreams that operators have taken out of use.
    private var outOfUse: Set<String> = []
    private var alarm: Scheduled<Void>?
    private var savedAt: Timestamp
    private var hasNews = false
    /// Why the last probe could not be sent; nil if it could.
    private var lastRefusal: String?
    /// Entries of the journal that are not saved.
    private var entries: [UInt8] = []
    private var isStopped = false
    /// Whether there is something to be kept: without round trips nothing is written.
    private var isUsed: Bool

    private struct Looker {
        var account: MailboxAccount
        let looker: any MailboxLooker
        var isExpecting = false
    }

    init(_ eventLoop: any EventLoop, _ means: RoundTripMeans) {
        self.eventLoop = eventLoop
        self.means = means
        let memory = means.store.memory()
        if memory.isLast {
            var unfinished = memory
            unfinished.isLast = false
            means.store.save(unfinished)
        }
        course = TripCourse(
            hostname: means.hostname(), key: means.key, history: means.store.history(), memory: memory)
        queueIDs = memory.queueIDs
        isUsed = memory != TripMemory()
        savedAt = means.now().steady
    }

    // MARK: - Settings

    /// - Parameter upstreams: names, as in relay.conf.
    func replace(_ trips: [RoundTripSettings], upstreams: [String]) {
        guard !isStopped else { return }
        self.trips = trips
        if !trips.isEmpty { isUsed = true }
        let plans = trips.map { TripPlan($0.trip, $0.paths(upstreams)) }
        carryOut(course.replace(plans, now: means.now()))
        replaceLookers()
        settle()
    }

    private func replaceLookers() {
        let accounts = Dictionary(trips.map { ($0.recipient.text, $0.mailbox) }) { first, _ in first }
        for (mailbox, known) in lookers where accounts[mailbox] == nil {
            end(known.looker)
            lookers[mailbox] = nil
        }
        for (mailbox, account) in accounts {
            if let known = lookers[mailbox] {
                guard known.account != account else { continue }
                lookers[mailbox]?.account = account
                known.looker.replace(account)
            } else {
                let looker = means.makeLooker(account, eventLoop, owner(of: mailbox))
                lookers[mailbox] = Looker(account: account, looker: looker)
                looker.start()
            }
        }
    }

    private func owner(of mailbox: String) -> MailboxOwner {
        let bound = NIOLoopBound(Weak(runner: self), eventLoop: eventLoop)
        return MailboxOwner(
            found: { bound.value.runner?.found($0, in: mailbox) ?? false },
            looked: { began in
                bound.value.runner?.hear { course, now in course.looked(mailbox, from: began, now: now) }
            },
            failed: { cause, isLasting in
                bound.value.runner?.hear { course, now in
                    course.lookFailed(mailbox, cause: cause, isLasting: isLasting, now: now)
                }
            }, kept: { [means] in means.report(.kept(mailbox: mailbox, cause: $0)) })
    }

    private struct Weak {
        weak var runner: RoundTripRunner?
    }

    func setOutOfUse(_ names: Set<String>) { outOfUse = names }

    // MARK: - What is heard

    func heard(_ news: ProbeNews) {
        switch news {
        case .handedOver: break
        case .took(let mark, _), .failed(let mark, _, _), .dropped(let mark): queueIDs[mark.number] = nil
        }
        hear { course, now in
            switch news {
            case .handedOver(let mark):
                course.handedOver(mark.number, now: now)
                return []
            case .took(let mark, let upstream): return course.took(mark.number, by: upstream, now: now)
            case .failed(let mark, _, let reply): return course.failed(mark.number, reply: reply, now: now)
            case .dropped(let mark): return course.dropped(mark.number, now: now)
            }
        }
    }

    private func found(_ message: FoundMessage, in mailbox: String) -> Bool {
        guard !isStopped else { return false }
        let (isOurs, steps) = course.found(
            HeaderTrace(parsing: message.header), in: mailbox, place: message.place, folder: message.folder,
            internalDate: message.internalDate, now: means.now())
        carryOut(steps)
        settle()
        return isOurs
    }

    func pardon(_ upstream: String) {
        hear { course, now in course.pardon(upstream, now: now) }
    }

    private func hear(_ change: (inout TripCourse, TripMoment) -> [TripStep]) {
        guard !isStopped else { return }
        carryOut(change(&course, means.now()))
        settle()
    }

    // MARK: - Orders

    /// - Returns: whether there is such a path.
    func request(_ path: TripPath) -> Bool {
        guard !isStopped, course.request(path) else { return false }
        if let upstream = path.upstream, outOfUse.contains(upstream) {
            means.report(.notSent(path, reason: "\(upstream) is out of use, by an operator's order"))
        }
        settle()
        return true
    }

    var standings: [TripStanding] { course.standings }

    var listings: [TripListing] { course.listings(now: means.now().wall) }

    var history: TripHistory { course.history }
    /// By the system's clock.
    var now: Timestamp { means.now().wall }

    // MARK: - Time

    /// After each event: looks where something is expected, saves what has changed, and waits for the next deadline.
    private func settle() {
        for (mailbox, known) in lookers {
            let isExpecting = course.awaits(mailbox)
            guard isExpecting != known.isExpecting else { continue }
            lookers[mailbox]?.isExpecting = isExpecting
            known.looker.expect(isExpecting)
        }
        rearm()
    }

    private func rearm() {
        alarm?.cancel()
        alarm = nil
        guard !isStopped else { return }
        let now = means.now().steady
        let saving = hasNews ? savedAt + Self.saveDelay : nil
        guard let due = [course.nextDeadline(now: now), saving].compactMap({ $0 }).min() else { return }
        let delay = max(.milliseconds(1), min(due - now, .seconds(3600)))
        alarm = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { [weak self] in self?.alarmed() }
    }

    private func alarmed() {
        guard !isStopped else { return }
        carryOut(
            course.advance(now: means.now(), jitter: { .random(in: -1...1) }) { path in
                path.upstream.map { !outOfUse.contains($0) } ?? true
            })
        saveIfDue()
        settle()
    }

    private func saveIfDue() {
        let now = means.now()
        if hasNews, now.steady >= savedAt + Self.saveDelay { save(now) }
    }

    /// - Parameter isLast: whether nothing happens any more.
    private func save(_ now: TripMoment, isLast: Bool = false) {
        (hasNews, savedAt) = (false, now.steady)
        var memory = course.remembered(now: now)
        memory.queueIDs = queueIDs
        memory.isLast = isLast
        means.store.save(memory)
        guard !entries.isEmpty else { return }
        means.store.append(entries)
        entries = []
        guard means.store.needsHistory else { return }
        course.expire(now: now.wall)
        means.store.save(course.history)
    }

    /// Nobody waits for the end of its session.
    private func end(_ looker: any MailboxLooker) { Task { await looker.stop() } }

    /// Nothing is sent or looked for any more; what is known is saved.
    ///
    /// - Returns: those that still have to end their sessions.
    func stop() -> [any MailboxLooker] {
        guard !isStopped else { return [] }
        isStopped = true
        alarm?.cancel()
        defer { lookers = [:] }
        if isUsed { save(means.now(), isLast: true) }
        return lookers.values.map(\.looker)
    }

    // MARK: - Steps

    private func carryOut(_ steps: [TripStep]) {
        if !steps.isEmpty { hasNews = true }
        // A relay that dies now must not begin with what is over.
        var isUrgent = false
        defer { if isUrgent { save(means.now()) } }
        for step in steps {
            switch step {
            case .send(let token): send(token)
            case .look(let mailbox): lookers[mailbox]?.looker.look()
            case .withdraw(let number):
                if let id = queueIDs.removeValue(forKey: number) { means.withdraw(id) }
            case .blame(let blame):
                means.blame(blame)
                means.report(.blamed(blame, applied: blame.action != .alert))
                isUrgent = true
            case .acquit(let upstream, let cause):
                means.acquit(upstream, cause)
                means.report(.acquitted(upstream: upstream, cause: cause))
                isUrgent = true
            case .fact(let fact):
                entries += TripJournal.entry(fact, now: means.now().wall)
                means.report(.fact(fact))
            case .changed(let change):
                entries += TripJournal.entry(change)
                means.report(.changed(change))
                isUrgent = true
            case .mailbox(let change): means.report(.mailbox(change))
            }
        }
    }

    private func send(_ token: ProbeToken) {
        guard let trip = trips.first(where: { $0.name == token.path.trip }),
            let message = ProbeMessage(
                token, key: means.key, sender: trip.sender, recipient: trip.recipient, hostname: means.hostname())
        else { return notSent(token, "no message can be made of its addresses") }
        let mark = ProbeMark(trip: token.path.trip, upstream: token.path.upstream, number: token.number)
        let result = eventLoop.makeFutureWithTask { [means] in try await means.send(message, mark) }
        result.assumeIsolated().whenComplete { [weak self] result in
            switch result {
            case .success(let id):
                self?.accepted(token.number, id)
                self?.lastRefusal = nil
            case .failure(let error): self?.notSent(token, "\(error)")
            }
        }
    }

    /// The spool has a probe; an upstream may have taken it by now.
    private func accepted(_ number: UInt64, _ id: QueueID) {
        if course.isWaiting(number) { queueIDs[number] = id }
    }

    private func notSent(_ token: ProbeToken, _ reason: String) {
        means.report(
            .notSent(token.path, sentAt: token.sentAt, reason: reason, isRepeated: reason == lastRefusal))
        lastRefusal = reason
        hear { course, now in course.notSent(token.number, now: now) }
    }
}
