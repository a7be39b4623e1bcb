/// Why a mailbox cannot be looked into.
struct VisitFailure: Error, Hashable, Sendable {
    /// For people, without secrets.
    var cause: String
    /// Whether trying again is no use until somebody mends something.
    var isLasting: Bool
}

/// When a mailbox is visited, when looked into, and which failures are told. A value without IO or a clock.
struct VisitSchedule: Sendable {
    enum Order: Hashable, Sendable {
        /// Open a session, which begins with a look; report ``ended(_:now:jitter:)``.
        case connect
        /// Look in the open session.
        case look
        case report(VisitFailure)
    }

    /// | state | meaning | goes to |
    /// |---|---|---|
    /// | `stopped` | not started, or stopped | `visiting` |
    /// | `resting` | no session is needed (POP3) | `visiting` |
    /// | `waiting` | the next session begins then; the failure of the last, if it failed | `visiting` |
    /// | `visiting` | a session is open, or being opened | `resting`, `waiting` |
    private enum State {
        case stopped, resting
        case waiting(until: Duration, VisitFailure?)
        case visiting(since: Duration, isLooking: Bool, hasLooked: Bool)
    }

    /// Between two looks while probes are under way.
    static let interval = Duration.seconds(10)
    /// A failure that nobody waits for is told this often.
    static let telling = Duration.seconds(30)
    /// Waits after failures: what may pass by itself, and what may not.
    static let pauses = (passing: [1, 2, 4, 8, 16, 30], lasting: [30, 60, 120])
    /// A session that lasted as long was a good one.
    private static let goodSession = Duration.seconds(60)

    /// Whether a session serves many looks, as with IMAP.
    let keepsSession: Bool
    private var state = State.stopped
    private(set) var isExpecting = false
    private var interval = Self.interval
    /// Since when the owner waits for a look.
    private var wantedAt: Duration?
    /// When the last complete look ended.
    private var lookedAt: Duration?
    private var failures = 0
    /// Sessions in a row that ended soon.
    private var shortSessions = 0
    private var toldAt: Duration?

    init(keepsSession: Bool) {
        self.keepsSession = keepsSession
    }

    // MARK: - Wishes

    mutating func start(now: Duration) -> [Order] { visit(now) }

    mutating func stop() { state = .stopped }

    mutating func expect(_ isExpecting: Bool) { self.isExpecting = isExpecting }

    /// The owner waits for a look that begins now or later.
    mutating func lookWanted(now: Duration) -> [Order] {
        wantedAt = now
        switch state {
        case .resting: return visit(now)
        case .waiting(_, let failure?) where failure.isLasting: return tell(failure, now)
        case .stopped, .waiting, .visiting(_, isLooking: true, _): return []
        case .visiting(_, isLooking: false, _): return lookAgain()
        }
    }

    /// Something was mended: what has failed is tried at once.
    mutating func tryAgain(now: Duration) -> [Order] {
        guard case .waiting = state else { return [] }
        return visit(now)
    }

    private mutating func visit(_ now: Duration) -> [Order] {
        state = .visiting(since: now, isLooking: true, hasLooked: false)
        return [.connect]
    }

    private mutating func lookAgain() -> [Order] {
        guard keepsSession, case .visiting(let since, _, let hasLooked) = state else { return [] }
        state = .visiting(since: since, isLooking: true, hasLooked: hasLooked)
        return [.look]
    }

    // MARK: - Time

    /// When ``deadlineReached(now:)`` is due; nil while nothing is.
    var deadline: Duration? {
        switch state {
        case .waiting(let until, _): until
        case .resting: nextLook
        case .visiting(_, isLooking: false, _) where keepsSession: nextLook
        case .stopped, .visiting: nil
        }
    }

    private var nextLook: Duration? { isExpecting ? (lookedAt ?? .zero) + interval : nil }

    mutating func deadlineReached(now: Duration) -> [Order] {
        guard let deadline, now >= deadline else { return [] }
        switch state {
        case .waiting, .resting: return visit(now)
        case .visiting: return lookAgain()
        case .stopped: return []
        }
    }

    // MARK: - News of the session

    /// A look has seen all folders.
    mutating func looked(from began: Duration, now: Duration) -> [Order] {
        guard case .visiting(let since, _, _) = state else { return [] }
        state = .visiting(since: since, isLooking: false, hasLooked: true)
        failures = 0
        lookedAt = now
        guard let wanted = wantedAt, wanted > began else {
            wantedAt = nil
            return []
        }
        return lookAgain()
    }

    /// The session is over, or there was none.
    ///
    /// - Parameters:
    ///   - failure: nil if it ended as it should.
    ///   - loginDelay: the shortest time between two logins that the server allows.
    ///   - jitter: random, from -1 to 1.
    mutating func ended(
        _ failure: VisitFailure?, loginDelay: Duration? = nil, now: Duration, jitter: Double
    ) -> [Order] {
        guard case .visiting(let since, _, let hasLooked) = state else { return [] }
        interval = max(Self.interval, min(loginDelay ?? .zero, .seconds(900)))
        if let failure, !hasLooked || failure.isLasting { return failed(failure, now, jitter) }
        shortSessions = now - since < Self.goodSession ? shortSessions + 1 : 0
        if keepsSession || wantedAt != nil {
            let pause = keepsSession ? Self.pause(shortSessions, Self.pauses.passing, jitter) : .seconds(1)
            state = .waiting(until: now + max(pause, loginDelay.map { min($0, .seconds(900)) } ?? .zero), nil)
        } else {
            state = .resting
        }
        return []
    }

    /// The first failure of an open session is none: servers restart, and end what was silent for long.
    private mutating func failed(_ failure: VisitFailure, _ now: Duration, _ jitter: Double) -> [Order] {
        failures += 1
        let pauses = failure.isLasting ? Self.pauses.lasting : Self.pauses.passing
        state = .waiting(until: now + Self.pause(failures, pauses, jitter), failure)
        if wantedAt == nil, let toldAt, now - toldAt < Self.telling { return [] }
        return tell(failure, now)
    }

    private mutating func tell(_ failure: VisitFailure, _ now: Duration) -> [Order] {
        wantedAt = nil
        toldAt = now
        return [.report(failure)]
    }

    private static func pause(_ count: Int, _ seconds: [Int], _ jitter: Double) -> Duration {
        .seconds(seconds[min(max(count, 1), seconds.count) - 1]) * (1 + 0.2 * max(-1, min(1, jitter)))
    }
}
