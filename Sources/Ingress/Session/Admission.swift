internal import Synchronization

/// Counts the sessions of one listener by client address. Shared by all loops; asked once per connection.
final class Admission: Sendable {
    private let counts = Mutex<[ClientAddress: Int]>([:])
    private let limitPerClient: Int

    /// - Parameter limitPerClient: 0 is no limit.
    init(limitPerClient: Int) {
        self.limitPerClient = limitPerClient
    }

    /// Takes a place for a session of this client; false where there is none. A place that was taken is given back by
    /// ``leave(_:)``.
    func enter(_ client: ClientAddress) -> Bool {
        guard limitPerClient > 0 else { return true }
        return counts.withLock { counts in
            guard counts[client, default: 0] < limitPerClient else { return false }
            counts[client, default: 0] += 1
            return true
        }
    }

    func leave(_ client: ClientAddress) {
        guard limitPerClient > 0 else { return }
        counts.withLock { counts in
            guard let count = counts[client] else { return }
            counts[client] = count > 1 ? count - 1 : nil
        }
    }
}
