internal import Mail
internal import NIOCore
internal import SMTP
internal import Upstreams

/// The sessions of one upstream, and the messages that wait for one of them: runs the actions of a ``PoolStateMachine``.
///
/// Confined to the delivery's event loop. What becomes of a message is decided elsewhere.
final class UpstreamPool {
    private typealias Machine = PoolStateMachine<UpstreamSession, DeliveryJob>

    let index: Int
    private(set) var settings: UpstreamSettings
    private(set) var access: UpstreamAccess
    /// The times that its sessions are given.
    private(set) var limits: SessionWatchdog.Limits
    /// Whether its sessions send commands together.
    var pipelining: PipeliningUse
    /// How many recipients a transaction may have.
    var recipients = RecipientLimit()
    private(set) var addresses: UpstreamAddresses
    /// How slowly it greets.
    private(set) var times: OpeningTimes
    /// What is measured of the upstream.
    let meter: UpstreamMeter
    private var machine: Machine
    private let clock: () -> MonotonicInstant
    private let report: @Sendable (DeliveryEvent) -> Void
    /// When the upstream last said anything, in any session that has ended.
    private var lastHeard = MonotonicInstant.longAgo
    /// The reply that a habit was learned from; nil where sessions just end.
    private var habitReply: String?
    /// Opens a connection; set by the dispatcher.
    var connect: (UpstreamPool) -> Void = { _ in }

    init(
        index: Int, settings: UpstreamSettings, access: UpstreamAccess, limits: SessionWatchdog.Limits,
        weights: ClassWeights = ClassWeights(), meter: UpstreamMeter = .unused,
        clock: @escaping () -> MonotonicInstant,
        report: @escaping @Sendable (DeliveryEvent) -> Void
    ) {
        self.index = index
        self.settings = settings
        self.access = access
        self.limits = limits
        self.meter = meter
        self.clock = clock
        self.report = report
        self.pipelining = PipeliningUse(settings.pipelining)
        self.addresses = UpstreamAddresses(of: settings.name, clock: clock, report: report)
        self.times = OpeningTimes(patience: settings.patience, limit: settings.connectTimeout)
        self.machine = Machine(settings.poolLimits)
        machine.replace(weights)
    }

    var sessions: [UpstreamSession] { machine.sessions }
    /// By class and age.
    var pending: [DeliveryJob] { machine.pending }
    var pendingCount: Int { machine.pendingCount }
    /// Connections being established.
    var connecting: Int { machine.connecting }
    /// Whether more messages of a class may be lined up.
    func wantsMore(of priority: Priority) -> Bool { machine.wantsMore(of: priority) }
    var inFlight: Int { machine.inFlight }
    /// Messages queued and in flight.
    var load: Int { inFlight + machine.pendingCount }
    /// Whether all sessions are silent after a final dot.
    var isStalled: Bool { machine.isStalled }
    /// Whether all are, and no further one may be opened.
    var isFull: Bool { machine.isFull }
    /// Whether some session has shown that the upstream is reachable.
    var hasWorkingSession: Bool { machine.hasWorkingSession }

    // MARK: - Settings

    /// - Parameter isElsewhere: whether it has another address, so that nothing is known of the present ones.
    func exchange(
        _ settings: UpstreamSettings, access: UpstreamAccess?, limits: SessionWatchdog.Limits, isElsewhere: Bool
    ) {
        self.settings = settings
        if let access { self.access = access }
        if isElsewhere {
            abandonConnections()
            machine.restartSearch()
            addresses = UpstreamAddresses(of: settings.name, clock: clock, report: report)
            times = OpeningTimes(patience: settings.patience, limit: settings.connectTimeout)
        } else {
            times.replace(patience: settings.patience, limit: settings.connectTimeout)
        }
        self.limits = limits
        if times.longest != nil { self.limits.opening = times.greetingPatience }
    }

    /// Classes have other shares from now on.
    func replace(_ weights: ClassWeights) { machine.replace(weights) }

    /// - Returns: the sessions beyond the limits.
    func resize(to settings: UpstreamSettings) -> [UpstreamSession] {
        machine.resize(to: settings.poolLimits, now: clock())
    }

    /// - Returns: all sessions so far; none of them gets anything more.
    func dismissAll() -> [UpstreamSession] { machine.renew() }

