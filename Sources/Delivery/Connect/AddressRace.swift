internal import NIOCore
internal import Upstreams

/// One connection to an upstream whose name has several addresses: which ones are being tried, when the next begins
/// beside them, and which one wins.
///
/// A value without IO or a clock. Events come in as method calls; ``next(now:mayLeave:)`` returns one action after
/// another until there is none. The first address to complete its greeting wins. One that has been silent for `step` is
/// waited for, and the next begins beside it.
struct AddressRace {
    /// Connections beside each other; the one silent for longest makes room for another.
    static let width = 8

    typealias ID = Int

    /// What the owner must do next.
    enum Action: Equatable {
        /// Choose an address that has not been tried and connect, then report ``started(_:at:now:)``; or report
        /// ``exhausted()``.
        case start
        /// The address has been silent for a while.
        case suspect(ID)
        /// Close it; it was silent for this long, or nil if too briefly to blame it.
        case drop(ID, silence: Duration?)
        /// Nobody has greeted in time, or everybody has failed. It is over once those that run are dropped.
        case fail
        case none
    }

    private struct Runner {
        let id: ID
        let address: SocketAddress
        let began: MonotonicInstant
        /// Last progress, or the start.
        var since: MonotonicInstant
        /// A sick address tried beside a healthy one: it gets its full time, whichever wins.
        let isTrial: Bool
        var isSuspect = false
    }

    private enum State {
        /// Nobody has won; `hasMore` until every address has been tried. Becomes `won` or `failed`.
        case running(hasMore: Bool)
        /// Somebody has; the rest is dropped, except for a trial.
        case won
        /// Nobody can win any more; the rest is dropped.
        case failed(isReported: Bool)
    }

    /// Silence after which the next address begins beside.
    private(set) var step: Duration
    /// Time for all of them together, if the mail can go elsewhere.
    private(set) var patience: Duration
    private let began: MonotonicInstant
    private var state = State.running(hasMore: true)
    private var runners: [Runner] = []
    private(set) var tried: Set<SocketAddress> = []
    private var nextID = 0

    init(step: Duration, patience: Duration, began: MonotonicInstant) {
        self.step = step
        self.patience = patience
        self.began = began
    }

    /// Addresses being tried.
    var addresses: [SocketAddress] { runners.map(\.address) }

    func address(of id: ID) -> SocketAddress? { runners.first { $0.id == id }?.address }

    /// Whether nothing is left to do or to wait for.
    var isOver: Bool {
        switch state {
        case .running: false
        case .won: runners.isEmpty
        case .failed(let isReported): isReported && runners.isEmpty
        }
    }

    /// Whether some address has not been tried, and none has won.
    var hasMore: Bool {
        switch state {
        case .running(let hasMore): hasMore
        case .won, .failed: false
        }
    }

    /// When the last address was begun.
    var lastStart: MonotonicInstant { runners.map(\.began).max() ?? began }

    // MARK: - Events

    /// The upstream is known to be slower to greet than was known at the beginning, or the mail can go elsewhere now.
    mutating func adapt(step: Duration, patience: Duration) {
        self.step = step
        self.patience = max(self.patience, patience)
    }

    /// A connection has been requested.
    mutating func started(_ address: SocketAddress, isTrial: Bool = false, now: MonotonicInstant) -> ID {
        nextID += 1
        tried.insert(address)
        runners.append(Runner(id: nextID, address: address, began: now, since: now, isTrial: isTrial))
        return nextID
    }

    /// Each address has been tried.
    mutating func exhausted() {
        if case .running = state { state = .running(hasMore: false) }
    }

    /// It has answered something, and has not completed the greeting.
    mutating func progressed(_ id: ID, at instant: MonotonicInstant) {
        guard let index = runners.firstIndex(where: { $0.id == id }) else { return }
        runners[index].since = max(runners[index].since, instant)
    }

    /// For this long one of them has waited for the relay, which has to find a token: that is no silence of anybody's.
    mutating func excuse(_ time: Duration) { patience += time }

    /// It has completed its greeting.
    ///
    /// - Returns: whether it wins; a trial that comes later says goodbye.
    mutating func greeted(_ id: ID) -> Bool {
        runners.removeAll { $0.id == id }
        guard case .running = state else { return false }
        state = .won
        return true
    }

    /// It has ended.
    ///
    /// - Parameter isAgain: whether the same address deserves another connection.
    mutating func ended(_ id: ID, isAgain: Bool = false) {
        if isAgain, let address = address(of: id) {
            tried.remove(address)
            if case .running = state { state = .running(hasMore: true) }
        }
        runners.removeAll { $0.id == id }
    }

    /// Something has happened that no other address would change.
    mutating func giveUp() {
        if case .running = state { state = .failed(isReported: false) }
    }

    // MARK: - Actions

    /// - Parameter mayLeave: whether the mail could go elsewhere now.
    mutating func next(now: MonotonicInstant, mayLeave: Bool) -> Action {
        switch state {
        case .running(let hasMore):
            if mayLeave && now - began >= patience || runners.isEmpty && !hasMore {
                state = .failed(isReported: false)
                return next(now: now, mayLeave: mayLeave)
            }
            return hasMore ? nextStart(now: now) : .none
        case .won:
            return runners.first { !$0.isTrial }.map { drop($0, now: now) } ?? .none
        case .failed(let isReported):
            if let runner = runners.first { return drop(runner, now: now) }
            state = .failed(isReported: true)
            return isReported ? .none : .fail
        }
    }

    private mutating func nextStart(now: MonotonicInstant) -> Action {
        if let index = runners.firstIndex(where: { !$0.isSuspect && now - $0.since >= step }) {
            runners[index].isSuspect = true
            return .suspect(runners[index].id)
        }
        guard runners.allSatisfy({ $0.isTrial || now - $0.since >= step }) else { return .none }
        guard runners.count >= Self.width, let oldest = runners.min(by: { $0.since < $1.since }) else { return .start }
        return drop(oldest, now: now)
    }

    private mutating func drop(_ runner: Runner, now: MonotonicInstant) -> Action {
        runners.removeAll { $0.id == runner.id }
        let silence = now - runner.since
        return .drop(runner.id, silence: silence >= step ? silence : nil)
    }
}

extension AddressRace {
    /// The longest silence before the next address begins beside.
    static let longestStep = Duration.seconds(1)
    private static let shortestStep = Duration.milliseconds(200)

    /// The silence after which the next address begins, such that all get their turn within the budget, but not before
    /// the usual silence of this upstream is over.
    static func step(addresses: Int, budget: Duration, usual: Duration) -> Duration {
        max(min(max(budget / (addresses + 1), shortestStep), longestStep), usual)
    }
}
