internal import Upstreams

/// Whether sessions of one upstream send commands together.
///
/// A server that drops pipelined commands answers the first of them and then falls silent, which may as well be an
/// outage. So sessions go in lock-step until a health check has told how the server takes commands that arrive together,
/// or until one session has tried it with mail; and for a while after such a silence, when one of them tries again, and
/// its first answered transaction decides. Each further silence doubles the time.
struct PipeliningUse {
    /// - `never`: the operator says so.
    /// - `unknown`: none, while a health check is to tell. Successors: `usual`, `lockStep`, `trial`.
    /// - `usual`: every session. Successor: `lockStep`.
    /// - `lockStep`: none until then, but for those that are in the middle of it. Successor: `trial`.
    /// - `trial`: one, which has until then to succeed. Successors: `usual`, `lockStep`, another `trial`.
    private enum State {
        case never, unknown, usual
        case lockStep(until: MonotonicInstant)
        case trial(until: MonotonicInstant, by: Trialist)
    }

    /// Weak: a new object can have the `ObjectIdentifier` of one that is gone.
    private struct Trialist {
        weak var session: AnyObject?
    }

    static let shortestPause = Duration.seconds(60)
    static let longestPause = Duration.seconds(86400)

    private var state: State
    private var pause = shortestPause
    /// Whether sessions avoid pipelining because of a silence.
    private(set) var isSuspended = false

    init(_ setting: UpstreamSettings.Pipelining) {
        state = setting == .off ? .never : .unknown
    }

    /// Whether the operator allows it.
    var isAllowed: Bool {
        switch state {
        case .never: false
        case .unknown, .usual, .lockStep, .trial: true
        }
    }

    /// Whether the next messages of an idle session are pipelined.
    ///
    /// - Parameter awaitsCheck: whether the first health check is still to tell.
    mutating func isUsed(
        by session: AnyObject, now: MonotonicInstant, awaitsCheck: @autoclosure () -> Bool
    ) -> Bool {
        switch state {
        case .never: return false
        case .usual: return true
        case .unknown: return awaitsCheck() ? false : tries(session, now: now)
        case .lockStep(let until): return until <= now ? tries(session, now: now) : false
        case .trial(let until, let trialist):
            return trialist.session === session || until <= now && tries(session, now: now)
        }
    }

    private mutating func tries(_ session: AnyObject, now: MonotonicInstant) -> Bool {
        state = .trial(until: now + Self.shortestPause, by: Trialist(session: session))
        return true
    }

    /// A server has fallen silent after the first of several commands.
    ///
    /// - Returns: whether that is news.
    mutating func fellSilent(now: MonotonicInstant) -> Bool {
        switch state {
        case .never, .lockStep: return false
        case .unknown, .usual, .trial:
            state = .lockStep(until: now + pause)
            pause = min(pause * 2, Self.longestPause)
            isSuspended = true
            return true
        }
    }

    /// A session that pipelines has had every command of a transaction answered.
    mutating func worked() {
        guard case .trial = state else { return }
        state = .usual
        isSuspended = false
        pause = Self.shortestPause
    }

    /// A health check has had answers to commands that it sent together. After a silence only mail tells more.
    mutating func passedCheck() {
        guard case .unknown = state else { return }
        state = .usual
    }

    /// A health check has found that commands are dropped: no mail need try for a while.
    ///
    /// - Returns: whether that is news.
    mutating func failedCheck(now: MonotonicInstant) -> Bool {
        if case .lockStep(let until) = state { state = .lockStep(until: max(until, now + Self.shortestPause)) }
        return fellSilent(now: now)
    }
}
