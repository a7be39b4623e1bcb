internal import Synchronization

/// The session slots of all listeners. Shared by all loops; consulted for every connection.
///
/// Listeners on different loops accept connections without coordination, so the limit may be exceeded by the number of
/// listeners less one.
final class ConnectionSlots: Sendable {
    private struct State {
        var occupied = 0
        var limit: Int
        /// Called once each when a slot is free.
        var waiters: [@Sendable () -> Void] = []

        mutating func takeWaiters() -> [@Sendable () -> Void] {
            defer { waiters = [] }
            return waiters
        }
    }

    private let state: Mutex<State>

    /// - Parameter limit: 0 is no limit.
    init(limit: Int) {
        state = Mutex(State(limit: limit == 0 ? .max : limit))
    }

    /// Sets the number of slots; sessions that there are stay.
    ///
    /// - Parameter limit: 0 is no limit.
    func replace(limit: Int) {
        let waiters = state.withLock { state in
            state.limit = limit == 0 ? .max : limit
            return state.takeWaiters()
        }
        for wake in waiters { wake() }
    }

    var isCalm: Bool { state.withLock { $0.occupied <= AcceptState.calm($0.limit) } }

    /// Whether no slot is free; if so, `wake` is called once one is.
    func isFull(wake: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard state.occupied >= state.limit else { return false }
            state.waiters.append(wake)
            return true
        }
    }

    func take() {
        state.withLock { $0.occupied += 1 }
    }

    func release() {
        let waiters = state.withLock { state in
            state.occupied -= 1
            return state.takeWaiters()
        }
        for wake in waiters { wake() }
    }
}
