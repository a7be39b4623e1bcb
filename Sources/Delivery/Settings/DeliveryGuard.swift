internal import Mail
internal import Spool

/// Whose mail is held before it goes to an upstream, since it is unusual for its user: what came shortly before that was
/// found out is still waiting.
package struct DeliveryGuard: Sendable {
    private let holds: (@Sendable (_ user: String, _ age: Duration) -> Bool)?

    /// - Parameter holds: says whether mail of a user is to be held that was taken this long ago. Called on the event loop, for
    ///   every message: must not block.
    package init(holds: @escaping @Sendable (_ user: String, _ age: Duration) -> Bool) {
        self.holds = holds
    }

    private init() { holds = nil }

    /// Nobody's.
    package static let none = DeliveryGuard()

    /// - Parameter wall: now, by the system's clock.
    func holds(_ message: SpooledMessage, at wall: Timestamp) -> Bool {
        guard let holds, let user = message.user, message.notice == nil else { return false }
        return holds(user, wall - message.id.madeAt)
    }
}
