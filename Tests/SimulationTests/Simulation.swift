import Ingress
import Mail
import NIOCore
import OAuth
import Spool
import Suppression
import Synchronization
import TestKit
import Upstreams

@testable import Delivery

/// One run: a relay with several lives, its disk, the servers, and virtual time.
final class Simulation {
    /// Everything belonging to one life of the relay.
    struct Life {
        let loop: SimulatedLoop
        let spool: SimulatedSpool
        let connector: SimulatedConnector
        let dispatcher: Dispatcher
        let ingress: SpoolPort
        let began: Int64
    }

    /// A circuit transition, as reported by the relay.
    struct Change {
        let at: Timestamp
        let upstream: String
        let from: CircuitState
        let to: CircuitState
        let share: Double
        let cause: String
    }

    /// The routes of now, with upstreams by their place in the plan.
    private final class Table: Sendable {
        private let present: Mutex<RouteTable>

        init(_ routes: RouteTable) { present = Mutex(routes) }

        var routes: RouteTable { present.withLock { $0 } }

        func replace(_ routes: RouteTable) { present.withLock { $0 = routes } }
    }

    static let epoch = Timestamp(milliseconds: 1_800_000_000_000)

    let plan: Plan
    let timeline = Timeline()
    let trace: Trace
    let oracle: Oracle
    let disk: SimulatedDisk
    /// Tells applications what has become of their mail.
    let courier: SimulatedCourier
    let upstreams: [SimulatedUpstream]
    let chance: Chance
    /// As relay.conf is now.
    private(set) var settings: DeliverySettings
    private let table: Table
    /// The longest that any settings so far have needed.
    private var patience: Duration
    private var reloadedAt: Int64?
    private(set) var life: Life?
    /// Whom no mail goes to; nil where nobody is suppressed.
    private(set) var suppressions: SimulatedSuppressions?
    /// Who sends more than usual; nil where nobody is guarded.
    private(set) var guardian: SimulatedGuard?
    /// Probes, and the mailboxes that they go to; nil without round trips.
    private(set) var trips: SimulatedTrips?
    /// Where the relay gets the tokens of the first upstream's account; nil if that has none.
    let tokens: SimulatedTokens?
    /// Submissions that found no relay.
    var missed: [Plan.Submission] = []
    private(set) var crashes = 0
    private(set) var changes: [Change] = []
    /// Steps from the first submission until nothing was unfinished, or all was well.
    private(set) var stepsWithMail = 0
    private var stepsToCrash: (left: Int, isPowerCut: Bool, downtime: Duration)?
    private var diskSoundSince: Int64 = 0
    private var mismatches = 0
    /// When operators last gave an order to an upstream.
    private var steeredAt: [Int: Timestamp] = [:]
    /// Nobody hears what the relay says in the end.
    private var isDying = false
    /// How far the system's clock is ahead of the time that has passed.
    private(set) var lead = Duration.zero

    init(_ plan: Plan, chance: Chance, isTraced: Bool = false) {
        self.plan = plan
        self.chance = chance
        self.settings = plan.settings
        self.patience = plan.patience
        let timeline = timeline
        let trace = Trace(timeline, isKept: isTraced)
        self.trace = trace
        let policies = zip(plan.settings.upstreams, plan.natures).map {
            Oracle.Policy(name: $0.name, inDoubt: $0.inDoubt, hold: $0.inDoubtHold, reports: $1.reports)
        }
        let secrets = Secrets(plan.natures.compactMap(\.secret))
        let oracle = Oracle(policies, plan.settings, secrets: secrets) {
            Self.epoch + .nanoseconds(timeline.now)
        }
        self.oracle = oracle
        let table = Table(plan.settings.routeTable)
        self.table = table
        oracle.candidates = { [names = plan.natures.map(\.name)] message in
            if let pin = message.probe?.upstream {
                return message.recipients.map { _ in names.firstIndex(of: pin).map { [$0] } ?? [] }
            }
            let routes = table.routes
            return message.recipients.map { recipient in
                routes.routes[routes.route(of: message.routingSubject, recipient: recipient.address.text)].candidates
            }
        }
        disk = SimulatedDisk(oracle, SimulatedHistory { Self.place(of: $0, in: $1, table.routes) })
        courier = SimulatedCourier(disk.outbox, Chance(UInt64(plan.submissions.count << 16 + plan.events.count)))
        upstreams = plan.natures.enumerated().map {
            SimulatedUpstream($0, $1, timeline, oracle, chance, trace)
        }
        tokens = plan.natures.first?.hasTokens ?? false ? SimulatedTokens(timeline, trace, oracle) : nil
        upstreams.first?.tokens = tokens
        oracle.isBlameless = { [unowned self] in isBlameless($0, since: $1) }
        oracle.isUntroubled = { [unowned self] in
            crashes == 0 && reloadedAt == nil && !disk.isFull && changes.isEmpty
                && upstreams.allSatisfy { $0.troubledAt == .min && $0.nature.habits.areNone }
        }
    }

