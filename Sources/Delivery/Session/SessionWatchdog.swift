internal import SMTP
internal import Upstreams

/// How long a session has waited for its server, and the consequences of silence.
///
/// A value without a clock: the current instant is an argument. The session reports what happened and whose turn it is;
/// the caller polls it and acts on the answer.
///
/// | the server owes | limit | then |
/// |---|---|---|
/// | nothing | `idle` | the session ends with QUIT |
/// | a reply before the session accepts mail | `opening` if the mail can go elsewhere, else `command` | the session ends |
/// | a later reply that commits nothing | `patience` if the mail can go elsewhere, else `command` | the session ends |
/// | the same, behind pipelined commands | at most `group` even if it cannot | the session ends; the next may do better |
/// | a reply that concerns no message: behind a result, or to RSET | the same | the same |
/// | the reply to a final dot | `data` | the session ends, and the message is in doubt |
/// | the reply to QUIT | `parting` | the session ends |
///
/// At half of its patience an alternative is prepared. After a final dot, other messages are released at the end of the
/// patience, a trial is given up after `command`, and a reply that takes longer than `slow` counts as one failure.
struct SessionWatchdog {
    /// Time limits for an upstream.
    struct Limits: Equatable {
        /// For replies before the final dot, if the mail can go elsewhere.
        var patience: Duration
        /// For replies before the final dot, if it cannot.
        var command: Duration
        /// For the reply to the final dot.
        var data: Duration
        /// For keeping an idle session open.
        var idle: Duration
        /// A reply to a final dot that takes longer is a failure; zero to disable.
        var slow = Duration.zero
        /// For replies after the first in a pipelined group, and those that concern no message, if the mail cannot go
        /// elsewhere.
        var group = Duration.seconds(5)
        /// For the reply to QUIT.
        var parting = Duration.seconds(2)

        /// For replies before the session accepts mail, if the mail can go elsewhere; nil for `patience`. Longer for an
        /// upstream that is known to greet slowly.
        var opening: Duration?

        /// For the replies of a phase, if the mail can go elsewhere.
        func patience(at phase: ClientPhase) -> Duration {
            switch phase {
            case .connect, .banner, .ehlo, .startTLS, .tls, .auth: opening ?? patience
            case .mail, .rcpt, .data, .content, .dot, .rset, .noop, .quit, .idle: patience
            }
        }

        /// Whether as little of the time for this phase is left as half of the patience.
        func isLate(since instant: MonotonicInstant, at phase: ClientPhase, now: MonotonicInstant) -> Bool {
            now - instant >= patience(at: phase) - patience / 2
        }

        /// Whether half of the patience has passed.
        func isHalfOver(since instant: MonotonicInstant, now: MonotonicInstant) -> Bool {
            now - instant >= patience / 2
        }
    }

    /// Whose move it is.
    enum Turn: Equatable {
        /// Ours, or the spool's: the server cannot be blamed for silence.
        case ours
        /// Nobody's: nothing is in progress.
        case nobody
        /// The server's, whose next reply answers this.
        case server(ClientPhase)
        /// The same, and another session may do better than this one: the server has answered the first of the commands that
        /// were sent together, or a message's fate does not depend on the reply.
        case group(ClientPhase)
    }

    /// A session has waited long enough.
    enum Overdue: Equatable {
        /// It has been idle: it sends QUIT.
        case idle
        /// QUIT was not answered in this time.
        case parting(Duration)
        /// There was no reply in this time.
        case reply(Duration)
    }

    /// A final dot has not been answered within the patience.
    struct SilenceAfterDot: Equatable {
        let since: MonotonicInstant
        /// Whether it is long enough that another message may be a circuit's trial.
        let endsTrial: Bool
        /// The limit exceeded; reported once per session.
        let slow: Duration?
    }

    private(set) var limits: Limits
    /// When the server last made progress, or was first asked to.
    private(set) var waitingSince: MonotonicInstant
    /// When the server last sent anything, even a single octet.
    private(set) var lastHeard = MonotonicInstant.longAgo
    /// When the last transaction got its result.
    private var lastResult = MonotonicInstant.longAgo
    /// How long the current transaction has waited for us, which is no time of the server's.
    private var ownWait = Duration.zero
    private var isSlownessSaid = false
    /// The longest silence before the session accepted mail.
    private(set) var openingSilence = Duration.zero
    private var isOpen = false

    init(_ limits: Limits, now: MonotonicInstant) {
        self.limits = limits
        self.waitingSince = now
    }

    // MARK: - What happens

