internal import Synchronization

/// Counts the sessions of one listener, in total and by client address. Shared by all loops; asked once per connection.
final class Admission: Sendable {
    private struct Counts {
        var total = 0
        var byClient: [ClientAddress: Int] = [:]
    }

    private let counts = Mutex(Counts())
    private let limit: Int
    private let limitPerClient: Int

    /// - Parameter limitPerClient: 0 is no limit.
    init(limit: Int, limitPerClient: Int) {
        self.limit = limit
        self.limitPerClient = limitPerClient
    }

    /// Takes a place for a session of this client; false where there is none. A place that was taken is given back by
    /// ``leave(_:)``.
    func enter(_ client: ClientAddress) -> Bool {
        counts.withLock { counts in
            guard counts.total < limit else { return false }
            if limitPerClient > 0 {
                guard counts.byClient[client, default: 0] < limitPerClient else { return false }
                counts.byClient[client, default: 0] += 1
            }
            counts.total += 1
            return true
        }
    }

    func leave(_ client: ClientAddress) {
        counts.withLock { counts in
            counts.total -= 1
            guard limitPerClient > 0, let count = counts.byClient[client] else { return }
            counts.byClient[client] = count > 1 ? count - 1 : nil
        }
    }
}
