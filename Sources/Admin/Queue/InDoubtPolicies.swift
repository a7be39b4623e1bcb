package import Delivery
internal import Mail
package import Spool

/// When the doubts about recipients end. The spool only records when they arose; relay.conf says what happens then.
package struct InDoubtPolicies: Sendable {
    private let rules: InDoubtRules
    /// The routes of the same settings.
    package let places: QueuePlaces

    package init(_ settings: DeliverySettings) {
        rules = InDoubtRules(settings)
        places = QueuePlaces(settings.routeTable)
    }

    /// The message as shown to operators: the next attempt of a recipient in doubt is when its hold ends, or never if
    /// an operator must decide.
    package func applied(to message: SpooledMessage) -> SpooledMessage {
        var message = message
        for index in message.recipients.indices where message.recipients[index].state == .inDoubt {
            let recipient = message.recipients[index]
            message.recipients[index].nextAttemptAt = rules.dueTime(of: recipient, in: message)
        }
        return message
    }
}