    /// Gives up the connections being made for mail; none for a health check may be under way.
    func abandonConnections() {
        addresses.stop()
        machine.connectionsAbandoned()
    }

    // MARK: - Messages

    func add(_ job: DeliveryJob) { machine.jobAdded(job, job.rank.priority) }

    /// A message comes back from a session of this upstream, and goes first.
    func addAgain(_ job: DeliveryJob, inNewSession: Bool) {
        machine.jobReturned(job, job.rank.priority, wantsNewSession: inNewSession)
    }

    /// Removes the queued messages matching the condition.
    func removePending(where isMeant: (DeliveryJob) -> Bool = { _ in true }) -> [DeliveryJob] {
        machine.removeJobs(where: isMeant)
    }

    /// Gives messages to sessions, and connects.
    ///
    /// - Parameter share: of its sessions that there may be, 0 to 1.
    func serve(share: Double, start: (UpstreamSession, DeliveryJob) -> Void) {
        machine.share = share
        dismissSurplus()
        let now = clock()
        while run(machine.next(now: now), start: start) {}
    }

    /// Opens a connection in advance, if there is none.
    func prepare() {
        _ = run(machine.prepare(now: clock())) { _, _ in preconditionFailure("a message was given where none waits") }
    }

    /// - Returns: sessions that are not needed, since fewer carry as much; they get nothing more.
    func takeSurplus() -> [UpstreamSession] { machine.takeSurplus() }

    /// - Returns: whether there was anything to do.
    private func run(_ action: Machine.Action, start: (UpstreamSession, DeliveryJob) -> Void) -> Bool {
        switch action {
        case .assign(let job, let session):
            start(session, job)
            machine.sessionChanged(session, session.load)
        case .connect:
            connect(self)
        case .none:
            return false
        }
        return true
    }

    // MARK: - Sessions

    func connected(_ session: UpstreamSession) {
        // More may be known of its greeting than when the connection was begun.
        if !session.isGreeted { session.setOpeningPatience(times.greetingPatience) }
        machine.connected(session, isGreeted: session.isGreeted, session.load)
    }

    func connectFailed() { machine.connectionFailed() }

    /// When the next connection is tried, after a shortage of this machine.
    var pausedUntil: MonotonicInstant? { machine.pausedUntil.flatMap { $0 > clock() ? $0 : nil } }

    func pauseConnecting() { machine.pauseConnecting(until: clock() + OwnShortage.pause) }

    func becameReady(_ session: UpstreamSession) {
        if session.started == 0 { opened(session) }
        machine.sessionReady(session, session.load)
    }

    func finishedJob(_ session: UpstreamSession, isTaken: Bool) {
        machine.jobFinished(session, isTaken: isTaken, session.load, now: clock())
    }

    func becameSilent(_ session: UpstreamSession) { machine.sessionSilent(session, session.load) }

    func remove(_ session: UpstreamSession) {
        lastHeard = max(lastHeard, session.lastHeard)
        machine.sessionEnded(session)
    }

    /// Lets a session say goodbye where it has had as many messages as it may, or is not wanted.
    func quitIfDone(_ session: UpstreamSession, isWanted: Bool) {
        if session.isIdle, !isWanted || machine.isUsedUp(session, now: clock()) { quit(session) }
    }

    /// Lets a session say goodbye when nothing is under way in it.
    func quit(_ session: UpstreamSession) {
        session.quit()
        machine.sessionChanged(session, session.load)
    }

    func quitIdle() {
        for session in sessions where session.isIdle { quit(session) }
    }

    // MARK: - Habits

    /// The server has ended a session that worked.
    ///
    /// - Parameter reply: what it said; nil if it has just closed.
    func endedByServer(_ session: UpstreamSession, _ reply: String?) {
        guard !session.isRetired else { return }
        habitReply = reply ?? habitReply
        let idle = session.sinceLastResult(now: clock())
        machine.sessionUsedUp(after: session.completed, idle: idle, now: clock())
    }

    /// The server has refused a message because the session is used up; it gets no further one.
    func usedUp(_ session: UpstreamSession, _ reply: String) {
        guard !session.isRetired else { return }
        session.retire()
        habitReply = reply
        machine.sessionUsedUp(after: session.completed - 1, idle: .zero, now: clock())
        machine.sessionChanged(session, session.load)
    }

