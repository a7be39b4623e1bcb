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
    var status: UpstreamStatus
    var latencies = LatencyWindow()

    private(set) var sessions: [UpstreamSession] = []
    /// Connections that are being made.
    private(set) var connecting = 0
    private(set) var pending: Deque<DeliveryJob> = []
    /// Opens a connection; set by the dispatcher.
    private let connect: (UpstreamPool) -> Void

    init(
        index: Int, settings: UpstreamSettings, access: UpstreamAccess, now: Timestamp,
        connect: @escaping (UpstreamPool) -> Void
    ) {
        self.index = index
        self.settings = settings
        self.access = access
        self.connect = connect
        let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        self.status = UpstreamStatus(
            name: settings.name, priority: index + 1, address: "\(host):\(settings.port)", since: now)
    }

    /// Whether more messages may be lined up: enough that no session ever waits for one.
    var wantsMore: Bool { pending.count < 2 * settings.maxConnections }

    var inFlight: Int { sessions.reduce(0) { $0 + $1.jobCount } }

    func add(_ job: DeliveryJob) {
        pending.append(job)
    }

    /// Takes all lined-up messages away.
    func removePending() -> [DeliveryJob] {
        defer { pending.removeAll() }
        return Array(pending)
    }

    // MARK: - Giving work

    /// Gives lined-up messages to sessions: idle ones first, then behind a message in a pipelined session; then connects,
    /// one connection for each message that nobody has taken.
    func serve(start: (UpstreamSession, DeliveryJob) -> Void) {
        while let session = pending.isEmpty ? nil : nextSession(), let job = pending.popFirst() {
            start(session, job)
        }
        while pending.count > connecting + greeting, sessions.count + connecting < settings.maxConnections {
            connecting += 1
            connect(self)
        }
    }

    /// Sessions that are connected and have not come to the end of the greeting.
    private var greeting: Int { sessions.count { !$0.isGreeted } }

    private func nextSession() -> UpstreamSession? {
        var second: UpstreamSession?
        for session in sessions where session.hasRoom && !isUsedUp(session) {
            if session.jobCount == 0 { return session }
            second = second ?? session
        }
        return second
    }

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
        sessions.removeAll { $0 === session }
    }

    /// Whether some session has shown that the upstream can be reached.
    var hasWorkingSession: Bool {
        sessions.contains { $0.isGreeted }
    }
}