    convenience init(seed: UInt64, isTraced: Bool = false) {
        let chance = Chance(seed)
        self.init(Plan(chance).alternating(seed), chance: chance, isTraced: isTraced)
    }

    /// Call it before ``run()``.
    func suppress(_ settings: SuppressionSettings, _ chance: Chance) {
        let suppressions = SimulatedSuppressions(settings, (timeline, oracle, trace), chance)
        self.suppressions = suppressions
        for upstream in upstreams { upstream.suppressions = suppressions }
    }

    /// Call it before ``run()``.
    ///
    /// - Parameters:
    ///   - innocent: users who do nothing unusual.
    ///   - habits: what is usual for each of them.
    func guardUsers(_ modes: [String: GuardMode], innocent: Set<String>, habits: [String: UserHabit]) {
        guardian = SimulatedGuard(modes, innocent: innocent, habits: habits, (timeline, oracle, trace))
        lookAfterUsers()
    }

    /// Call it before ``run()``.
    func travel(_ plan: PlannedTrips, _ chance: Chance) {
        let trips = SimulatedTrips(plan, self, chance)
        self.trips = trips
        for (index, upstream) in upstreams.enumerated() {
            upstream.passesOn = { [unowned trips] in trips.taken($0, by: index) }
        }
        oracle.hasDotted = { [unowned trips] in trips.dotted($0, $1) }
        trips.arrange()
    }

    private func lookAfterUsers() {
        timeline.after(.seconds(60)) { [unowned self] in
            if life != nil { guardian?.save() }
            lookAfterUsers()
        }
    }

    var now: Timestamp { Self.epoch + .nanoseconds(timeline.now) }
    var dispatcher: Dispatcher? { life?.dispatcher }

    // MARK: - A run

    /// - Returns: the first broken promise; nil if there was none.
    func run() -> String? {
        for upstream in plan.natures { trace.note { "\(upstream)" } }
        begin()
        arrange()
        if let problem = proceed(until: plan.end) { return problem }
        heal()
        trips?.heal()
        let deadline = plan.end + plan.afterlife + (patience - plan.patience) * 4 + (trips?.patience ?? .zero)
        while !unfinished.isEmpty || !missed.isEmpty || !courier.isDone, timeline.now < deadline.nanoseconds {
            releaseHeld()
            if let problem = proceed(until: .nanoseconds(timeline.now) + .seconds(1)) { return problem }
        }
        guard let left = unfinished.first else {
            return oracle.fault(of: disk.history) ?? oracle.fault(of: disk.outbox, courier)
        }
        return "\(unfinished.count) recipients are left after all is well, as recipient \(left.recipient) of "
            + "message \(left.message): \(oracle.messages[left.message].states)"
    }

    /// Round trips go on for ever.
    private var unfinished: [(message: Int, recipient: Int)] {
        guard trips != nil else { return oracle.unfinished }
        return oracle.unfinished.filter { oracle.messages[$0.message].accepted.probe == nil }
    }

    /// Advances time.
    func proceed(until end: Duration) -> String? {
        while timeline.step(until: end.nanoseconds) {
            courier.step(now)
            if let problem = oracle.problems.first { return problem }
            if !oracle.messages.isEmpty, !oracle.isFinished, timeline.now < plan.end.nanoseconds { stepsWithMail += 1 }
            countDown()
        }
        return oracle.problems.first
    }

    private func arrange() {
        for (at, event) in plan.events {
            timeline.at(at.nanoseconds) { [unowned self] in happen(event) }
        }
        for submission in plan.submissions {
            timeline.at(submission.at.nanoseconds) { [unowned self] in submit(submission) }
        }
        timeline.after(.seconds(1)) { [unowned self] in look() }
        suppressions?.arrange(until: plan.end)
    }

