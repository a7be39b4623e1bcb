internal import DequeModule
internal import Upstreams

/// The sessions of one upstream, and the messages waiting for one of them: which session takes which message, and when
/// to connect.
///
/// A value without IO or a clock, independent of session and job types: events come in as method calls, and
/// ``next(now:)`` returns one action after another until there is none.
struct PoolStateMachine<Session: AnyObject, Job> {
    struct Limits: Equatable {
        /// Maximum sessions, including connections being established.
        var sessions: Int
        /// Maximum messages per session.
        var messages: Int
    }

    /// A session's own account of its load.
    struct Load: Equatable {
        /// Messages given to it and not yet settled.
        var jobs = 0
        /// Messages given to it so far.
        var started = 0
        /// Messages that its server accepts in one session (RFC 9422 section 4.1).
        var limit = Int.max
        /// Whether it can take another one now.
        var hasRoom = false
    }

    /// What its owner must do next.
    enum Action {
        /// Give the message to the session, then report ``sessionChanged(_:_:)``.
        case assign(Job, to: Session)
        /// Open a connection, then report ``connected(_:isGreeted:_:)`` or ``connectionFailed()``.
        case connect
        case none
    }

    private enum State {
        /// Connected, but the greeting is not complete: it is only known that the host listens. Becomes `open`.
        case greeting
        /// Accepts messages while it has room, until it has reached its limit. Becomes `silent`.
        case open
        /// Owes the reply to a final dot for longer than its patience: it is waited for, but nothing more is queued on
        /// it. Becomes `open` with that reply.
        case silent
    }

    private struct Slot {
        let session: Session
        var state: State
        var load: Load
    }

    /// Minimum interval for opening connections that nothing waits for.
    private static var preparationInterval: Duration { .seconds(1) }

    private let limits: Limits
    private var slots: [Slot] = []
    /// Messages in order of arrival.
    private(set) var pending: Deque<Job> = []
    /// Connections being established.
    private(set) var connecting = 0
    /// Since when there has been at least one of them.
    private(set) var connectingSince: MonotonicInstant?
    private var lastPrepared = MonotonicInstant.longAgo
    /// Share of its sessions that may exist now, 0 to 1: a recovering upstream must not face all of them at once.
    var share = 1.0

    init(_ limits: Limits) {
        self.limits = limits
    }

    // MARK: - Facts

    var sessions: [Session] { slots.map(\.session) }

    /// Maximum sessions now.
    var sessionLimit: Int { max(1, Int((Double(limits.sessions) * share).rounded(.up))) }

    /// Whether more messages may be queued: enough that no session ever waits for one.
    var wantsMore: Bool { pending.count < 2 * sessionLimit }

    /// Messages held by sessions.
    var inFlight: Int { slots.reduce(0) { $0 + $1.load.jobs } }

    /// Whether all sessions are silent.
    var isStalled: Bool { !slots.isEmpty && slots.allSatisfy { $0.state == .silent } }

    /// Whether all are, and no further one may be opened.
    var isFull: Bool { slots.count + connecting >= limits.sessions && isStalled }

    /// Whether some session has shown that the upstream is reachable.
    var hasWorkingSession: Bool { slots.contains { $0.state != .greeting } }

    /// Whether a session has reached its limit of messages, our own or the server's.
    func isUsedUp(_ session: Session) -> Bool {
        slot(of: session).map { isUsedUp(slots[$0].load) } ?? false
    }

    private func isUsedUp(_ load: Load) -> Bool {
        load.started >= min(limits.messages, load.limit)
    }

    private func slot(of session: Session) -> Int? {
        slots.firstIndex { $0.session === session }
    }

    // MARK: - Messages

    mutating func jobAdded(_ job: Job) { pending.append(job) }

    /// Removes the queued messages matching the condition, in order.
    mutating func removeJobs(where isMeant: (Job) -> Bool) -> [Job] {
        let removed = pending.filter(isMeant)
        pending.removeAll(where: isMeant)
        return Array(removed)
    }

    // MARK: - Sessions

    mutating func connected(_ session: Session, isGreeted: Bool, _ load: Load) {
        connectionEnded()
        slots.append(Slot(session: session, state: isGreeted ? .open : .greeting, load: load))
    }

    mutating func connectionFailed() { connectionEnded() }

    private mutating func connectionEnded() {
        precondition(connecting > 0, "a connection ended that nobody had begun")
        connecting -= 1
        if connecting == 0 { connectingSince = nil }
    }

    /// The greeting, or a reset, is complete.
    mutating func sessionReady(_ session: Session, _ load: Load) {
        change(session, load, to: .open)
    }

    /// A message has its result; a silence after its final dot has ended with it.
    mutating func jobFinished(_ session: Session, _ load: Load) {
        change(session, load, to: .open)
    }

    /// A session was given something, lost something, or sent QUIT.
    mutating func sessionChanged(_ session: Session, _ load: Load) {
        change(session, load)
    }

    /// The patience for the reply to a final dot has run out.
    mutating func sessionSilent(_ session: Session, _ load: Load) {
        change(session, load, to: .silent)
    }

    mutating func sessionEnded(_ session: Session) {
        if let slot = slot(of: session) { slots.remove(at: slot) }
    }

    private mutating func change(_ session: Session, _ load: Load, to state: State? = nil) {
        guard let slot = slot(of: session) else { return }
        slots[slot].load = load
        if let state { slots[slot].state = state }
    }

    // MARK: - Actions

    /// Queued messages go to idle sessions first, then after a message in a pipelined session; then one connection is
    /// opened for each message left.
    mutating func next(now: MonotonicInstant) -> Action {
        guard !pending.isEmpty else { return .none }
        if let slot = nextSlot(), let job = pending.popFirst() {
            // It has no room until the session reports its load.
            slots[slot].load.hasRoom = false
            return .assign(job, to: slots[slot].session)
        }
        guard needsConnection else { return .none }
        return connect(now: now)
    }

    /// Half of another upstream's patience has passed: opens a connection in advance, if there is none.
    mutating func prepare(now: MonotonicInstant) -> Action {
        guard slots.isEmpty, connecting == 0, now - lastPrepared >= Self.preparationInterval else { return .none }
        lastPrepared = now
        return connect(now: now)
    }

    private mutating func connect(now: MonotonicInstant) -> Action {
        if connecting == 0 { connectingSince = now }
        connecting += 1
        return .connect
    }

    private func nextSlot() -> Int? {
        var second: Int?
        for slot in slots.indices where slots[slot].state == .open {
            let load = slots[slot].load
            guard load.hasRoom, !isUsedUp(load) else { continue }
            if load.jobs == 0 { return slot }
            second = second ?? slot
        }
        return second
    }

    private var needsConnection: Bool {
        let greeting = slots.count { $0.state == .greeting }
        let silent = slots.count { $0.state == .silent }
        return pending.count > connecting + greeting && slots.count - silent + connecting < sessionLimit
            && slots.count + connecting < limits.sessions
    }
}
