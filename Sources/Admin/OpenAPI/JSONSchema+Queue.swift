internal import Delivery
internal import Mail
internal import Upstreams

/// What is said of messages.
extension JSONSchema {
    /// 13 digits of Crockford's base 32; the first holds three bits only.
    static let queueID = text("^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{12}$")
    static let state = oneOf(MessageDocument.states)
    static let failureClass = oneOf(FailureClass.allCases.map(\.rawValue))
    /// `90s`, `15m`, `2h`, `3d`, `500ms`; a number alone is seconds.
    static let age = text("^[0-9]{1,18}(ms|s|m|h|d)?$")
    static let upstreamName = text("^[A-Za-z0-9_.-]{1,64}$")
    static let reason = JSONSchema([
        "type": "string", "maxLength": .number(UpstreamControlDocument.maxReason), "description": "Why, for the log.",
    ])

    static let recipient = document([
        "address": string, "state": string, "hold_reason": string.orNull, "attempts": count,
        "next_attempt_at": time.orNull, "waits_for": string.orNull, "upstream": string.orNull,
        "last_reply": string.orNull, "class": string.orNull, "route": string,
    ])

    private static let messageProperties: [String: JSONSchema] = [
        "queue_id": queueID, "message_id": string, "received_at": time, "size": count, "sender": string,
        "priority": string, "state": string, "route": string, "stream": string, "class": string.orNull,
        "hold_reason": string.orNull, "user": string.orNull, "probe": string.orNull,
        "recipients": list(named("Recipient")),
    ]

    static let message = document(messageProperties)
    static let messageDetail = document(
        messageProperties.merging([
            "origin": string, "body": string, "parameters": string, "expires_at": time.orNull, "cycles": count,
            "attempt": document(["upstream": string, "started_at": time, "recipients": list(string)]).orNull,
            "ledger": list(named("Attempt")),
        ]) { _, new in new })

    static let attempt = document([
        "upstream": string, "started_at": time, "ended_at": time, "recipients": list(string), "outcome": string,
        "phase": string, "reply": string, "tls": string.orNull, "dot_sent": boolean.orNull,
    ])

    static let statistics = document([
        "messages": count, "recipients": count, "bytes": count, "oldest_age_seconds": count.orNull,
        "by_state": counts,
    ])

    static let group = document([
        "by": string, "value": string.orNull, "messages": count, "recipients": count, "bytes": count,
        "oldest_age_seconds": count, "ages": counts.orNull,
    ])

    static let orderLine = document([
        "queue_id": queueID, "result": string, "reason": string.orNull, "told": boolean,
    ])

    static let resolutionLine = document([
        "queue_id": queueID, "resolution": string, "recipients": list(string), "result": string,
        "reason": string.orNull,
    ])

    /// A filter as the object of an order: the parameters of a listing, where a number may stand for its digits. It may also
    /// have `last_reply`, a regular expression of the kind that the pages for people describe.
    static let filter = words([
        "state": state, "sender": text, "recipient": text, "domain": text, "upstream": text, "route": text,
        "stream": text, "user": text, "class": failureClass, "older_than": either(age, seconds),
        "newer_than": either(age, seconds),
        "limit": either(integer(1...QueueFilter.maxLimit), text("^[1-9][0-9]{0,8}$")), "after": queueID, "id": queueID,
    ])

    private static let text = either(word, integer(Int.min...Int.max))
    private static let seconds = integer(0...Int.max)

    private static func either(_ one: JSONSchema, _ other: JSONSchema) -> JSONSchema {
        JSONSchema(["anyOf": [one.json, other.json]])
    }
}