    private func happen(_ event: Plan.Event) {
        guard timeline.now <= plan.end.nanoseconds else { return }
        switch event {
        case .weather(let index, let weather): upstreams[index].turn(weather)
        case .restart(let index, let forgets): upstreams[index].restart(forgets: forgets)
        case .crash(let steps, let isPowerCut, let downtime):
            if stepsToCrash == nil { stepsToCrash = (steps, isPowerCut, downtime) }
        case .disk(let room):
            disk.turn(room)
            oracle.diskHadTrouble()
            trace.note { "the disk's room: \(room)" }
            diskSoundSince = timeline.now
        case .clock(let step):
            trace.note { "the system's clock is set by \(step)" }
            lead += step
            oracle.clockWasSet()
            life?.dispatcher.clockStepped(by: step)
        case .order(let index, let action, let time):
            trace.note { "an operator: \(action) \(self.plan.settings.upstreams[index].name)" }
            order(UpstreamControl(action, duration: time), upstream: index)
        case .queueOrder(let order): give(order)
        case .reload(let edits): reload(edits)
        case .stream(let name, let isPaused): steer(name, isPaused: isPaused)
        case .tokens(let change): turn(change)
        }
    }

    func order(_ order: UpstreamControl, upstream index: Int) {
        steeredAt[index] = now
        if order.action == .disable || order.action == .drain { oracle.switchedOff(index) }
        _ = life?.dispatcher.control(plan.settings.upstreams[index].name, order)
    }

    private func steer(_ stream: String, isPaused: Bool) {
        trace.note { "an operator: \(stream) is \(isPaused ? "paused" : "resumed")" }
        guard let dispatcher = life?.dispatcher else { return oracle.problem("there is no relay to steer") }
        if isPaused {
            _ = dispatcher.pauseStream(stream, reason: nil)
        } else {
            _ = dispatcher.resumeStream(stream, reason: nil)
        }
    }

    private func turn(_ change: SimulatedTokens.Change) {
        tokens?.happen(change)
        upstreams[0].tokensChanged()
    }

    /// The settings are others from now on, for this life and the next ones.
    func exchange(_ next: DeliverySettings) {
        settings = next
        reloadedAt = timeline.now
        let places = next.upstreams.compactMap { upstream in
            plan.natures.firstIndex { $0.name == upstream.name }
        }
        table.replace(next.routeTable(upstreamsAt: places))
        patience = max(patience, Plan.patience(next))
        oracle.reloaded(next)
        for index in upstreams.indices { steeredAt[index] = now }
        for upstream in upstreams { upstream.settingsChanged() }
        for (number, message) in oracle.messages.enumerated() where !message.isGone {
            condemnUncarried(number, message.accepted)
        }
    }

    private func heal() {
        trace.note { "all is well from now on" }
        for upstream in upstreams { upstream.turn(.fine) }
        if tokens != nil { turn(.turn(.fine)) }
        disk.turn(.plenty)
        courier.heal()
        oracle.diskHadTrouble()
        stepsToCrash = nil
        disk.overrides = [:]
        for index in upstreams.indices { order(UpstreamControl(.enable), upstream: index) }
    }

    /// Where the history says that a recipient belongs.
    private static func place(
        of recipient: Recipient, in message: SpooledMessage, _ routes: RouteTable
    ) -> (route: String, stream: String) {
        let subject = message.routingSubject
        let route = routes.route(of: subject, recipient: recipient.address.text)
        return (routes.routes[route].name, routes.stream(of: subject, route: route))
    }

    // MARK: - Lives

