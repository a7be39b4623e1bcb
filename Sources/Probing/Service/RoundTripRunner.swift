internal import Mail
internal import NIOCore
internal import RoundTrips

/// Carries out what the course of round trips says. Confined to an event loop that is not the mail's.
final class RoundTripRunner {
    /// How long what has changed may be unsaved: the state, which is small, and the history.
    private static let (stateDelay, historyDelay) = (Duration.seconds(5), Duration.seconds(300))

    private let eventLoop: any EventLoop
    private let means: RoundTripMeans
    private var course: TripCourse
    private var trips: [RoundTripSettings] = []
    private var lookers: [String: Looker] = [:]
    /// Upstreams that operators have taken out of use.
    private var outOfUse: Set<String> = []
    private var alarm: Scheduled<Void>?
    private var stateSavedAt: Timestamp
    private var historySavedAt: Timestamp
    private var hasNewState = false
    private var hasNewHistory = false
    private var isStopped = false

    private struct Looker {
        var account: MailboxAccount
        let looker: any MailboxLooker
        var isExpecting = false
    }

    init(_ eventLoop: any EventLoop, _ means: RoundTripMeans) {
        self.eventLoop = eventLoop
        self.means = means
        course = TripCourse(
            hostname: means.hostname(), key: means.key, history: means.store.history(), memory: means.store.memory())
        (stateSavedAt, historySavedAt) = (means.now().steady, means.now().steady)
    }

    // MARK: - Settings

    /// - Parameter upstreams: names, as in relay.conf.
    func replace(_ trips: [RoundTripSettings], upstreams: [String]) {
        guard !isStopped else { return }
        self.trips = trips
        let plans = trips.map { TripPlan($0.trip, $0.paths(upstreams)) }
        carryOut(course.replace(plans, now: means.now()))
        replaceLookers()
        settle()
    }

    private func replaceLookers() {
        let accounts = Dictionary(trips.map { ($0.recipient.text, $0.mailbox) }) { first, _ in first }
        for (mailbox, known) in lookers where accounts[mailbox] == nil {
            known.looker.stop()
            lookers[mailbox] = nil
        }
        for (mailbox, account) in accounts {
            if let known = lookers[mailbox] {
                guard known.account != account else { continue }
                lookers[mailbox]?.account = account
                known.looker.replace(account)
            } else {
                lookers[mailbox] = Looker(
                    account: account, looker: means.makeLooker(account, eventLoop, reader(of: mailbox)))
            }
        }
    }

    private func reader(of mailbox: String) -> MailboxReader {
        MailboxReader(
            found: { [weak self] message in self?.found(message, in: mailbox) ?? false },
            looked: { [weak self] began in
                self?.hear { course, now in course.looked(mailbox, from: began, now: now) }
            },
            failed: { [weak self] cause, isLasting in
                self?.hear { course, now in
                    course.lookFailed(mailbox, cause: cause, isLasting: isLasting, now: now)
                }
            })
    }

    func setOutOfUse(_ names: Set<String>) { outOfUse = names }

    // MARK: - What is heard

    func heard(_ note: ProbeNote) {
        hear { course, now in
            switch note {
            case .handedOver(let number):
                course.handedOver(number, now: now)
                return []
            case .took(let number, let upstream): return course.took(number, by: upstream, now: now)
            case .failed(let number): return course.failed(number, now: now)
            case .dropped(let number): return course.dropped(number, now: now)
            }
        }
    }

    private func found(_ message: FoundMessage, in mailbox: String) -> Bool {
        guard !isStopped else { return false }
        let (isOurs, steps) = course.found(
            message.header, in: mailbox, place: message.place, folder: message.folder,
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

    var listings: [TripListing] { course.listings(now: means.now().wall) }

    func report(from: Timestamp, until: Timestamp, where isWanted: (TripPath) -> Bool) -> TripReport {
        course.report(from: from, until: until, now: means.now().wall, where: isWanted)
    }

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
        let saving = [
            hasNewState ? stateSavedAt + Self.stateDelay : nil,
            hasNewHistory ? historySavedAt + Self.historyDelay : nil,
        ]
        guard let due = ([course.nextDeadline(now: now)] + saving).compactMap({ $0 }).min() else { return }
        let delay = max(.milliseconds(1), min(due - now, .seconds(3600)))
        alarm = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { [weak self] in self?.alarmed() }
    }

    private func alarmed() {
        guard !isStopped else { return }
        carryOut(
            course.advance(now: means.now(), jitter: { .random(in: -1...1) }) { path in
                path.upstream.map { !outOfUse.contains($0) } ?? true
            })
        save()
        settle()
    }

    private func save() {
        let now = means.now()
        if hasNewState, now.steady >= stateSavedAt + Self.stateDelay { saveState(now) }
        if hasNewHistory, now.steady >= historySavedAt + Self.historyDelay { saveHistory(now) }
    }

    private func saveState(_ now: TripMoment) {
        (hasNewState, stateSavedAt) = (false, now.steady)
        means.store.save(course.remembered(now: now))
    }

    private func saveHistory(_ now: TripMoment) {
        (hasNewHistory, historySavedAt) = (false, now.steady)
        course.expire(now: now.wall)
        means.store.save(course.history)
    }

    /// Nothing is sent or looked for any more; what is known is saved.
    func stop() {
        guard !isStopped else { return }
        isStopped = true
        alarm?.cancel()
        for known in lookers.values { known.looker.stop() }
        lookers = [:]
        let now = means.now()
        if hasNewState { saveState(now) }
        if hasNewHistory { saveHistory(now) }
    }

    // MARK: - Steps

    private func carryOut(_ steps: [TripStep]) {
        if !steps.isEmpty { hasNewState = true }
        for step in steps {
            switch step {
            case .send(let token): send(token)
            case .look(let mailbox): lookers[mailbox]?.looker.look()
            case .withdraw(let number): means.withdraw(number)
            case .blame(let blame): self.blame(blame)
            case .acquit(let upstream, let cause):
                means.acquit(upstream, cause)
                means.report(.acquitted(upstream: upstream, cause: cause))
                saveState(means.now())
            case .fact(let fact):
                hasNewHistory = true
                means.report(.fact(fact))
            case .changed(let change):
                hasNewHistory = true
                means.report(.changed(change))
            case .mailbox(let change): means.report(.mailbox(change))
            }
        }
    }

    private func blame(_ blame: UpstreamBlame) {
        means.blame(blame)
        means.report(.blamed(blame, applied: blame.action != .alert))
        saveState(means.now())
    }

    private func send(_ token: ProbeToken) {
        guard let trip = trips.first(where: { $0.name == token.path.trip }),
            let message = ProbeMessage(
                token, key: means.key, sender: trip.sender, recipient: trip.recipient, hostname: means.hostname())
        else { return notSent(token, "no message can be made of its addresses") }
        let mark = ProbeMark(trip: token.path.trip, upstream: token.path.upstream, number: token.number)
        let result = eventLoop.makeFutureWithTask { [means] in try await means.send(message, mark) }
        result.assumeIsolated().whenFailure { [weak self] error in self?.notSent(token, "\(error)") }
    }

    private func notSent(_ token: ProbeToken, _ reason: String) {
        means.report(.notSent(token.path, reason: reason))
        hear { course, now in course.notSent(token.number, now: now) }
    }
}
