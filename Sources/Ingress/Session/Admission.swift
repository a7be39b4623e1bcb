internal import Mail
internal import Synchronization

/// Counts the sessions of one listener by client address. Shared by all loops; consulted once per connection.
final class Admission: Sendable {
    private let counts = Mutex<[IPAddress: Int]>([:])
    private let limitPerClient: Int

    /// - Parameter limitPerClient: 0 is no limit.
    init(limitPerClient: Int) {
        self.limitPerClient = limitPerClient
    }

    /// Takes a slot for this client's session; false if there is none. ``leave(_:)`` returns a slot that was taken.
    func enter(_ client: IPAddress) -> Bool {
        guard limitPerClient > 0 else { return true }
        return counts.withLock { counts in
            guard counts[client, default: 0] < limitPerClient else { return false }
            counts[client, default: 0] += 1
            return true
        }
    }

    func leave(_ client: IPAddress) {
        guard limitPerClient > 0 else { return }
        counts.withLock { counts in
            guard let count = counts[client] else { return }
            counts[client] = count > 1 ? count - 1 : nil
        }
    }
}