    func begin() {
        trace.note { "the relay starts" }
        let loop = SimulatedLoop(timeline)
        let spool = SimulatedSpool(
            disk, loop, oracle, plan.tempo, chance, recordsAttemptsAtDots: plan.recordsAtDots)
        let connector = SimulatedConnector(loop, upstreams)
        let clock = NIOLoopBound(timeline, eventLoop: loop)
        let bound = NIOLoopBound(self, eventLoop: loop)
        let disk = NIOLoopBound(disk, eventLoop: loop)
        tokens?.begin(on: loop)
        let source: any TokenSource = if let tokens { tokens } else { NoTokenSource() }
        let dispatcher = Dispatcher(
            settings: settings, spool: spool, eventLoop: loop, connector: connector, work: WorkAtOnce(),
            tokens: source, random: SeededGenerator(seed: chance.next()), overrides: disk.value.overrides,
            saveOverrides: { overrides in disk.value.overrides = overrides },
            quotas: QuotaKeeping(records: disk.value.quotas) { records, done in
                bound.value.write(records, on: loop, done)
            },
            streams: disk.value.streams, saveStreams: { streams in disk.value.streams = streams },
            lead: { bound.value.lead }, ages: disk.value.ages, saveAges: { ages in disk.value.ages = ages },
            suppression: suppression(on: loop), guardian: deliveryGuard(on: loop),
            now: { Self.epoch + .nanoseconds(clock.value.now) },
            probes: { news in bound.value.heard(news) },
            report: { event in bound.value.heard(event) })
        let schedule = disk.value.schedule
        dispatcher.open()
        disk.value.ages = dispatcher.clock.ages
        let ingress = spool.openPort(arrivals: false) { _ in }
        life = Life(
            loop: loop, spool: spool, connector: connector, dispatcher: dispatcher, ingress: ingress,
            began: timeline.now)
        dispatcher.restore(schedule)
        trips?.begin()
        courier.begin()
        let late = missed
        missed = []
        for submission in late { submit(submission) }
    }

    /// What the delivery asks about recipients, and whom it tells of those that do not exist.
    private func suppression(on loop: SimulatedLoop) -> DeliverySuppression {
        guard suppressions != nil || guardian != nil else { return .none }
        guardian?.begin()
        let gate = suppressions?.begin() ?? SuppressionGate(SuppressionIndex(), action: .refuse)
        let bound = NIOLoopBound(self, eventLoop: loop)
        return DeliverySuppression(gate) { bounce in
            bound.value.suppressions?.bounced(bounce)
            bound.value.guardian?.bounced(bounce)
        }
    }

    private func deliveryGuard(on loop: SimulatedLoop) -> DeliveryGuard {
        guard guardian != nil else { return .none }
        let bound = NIOLoopBound(self, eventLoop: loop)
        return DeliveryGuard { bound.value.guardian?.holds($0, takenAgo: $1) ?? false }
    }

    /// Writes what upstreams have been given. The relay may die before it is on disk, or before it hears of that.
    private func write(
        _ records: [String: QuotaRecord], on loop: SimulatedLoop, _ done: @escaping @Sendable (String?) -> Void
    ) {
        let isFull = disk.room == .none
        loop.at(timeline.now + Duration.milliseconds(1).nanoseconds) { [unowned self] in
            if !isFull { disk.quotas = records }
        }
        loop.at(timeline.now + Duration.milliseconds(3).nanoseconds) { done(isFull ? "no room" : nil) }
    }

    private func heard(_ event: DeliveryEvent) {
        guard !isDying else { return }
        let text = "\(event)"
        trace.note { text }
        oracle.told(text)
        suppressions?.heard(event)
        oracle.heard(event)
        trips?.heard(event)
        guard case .circuit(let upstream, let from, let to, let share, let cause, _) = event else { return }
        changes.append(Change(at: now, upstream: upstream, from: from, to: to, share: share, cause: cause))
        guard to == .open, !cause.hasPrefix(CircuitReason.roundTrip.rawValue),
            let index = plan.natures.firstIndex(where: { $0.name == upstream })
        else { return }
        let habits = plan.natures[index].habits
        // The health check that would find out that it is slow to greet may be one session too many.
        let isSettled = reloadedAt.map { timeline.now - $0 > Duration.seconds(5).nanoseconds } ?? true
        if upstreams[index].isWell, isSettled, habits.greeting == .zero || habits.atATime == nil {
            oracle.problem("the circuit of \(upstream) opens for its habits: \(cause)")
        }
    }

    private func heard(_ news: ProbeNews) {
        guard !isDying else { return }
        trace.note { "\(news)" }
        oracle.heard(news)
        trips?.heard(news)
    }

    private func countDown() {
        guard let crash = stepsToCrash, life != nil else { return }
        stepsToCrash?.left -= 1
        if crash.left <= 0 { die(isPowerCut: crash.isPowerCut, downtime: crash.downtime) }
    }

