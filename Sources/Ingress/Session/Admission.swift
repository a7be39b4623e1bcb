internal import Mail
internal import Synchronization

/// Counts the sessions of one listener by client address. Shared by all loops; consulted once per connection.
final class Admission: Sendable {
    private struct State {
        /// Also without a limit: one may come.
        var counts: [IPAddress: Int] = [:]
        var limit: Int
    }

    private let state: Mutex<State>

    /// - Parameter limitPerClient: 0 is no limit.
    init(limitPerClient: Int) {
        state = Mutex(State(limit: limitPerClient))
    }

    /// Later sessions have this limit.
    func replace(limitPerClient: Int) {
        state.withLock { $0.limit = limitPerClient }
    }

    /// Takes a slot for this client's session; false if there is none. ``leave(_:)`` returns a slot that was taken.
    func enter(_ client: IPAddress) -> Bool {
        state.withLock { state in
            let count = state.counts[client, default: 0]
            guard state.limit == 0 || count < state.limit else { return false }
            state.counts[client] = count + 1
            return true
        }
    }

    func leave(_ client: IPAddress) {
        state.withLock { state in
            guard let count = state.counts[client] else { return }
            state.counts[client] = count > 1 ? count - 1 : nil
        }
    }
}
