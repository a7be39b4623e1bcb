internal import Upstreams

/// Whether new sessions of one upstream send commands together.
///
/// A server that drops pipelined commands answers the first of them and then falls silent, which may as well be an
/// outage. So sessions go in lock-step for a while after such a silence; then one of them pipelines again, and its first
/// answered transaction decides. Each further silence doubles the time.
struct PipeliningUse {
    /// - `never`: the operator says so.
    /// - `usual`: every session. Successor: `lockStep`.
    /// - `lockStep`: none until then, but for those that began before. Successor: `trial`.
    /// - `trial`: one, which has until then to succeed. Successors: `usual`, `lockStep`, another `trial`.
    private enum State {
        case never, usual
        case lockStep(until: MonotonicInstant)
        case trial(until: MonotonicInstant)
    }

    static let shortestPause = Duration.seconds(60)
    static let longestPause = Duration.seconds(86400)

    private var state: State
    private var pause = shortestPause

    init(_ setting: UpstreamSettings.Pipelining) {
        state = setting == .off ? .never : .usual
    }

    /// Whether sessions avoid pipelining because of a silence.
    var isSuspended: Bool {
        switch state {
        case .never, .usual: false
        case .lockStep, .trial: true
        }
    }

    /// Whether a session that begins now pipelines.
    mutating func nextSession(now: MonotonicInstant) -> Bool {
        switch state {
        case .never: return false
        case .usual: return true
        case .lockStep(let until), .trial(let until):
            guard until <= now else { return false }
            state = .trial(until: now + Self.shortestPause)
            return true
        }
    }

    /// A pipelining session has fallen silent after the first of several commands.
    ///
    /// - Returns: whether that is news.
    mutating func fellSilent(now: MonotonicInstant) -> Bool {
        switch state {
        case .never, .lockStep: return false
        case .usual, .trial:
            state = .lockStep(until: now + pause)
            pause = min(pause * 2, Self.longestPause)
            return true
        }
    }

    /// A session that pipelines has had every command of a transaction answered.
    mutating func worked() {
        guard case .trial = state else { return }
        state = .usual
        pause = Self.shortestPause
    }
}
