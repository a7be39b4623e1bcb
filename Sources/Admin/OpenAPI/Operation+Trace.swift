internal import Dialogue

/// Conversations, live.
extension Operation {
    static let traces: [Operation] = [
        .get(
            "/v1/trace", "trace", "trace",
            "SMTP conversations as they happen, without credentials; one of upstream, client and recipient is needed.",
            [
                .query("upstream", .upstreamName, "All sessions to it."),
                .query("client", .word, "All sessions of clients at this address or in this network."),
                .query("recipient", .word, "All transactions with such a recipient; * stands for any text."),
                .query("content", .oneOf(["true", "false"]), "Whether the beginning of each message is shown."),
                .query("for", .age, "How long: 10 minutes unless given, a day at most."),
                .query("reason", .word, "Why."),
            ],
            .events(.named("TraceLine"), "Server-sent events: trace, with one line each, and end"),
            failures: [404, 429, 503])
    ]
}

extension Operation.Answer {
    /// Server-sent events, each with such data.
    static func events(_ schema: JSONSchema, _ summary: String) -> Self {
        Self(status: 200, type: "text/event-stream", schema: schema, summary: summary)
    }
}

extension JSONSchema {
    static let traceLine = document([
        "at": time, "session": count.orNull, "side": oneOf(["client", "upstream"]).orNull, "peer": string.orNull,
        "upstream": string.orNull, "direction": oneOf(TraceLine.Direction.allCases.map(\.rawValue)), "text": string,
    ])
}
