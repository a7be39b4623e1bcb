internal import Mail
internal import Spool
package import Suppression
internal import Upstreams

/// What delivery knows of suppressions, and what it tells of addresses that may come to be suppressed.
package struct DeliverySuppression: Sendable {
    package let gate: SuppressionGate
    private let bounced: @Sendable (Bounce) -> Void

    /// - Parameter bounced: called on the event loop; must not block.
    package init(_ gate: SuppressionGate, bounced: @escaping @Sendable (Bounce) -> Void) {
        self.gate = gate
        self.bounced = bounced
    }

    /// No suppressions.
    package static var none: Self {
        Self(SuppressionGate(SuppressionIndex(), action: .refuse)) { _ in }
    }

    /// The same suppressions, as other settings apply them.
    func replaced(by settings: DeliverySettings) -> Self {
        Self(
            gate.replaced(
                action: settings.suppression.action,
                exempt: Set(settings.routeTable.routes.filter { !$0.suppression }.map(\.name))),
            bounced: bounced)
    }

    /// A recipient has failed in a way that says something about its address. Notices go to everybody, so they count for
    /// nobody.
    func count(_ recipient: Int, _ kind: BounceKind, reply: String, of message: SpooledMessage, at wall: Timestamp) {
        guard message.notice == nil else { return }
        bounced(
            Bounce(
                queueID: message.id, address: message.recipients[recipient].address, kind: kind, reply: reply, at: wall,
                user: message.user))
    }
}
