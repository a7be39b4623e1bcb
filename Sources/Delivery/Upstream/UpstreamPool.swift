internal import DequeModule
internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Upstreams

/// The sessions of one upstream, and the messages that wait for one of them.
///
/// Confined to the delivery's event loop. Decides which session takes which message and when to connect; what becomes of
/// a message is the dispatcher's business.
final class UpstreamPool {
    let index: Int
    let settings: UpstreamSettings
    let access: UpstreamAccess
    /// The times that its sessions are given.
    let limits: SessionWatchdog.Limits
    /// The part of its traffic that it may take now, which its sessions follow: an upstream that has just come back is not
    /// to be met by all of them at once.
    var share = 1.0
    /// When it last said anything at all, in any session that has ended.
    private var lastHeard = MonotonicInstant.longAgo

    private(set) var sessions: [UpstreamSession] = []
    /// Connections that are being made.
    private(set) var connecting = 0 {
        didSet {
            if connecting == 0 { connectingSince = nil } else if oldValue == 0 { connectingSince = clock() }
        }
    }
    /// Since when there has been at least one of them.
    private var connectingSince: MonotonicInstant?
    private let clock: () -> MonotonicInstant
    private var lastPrepared = MonotonicInstant.longAgo
    private(set) var pending: Deque<DeliveryJob> = []
    /// Opens a connection; set by the dispatcher.
    var connect: (UpstreamPool) -> Void = { _ in }

    init(
        index: Int, settings: UpstreamSettings, access: UpstreamAccess, limits: SessionWatchdog.Limits,
        clock: @escaping () -> MonotonicInstant
    ) {
        self.index = index
        self.settings = settings
        self.access = access
        self.limits = limits
        self.clock = clock
    }

    /// Sessions that there may be now: during the ramp no more than its part.
    var sessionLimit: Int { max(1, Int((Double(settings.maxConnections) * share).rounded(.up))) }

    /// Whether more messages may be lined up: enough that no session ever waits for one.
    var wantsMore: Bool { pending.count < 2 * sessionLimit }

    var inFlight: Int { sessions.reduce(0) { $0 + $1.jobCount } }

    /// Messages lined up and under way.
    var load: Int { inFlight + pending.count }

    func add(_ job: DeliveryJob) {
        pending.append(job)
    }

    /// Takes the lined-up messages away that the condition names.
    func removePending(where isMeant: (DeliveryJob) -> Bool = { _ in true }) -> [DeliveryJob] {
        let removed = pending.filter(isMeant)
        pending.removeAll(where: isMeant)
        return Array(removed)
    }

    // MARK: - Giving work

    /// Gives lined-up messages to sessions: idle ones first, then behind a message in a pipelined session; then connects,
    /// one connection for each message that nobody has taken.
    func serve(start: (UpstreamSession, DeliveryJob) -> Void) {
        while let session = pending.isEmpty ? nil : nextSession(), let job = pending.popFirst() {
            start(session, job)
        }
        guard !pending.isEmpty else { return }
        let stuck = sessions.count { isStuck($0) }
        while pending.count > connecting + greeting, sessions.count - stuck + connecting < sessionLimit,
            sessions.count + connecting < settings.maxConnections
        {
            connecting += 1
            connect(self)
        }
    }

    /// Sessions that are connected and have not come to the end of the greeting.
    private var greeting: Int { sessions.count { !$0.isGreeted } }

    private func nextSession() -> UpstreamSession? {
        var second: UpstreamSession?
        for session in sessions where session.hasRoom && !isUsedUp(session) && !isStuck(session) {
            if session.jobCount == 0 { return session }
            second = second ?? session
        }
        return second
    }

    /// Whether a session has been silent after a final dot for longer than it should: it is waited for, and yet nothing is
    /// lined up behind it.
    private func isStuck(_ session: UpstreamSession) -> Bool {
        session.phase == .dot && session.isSilent(now: clock())
    }

    /// Whether all of its sessions are so.
    var isStalled: Bool { !sessions.isEmpty && sessions.allSatisfy { isStuck($0) } }

    /// Whether they are so, and no further one may be opened.
    var isFull: Bool { sessions.count + connecting >= settings.maxConnections && isStalled }

    /// Whether a session has had as many messages as it may: by our own limit, or by the server's (RFC 9422 section 4.1).
    func isUsedUp(_ session: UpstreamSession) -> Bool {
        session.started >= min(settings.maxMessagesPerConnection, session.transactionLimit)
    }

    // MARK: - Sessions

    func connected(_ session: UpstreamSession) {
        connecting -= 1
        sessions.append(session)
    }

    func connectFailed() {
        connecting -= 1
    }

    func remove(_ session: UpstreamSession) {
        lastHeard = max(lastHeard, session.lastHeard)
        sessions.removeAll { $0 === session }
    }

    /// Opens a connection that nothing waits for yet, where there is none.
    func prepare() {
        guard sessions.isEmpty, connecting == 0, clock() - lastPrepared >= .seconds(1) else { return }
        lastPrepared = clock()
        connecting += 1
        connect(self)
    }

    /// Whether the upstream has said nothing in any session for half of its patience.
    var isMute: Bool {
        let lastWord = sessions.reduce(lastHeard) { max($0, $1.lastHeard) }
        return limits.isHalfOver(since: lastWord, now: clock())
    }

    /// Whether connections have been in the making for half of its patience.
    var isSlowToConnect: Bool {
        connectingSince.map { limits.isHalfOver(since: $0, now: clock()) } ?? false
    }

    /// Whether some session has shown that the upstream can be reached.
    var hasWorkingSession: Bool {
        sessions.contains { $0.isGreeted }
    }
}
