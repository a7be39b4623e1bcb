internal import Synchronization

/// The session slots of all listeners. Shared by all loops; consulted for every connection.
///
/// Listeners on different loops accept connections without coordination, so the limit may be exceeded by the number of
/// listeners less one.
final class ConnectionSlots: Sendable {
    private struct State {
        var occupied = 0
        /// Called once each when a slot is free.
        var waiters: [@Sendable () -> Void] = []
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: 0 is no limit.
    init(limit: Int) {
        self.limit = limit == 0 ? .max : limit
    }

    var isCalm: Bool { state.withLock { $0.occupied <= AcceptState.calm(limit) } }

    /// Whether no slot is free; if so, `wake` is called once one is.
    func isFull(wake: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard state.occupied >= limit else { return false }
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
            defer { state.waiters = [] }
            return state.waiters
        }
        for wake in waiters { wake() }
    }
}
