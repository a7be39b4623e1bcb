import HTTPTypes

/// The routes of webhooks, described.
extension Operation {
    /// One that the relay has; there is no list of them here.
    private static let name = Parameter.path("name", .word, "Name of the webhook.")

    private static func order(_ verb: WebhookVerb, _ id: String, _ summary: String, failures: [Int]) -> Operation {
        let common: [String: JSONSchema] = [
            "reason": .reason, "dry_run": JSONSchema.boolean.described("Whether to change nothing."),
        ]
        let named = common.merging(["events": .list(.integer(1...Int(Int32.max))).notEmpty]) { first, _ in first }
        let all = common.merging(["all": JSONSchema(["enum": [true]])]) { first, _ in first }
        return .post(
            "/v1/webhooks/{name}/\(verb.rawValue)", id, "webhooks", summary, [name],
            .json(
                JSONSchema([
                    "anyOf": [
                        JSONSchema.order(named, required: ["events"]).json,
                        JSONSchema.order(all, required: ["all"]).json,
                    ]
                ]), isRequired: true),
            .json(
                .document(["events": .count, "results": .list(.named("WebhookOrderLine"))]),
                "How many, and each that was named"), failures: failures)
    }

    static let webhooks: [Operation] = [
        .get(
            "/v1/webhooks", "listWebhooks", "webhooks", "Webhooks, how their receivers stand, and what waits for them.",
            [], .lines(.named("Webhook"), "Webhooks")),
        .get(
            "/v1/webhooks/{name}/events", "listWebhookEvents", "webhooks", "Events in the outbox of a webhook.",
            [
                name, .query("state", .oneOf(["dead", "waiting"]), "Given up (the default), or on their way."),
                .query("after", .count, "Only those behind this number, that of the last one of the page before."),
                .query("limit", .integer(1...QueueFilter.maxLimit), "The most of them."),
            ], .lines(.named("WebhookEvent"), "Events"), failures: [404, 503]),
        order(.resend, "resendWebhookEvents", "Sends dead events again.", failures: [404, 409, 503]),
        order(
            .drop, "dropWebhookEvents",
            "Drops events: those named, or every dead one; every one, if relay.conf no longer names the webhook.",
            failures: [404, 503]),
    ]
}

extension JSONSchema {
    static let webhook = document([
        "name": string, "receiver": string.orNull, "events": list(string), "users": list(string),
        "streams": list(string), "waiting": count, "dead": count, "bytes": count, "failures": count,
        "reason": string.orNull, "next_attempt_at": time.orNull,
    ])

    static let webhookOrderLine = document([
        "number": count, "result": oneOf(WebhookOrderLine.Result.allCases.map(\.rawValue)), "reason": string.orNull,
    ])

    static let webhookEvent = document([
        "number": count, "id": string, "state": oneOf(["dead", "waiting"]), "type": string, "queue_id": string,
        "recipient": string, "recorded_at": time, "attempts": count, "next_attempt_at": time.orNull,
        "reason": string.orNull,
    ])
}
