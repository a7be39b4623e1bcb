import Admin
import Synchronization

/// What an API over TCP has reported.
final class AccessReports: Sendable {
    private let events = Mutex<[AccessEvent]>([])

    func add(_ event: AccessEvent) { events.withLock { $0.append(event) } }

    /// Where it is served; empty if it is not.
    var address: String {
        for case .listening(let address, _) in events.withLock({ $0 }) { return address }
        return ""
    }

    /// Why requests were refused, in their order.
    var refusals: [AccessRefusal] {
        events.withLock { $0 }.compactMap { event in
            if case .refused(let reason, _, _) = event { reason } else { nil }
        }
    }
}