    /// The relay dies, and restarts after a while.
    func die(isPowerCut: Bool, downtime: Duration) {
        stepsToCrash = nil
        crashes += 1
        trace.note { isPowerCut ? "the power is cut" : "the relay is killed" }
        tearDown { isPowerCut && self.chance.percent(50) }
        timeline.after(downtime) { [unowned self] in
            disk.recover(afterPowerCut: isPowerCut)
            begin()
        }
    }

    private func tearDown(loses: () -> Bool) {
        // Whether the relay has heard the answer to an order must be known.
        while let life, life.spool.isAnsweringOrders, timeline.step() {}
        guard let life else { return }
        self.life = nil
        courier.crash()
        suppressions?.crash()
        trips?.crash()
        isDying = true
        defer { isDying = false }
        life.spool.crash()
        // From here on nobody hears from it.
        life.dispatcher.flow.stop()
        life.connector.end(loses: loses)
        life.loop.runsAtOnce = true
        life.dispatcher.orders.stop()
        life.dispatcher.ledger.flush()
        life.spool.abandonOrders()
        life.loop.end()
    }

    /// Releases everything.
    func finish() {
        tearDown { false }
        for upstream in upstreams { upstream.forget() }
        timeline.clear()
    }

    // MARK: - Checks

    /// Every second.
    private func look() {
        timeline.after(.seconds(1)) { [unowned self] in look() }
        guard let life else { return }
        checkMemory(life.dispatcher)
        for upstream in plan.settings.upstreams { oracle.told("\(life.dispatcher.detail(of: upstream.name) as Any)") }
        checkBooks(life)
        checkAttempts(life)
        checkDeadlines(life)
        // With round trips there are thousands of messages.
        if trips == nil || timeline.now / Duration.seconds(1).nanoseconds % 10 == 0 { checkProgress(life) }
        checkWaits()
        checkHeld()
        trips?.look()
    }

    private func checkHeld() {
        guard let guardian, !guardian.held.isEmpty else { return }
        for message in oracle.messages where guardian.held.contains(message.id) {
            guard let durable = disk.messages[message.id]?.message else { continue }
            guardian.check(durable, isReleased: message.releasedAt != nil)
        }
    }

    /// Nobody waits longer than the longest wait between two cycles, unless its sender wants it.
    private func checkWaits() {
        for stored in disk.messages.values {
            let latest = now + oracle.longestWait(for: stored.message.priority) + .milliseconds(2)
            let late = stored.message.recipients.contains {
                !$0.isFinal && $0.state != .scheduled && ($0.nextAttemptAt ?? now) > latest
            }
            if late { return oracle.problem("message \(stored.message.id) waits longer than [retry] max") }
        }
    }

    private func checkMemory(_ dispatcher: Dispatcher) {
        // Each upstream has four sessions at most, and as many that end; each class has a window, and a queue there.
        let limit =
            4 * DeliveryQueue.windowSize + plan.settings.upstreams.reduce(0) { $0 + 8 * max(8, $1.mostConnections) }
        if dispatcher.jobsInMemory > limit {
            oracle.problem("\(dispatcher.jobsInMemory) messages in memory, at most \(limit)")
        }
    }

    /// Whether an upstream is in relay.conf, and no operator has taken it out of use.
    func isInUse(_ index: Int) -> Bool {
        life?.dispatcher.upstreams[plan.natures[index].name]?.isEnabled ?? false
    }

    /// Whether an upstream has given no reason, since then and long before, to send mail elsewhere.
    private func isBlameless(_ index: Int, since: Timestamp) -> Bool {
        let upstream = upstreams[index]
        let from = since - .seconds(120)
        return upstream.isFine && upstream.troubledAt < (from - Self.epoch).nanoseconds
            && steeredAt[index].map { $0 < from } ?? true
            && !changes.contains { $0.upstream == upstream.nature.name && $0.at >= from }
    }

    /// What waits for its time is ended, or its sender told, when that is due.
    private func checkDeadlines(_ life: Life) {
        guard life.spool.isQuiet, timeline.now - life.began > Duration.seconds(10).nanoseconds else { return }
        for stored in disk.messages.values {
            // Where a message is takes a search, so only those that are late are looked for.
            guard let lateness = oracle.lateness(of: stored.message),
                life.dispatcher.queue.location(of: stored.message.id) == .scheduled
            else { continue }
            return oracle.problem(lateness)
        }
    }

