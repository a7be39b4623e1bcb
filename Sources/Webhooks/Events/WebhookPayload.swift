internal import Mail
package import Spool

/// The body of a webhook: `type`, `timestamp` and `data`, as Standard Webhooks has it. Every name of `data` is always
/// there; what does not apply is null.
package struct WebhookPayload {
    private var json = JSONBuilder()

    /// - Parameters:
    ///   - place: the route and the stream of the recipient.
    ///   - lead: of the system's clock before the steady one.
    package static func make(
        _ event: WebhookEvent, of index: Int, in cause: OutboxCause, at place: (route: String, stream: String),
        lead: Duration
    ) -> [UInt8] {
        var payload = WebhookPayload()
        payload.add(event, cause.recipients[index], in: cause, at: place, lead: lead)
        return payload.json.octets
    }

    private mutating func add(
        _ event: WebhookEvent, _ recipient: Recipient, in cause: OutboxCause,
        at place: (route: String, stream: String), lead: Duration
    ) {
        let message = cause.message
        json.begin()
        json.add("type", event.rawValue)
        json.add("timestamp", cause.at.rfc3339)
        json.begin("data")
        json.add("queue_id", "\(message.id)")
        json.add("message_id", message.messageID)
        json.add("sender", message.sender.address?.text ?? "")
        json.add("recipient", recipient.address.text)
        json.add("upstream", recipient.upstream)
        json.add("reply", recipient.lastReply)
        json.add("status", Self.status(of: recipient))
        json.add("class", event == .failed || event == .suppressed ? recipient.failureClass?.rawValue : nil)
        json.add("attempts", recipient.attempts)
        json.add("user", message.user)
        json.add("route", place.route)
        json.add("stream", place.stream)
        json.add("next_attempt_at", event == .deferred ? recipient.nextAttemptAt.map { ($0 + lead).rfc3339 } : nil)
        json.end()
        json.end()
    }

    /// The enhanced status code of the last reply (RFC 3463); nil if it had none, or was no reply.
    private static func status(of recipient: Recipient) -> String? {
        recipient.lastReply.flatMap { Reply(parsing: $0) }?.enhancedCode?.description
    }
}