    /// The server made progress, or was asked to; an occasional octet does not count.
    mutating func progressed(at now: MonotonicInstant) {
        if !isOpen { openingSilence = max(openingSilence, now - waitingSince) }
        waitingSince = now
    }

    /// We went on after a wait of our own, which was no silence of the server's.
    mutating func resumed(at now: MonotonicInstant) { waitingSince = now }

    /// The same amid a transaction: the wait is not in the time that it takes.
    mutating func wentOn(at now: MonotonicInstant) {
        ownWait += now - waitingSince
        waitingSince = now
    }

    /// The upstream is known to be slower to greet, or faster, than was known when the session began.
    mutating func setOpening(_ patience: Duration) { limits.opening = patience }

    /// The session accepts mail.
    mutating func opened() { isOpen = true }

    /// Octets arrived.
    mutating func heard(at now: MonotonicInstant) { lastHeard = now }

    /// A transaction has its result.
    ///
    /// - Parameter began: when its envelope was handed over.
    /// - Returns: the time the server needed: that of a pipelined transaction begins when the previous one is over.
    mutating func transactionFinished(began: MonotonicInstant, now: MonotonicInstant) -> Duration {
        defer {
            lastResult = now
            ownWait = .zero
        }
        return now - max(began, lastResult) - ownWait
    }

    /// The server has caught up with the replies behind a result: the next transaction begins no earlier.
    mutating func settled(now: MonotonicInstant) { lastResult = now }

    func sinceLastResult(now: MonotonicInstant) -> Duration { now - lastResult }

    // MARK: - What a silence comes to

    /// When the session has waited long enough; nil while the next move is ours.
    ///
    /// - Parameter canLeave: whether everything the session has could go elsewhere now; called only if it matters.
    func deadline(_ turn: Turn, canLeave: () -> Bool) -> MonotonicInstant? {
        limit(turn, canLeave: canLeave).map { waitingSince + $0 }
    }

    /// Why the session ends now; nil while it does not.
    func overdue(_ turn: Turn, now: MonotonicInstant, canLeave: () -> Bool) -> Overdue? {
        guard let deadline = deadline(turn, canLeave: canLeave), deadline <= now else { return nil }
        switch turn {
        case .ours: return nil
        case .nobody: return .idle
        case .server(.quit): return .parting(now - waitingSince)
        case .server, .group: return .reply(now - waitingSince)
        }
    }

    private func limit(_ turn: Turn, canLeave: () -> Bool) -> Duration? {
        switch turn {
        case .ours: nil
        case .nobody: limits.idle
        case .server(let phase):
            switch phase {
            case .idle: limits.idle
            case .dot: limits.data
            case .quit: limits.parting
            case .connect, .banner, .ehlo, .startTLS, .tls, .auth, .mail, .rcpt, .data, .content, .rset, .noop:
                canLeave() ? min(limits.patience(at: phase), limits.command) : limits.command
            }
        case .group: canLeave() ? min(limits.patience, limits.command) : min(limits.group, limits.command)
        }
    }

    /// Whether the server has owed a reply for longer than the patience, whatever it commits.
    func isSilent(_ turn: Turn, now: MonotonicInstant) -> Bool {
        switch turn {
        case .ours, .nobody: false
        case .server(let phase): now - waitingSince >= limits.patience(at: phase)
        case .group: now - waitingSince >= limits.patience
        }
    }

    /// Whether half of the patience is over while the server owes a reply that commits nothing.
    func isLate(_ turn: Turn, now: MonotonicInstant) -> Bool {
        switch turn {
        case .ours, .nobody, .server(.dot), .server(.quit): false
        case .server(let phase): limits.isLate(since: waitingSince, at: phase, now: now)
        case .group: limits.isHalfOver(since: waitingSince, now: now)
        }
    }

    /// Consequences of the silence after a final dot; nil if there is none.
    mutating func silenceAfterDot(_ turn: Turn, now: MonotonicInstant) -> SilenceAfterDot? {
        guard turn == .server(.dot), isSilent(turn, now: now) else { return nil }
        let waited = now - waitingSince
        let isSlow = limits.slow > .zero && waited >= limits.slow && !isSlownessSaid
        if isSlow { isSlownessSaid = true }
        return SilenceAfterDot(
            since: waitingSince, endsTrial: waited >= limits.command, slow: isSlow ? limits.slow : nil)
    }
}

extension SessionWatchdog.Limits {
    init(_ upstream: UpstreamSettings, slow: Duration = .zero) {
        self.init(
            patience: upstream.patience, command: upstream.commandTimeout, data: upstream.dataTimeout,
            idle: upstream.idleTimeout, slow: slow)
    }
}
