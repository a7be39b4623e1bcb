package import Delivery
internal import Mail
package import Spool
internal import Upstreams

/// When the doubts about recipients end, which the spool does not know: it keeps when they arose, and relay.conf says
/// what follows.
package struct DoubtPolicies: Sendable {
    private let upstreams: [String: UpstreamSettings]

    package init(_ settings: DeliverySettings) {
        upstreams = Dictionary(settings.upstreams.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The message as operators see it: the next attempt of a recipient in doubt is when its hold ends, or never where
    /// an operator decides.
    package func applied(to message: SpooledMessage) -> SpooledMessage {
        var message = message
        for index in message.recipients.indices where message.recipients[index].state == .inDoubt {
            let recipient = message.recipients[index]
            guard let settings = recipient.upstream.flatMap({ upstreams[$0] }) else { continue }
            switch settings.inDoubt {
            case .hold:
                message.recipients[index].nextAttemptAt = nil
            case .retrySame, .failover:
                message.recipients[index].nextAttemptAt = recipient.nextAttemptAt.map { $0 + settings.inDoubtHold }
            }
        }
        return message
    }
}