    /// The server has refused a session for being one too many; it gets nothing more.
    ///
    /// - Returns: whether the upstream goes on with fewer, so that its messages can stay.
    func refused(_ session: UpstreamSession, _ reply: String) -> Bool {
        session.retire()
        habitReply = reply
        machine.sessionChanged(session, session.load)
        return machine.sessionRefused(session, now: clock())
    }

    /// The same for a connection that failed before it became a session.
    func connectionRefused(_ reply: String) -> Bool {
        habitReply = reply
        return machine.connectionRefused(now: clock())
    }

    /// A health check is on, in a session of its own.
    var isBeingChecked: Bool { machine.checks > 0 }
    /// Whether nothing is in progress, and nothing waits.
    var isAtRest: Bool {
        machine.sessions.isEmpty && machine.pendingCount == 0 && machine.connecting == 0 && !isBeingChecked
    }
    func checkBegan() { machine.checkBegan() }
    func checkEnded() { machine.checkEnded(now: clock()) }

    /// The habit learned since the last call, with the reply it was learned from.
    func takeNews() -> (habit: UpstreamHabit, reply: String?)? {
        guard let habit = machine.takeNews(now: clock()) else { return nil }
        // This has been measured; no reply says so.
        if case .usefulSessions = habit { return (habit, nil) }
        defer { habitReply = nil }
        return (habit, habitReply)
    }

    /// Messages that the server takes in a session, as far as known.
    var messagesPerSession: Int? { machine.length.limit }
    /// Sessions that the server allows, as far as known.
    var sessionsAllowed: Int? { machine.window.allowed }
    /// Sessions that there may be now, without regard to a ramp.
    var sessionLimit: Int { machine.window.value }
    /// Whether the refusal of a connection may mean that there are enough of them.
    var isRefusalOfMore: Bool { machine.isRefusalOfMore }
    /// When a connection may be opened again after the server has refused the only session.
    var heldUntil: MonotonicInstant? { machine.heldUntil }

    // MARK: - Addresses and greetings

    /// The address for a connection; nil if each has been tried.
    func nextAddress(excluding tried: Set<SocketAddress>) -> SocketAddress? {
        addresses.next(excluding: tried) { sessions(at: $0) }
    }

    /// Sessions at an address, without those being opened.
    func sessions(at address: SocketAddress) -> Int {
        sessions.count { $0.address == address }
    }

    /// A session accepts mail.
    func opened(_ session: UpstreamSession) {
        addresses.greeted(session.address)
        times.opened(after: session.openingSilence)
        limits.opening = times.greetingPatience
        for other in sessions where !other.isGreeted { other.setOpeningPatience(times.greetingPatience) }
    }

    /// A session has failed through the upstream's fault; a reply is about more than an address, unless it is the first.
    func failed(_ session: UpstreamSession, _ failure: SessionFailure) {
        machine.sessionFailed(now: clock())
        if !session.isGreeted || failure.reply == nil { addresses.failed(session.address, failure.reason) }
        if !session.isGreeted, case .noReply(let silence) = failure.what { openingFailed(after: silence) }
    }

    /// No session has come of an attempt after this silence.
    func openingFailed(after silence: Duration) {
        times.failed(after: silence)
        limits.opening = times.greetingPatience
    }

    // MARK: - Silence

    /// Whether the upstream has said nothing in any session for half of its patience.
    var isMute: Bool {
        let lastWord = sessions.reduce(lastHeard) { max($0, $1.lastHeard) }
        return limits.isHalfOver(since: lastWord, now: clock())
    }

    /// Whether connections have been in the making until half of its patience is left.
    var isSlowToConnect: Bool {
        machine.connectingSince.map { limits.isLate(since: $0, at: .connect, now: clock()) } ?? false
    }
}

extension UpstreamSession {
    /// What the pool has to know of it.
    var load: PoolStateMachine<UpstreamSession, DeliveryJob>.Load {
        .init(jobs: jobCount, started: started, limit: transactionLimit, hasRoom: hasRoom)
    }
}

extension UpstreamSettings {
    /// What its pool has to know of them.
    fileprivate var poolLimits: PoolStateMachine<UpstreamSession, DeliveryJob>.Limits {
        .init(sessions: mostConnections, messages: maxMessagesPerConnection, isSearched: maxConnections == .auto)
    }
}