    /// What the relay thinks of open attempts is what is durable: else a power cut leaves doubts about mail that was never
    /// sent.
    private func checkAttempts(_ life: Life) {
        guard life.spool.isQuiet else { return }
        let queue = life.dispatcher.queue
        let inLine = queue.routes.flatMap(\.window.all)
        for stored in disk.messages.values {
            let message = stored.message
            guard let open = message.openAttempt else { continue }
            if plan.recordsAtDots { checkIsAtDot(message, life) }
            switch queue.location(of: message.id) {
            case nil, .scheduled, .parked, .paced:
                oracle.problem("message \(message.id) rests, and its attempt at \(open.upstream) is open")
            case .inLine:
                guard let job = inLine.first(where: { $0.id == message.id }), job.message.openAttempt == nil
                else { continue }
                oracle.problem("message \(message.id) waits, and nobody knows of its attempt at \(open.upstream)")
            case .ready, .loading, .pinned, .failingOver, .withUpstream, .changing: break
            }
        }
    }

    /// Where attempts are recorded at their dots, one on record has its content with the upstream.
    private func checkIsAtDot(_ message: SpooledMessage, _ life: Life) {
        var isAtDot = false
        for session in life.dispatcher.upstreams.all.flatMap(\.pool.sessions) {
            session.forEachJob { if $0.id == message.id, $0.isRecorded || $0.isEndHeld { isAtDot = true } }
        }
        if !isAtDot { oracle.problem("message \(message.id) is not at its dot, and its attempt is open") }
    }

    /// The relay tracks every message with work to do, each exactly once.
    private func checkBooks(_ life: Life) {
        guard life.spool.isQuiet, life.dispatcher.queue.loadingCount == 0 else { return }
        let plan = RetryPlan(settings)
        let scheduled = disk.schedule
        let least = scheduled.count { disk.messages[$0.id].flatMap { plan.nextDue(of: $0.message) } != nil }
        let known = life.dispatcher.jobsInMemory + life.dispatcher.numbersInMemory
        mismatches = (least...scheduled.count).contains(known) ? 0 : mismatches + 1
        // After an order that could not be recorded, it looks for messages that may not be there for five seconds.
        if mismatches == 8 {
            oracle.problem("the relay thinks of \(known) messages, the spool of \(least) to \(scheduled.count)")
        }
    }

    /// If an upstream has worked for long, no earlier message is still waiting.
    private func checkProgress(_ life: Life) {
        let span = patience.nanoseconds
        guard !disk.isFull, timeline.now - max(life.began, diskSoundSince, reloadedAt ?? 0) > span else { return }
        let working = upstreams.indices.filter { index in
            upstreams[index].isFine && timeline.now - upstreams[index].fineSince > span
                && life.dispatcher.upstreams[upstreams[index].nature.name]?.isEnabled ?? false
                && trips?.isTrusted(upstreams[index].nature.name, for: span) ?? true
        }
        guard !working.isEmpty else { return }
        for (message, recipient) in oracle.unfinished {
            let entry = oracle.messages[message]
            guard life.dispatcher.streams.lets(entry.accepted, route: 0), entry.body != .binaryMIME,
                entry.states[recipient] != .inDoubt, !oracle.isPaced(message, recipient), now - entry.began > patience,
                entry.accepted.probe == nil || trips == nil,
                working.contains(where: entry.candidates[recipient].contains)
            else { continue }
            return oracle.problem("recipient \(recipient) of message \(message) waits, and an upstream works")
        }
    }
}

/// Slow work, done at once.
struct WorkAtOnce: SlowWork {
    func run<Value: Sendable>(
        on eventLoop: any EventLoop, _ work: @escaping @Sendable () -> Value, done: @escaping (Value) -> Void
    ) {
        done(work())
    }
}

extension Dispatcher {
    /// Messages held in memory, each once.
    var jobsInMemory: Int {
        upstreams.all.reduce(queue.inMemory + queue.loadingCount) { $0 + $1.pool.pending.count + $1.pool.inFlight }
    }

    /// Messages of which only a number is known.
    var numbersInMemory: Int {
        queue.numbersOnly
    }
}
