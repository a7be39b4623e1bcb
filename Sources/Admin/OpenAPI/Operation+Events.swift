internal import Telemetry

extension Operation {
    static let events: [Operation] = [
        .get(
            "/v1/events", "followEvents", "events",
            "What happens, as server-sent events: the data of each is an object, or a line as in the log.",
            [
                Parameter(
                    name: "type", place: .query, schema: .oneOf(EventType.names), summary: "Only events of this name.",
                    isRepeatable: true),
                .query("level", .oneOf(EventQuestion.levels), "Only events of this level and above."),
                .query("queue_id", .queueID, "Only events about this message."),
                .query("upstream", .word, "Only events about this upstream; * stands for any text."),
                .query("sender", .word, "Only events with this in the sender's address; <> is the null sender."),
                .query("recipient", .word, "Only events with this in a recipient's address."),
                .query("since", .word, "Only events since this time, or no older than this: 90s, 15m, 2h."),
                .query(
                    "follow", .oneOf(["true", "false"]),
                    "Whether to go on with what happens next; false for the events that there are, and the end."),
                .query("format", .oneOf(LogFormat.allCases.map(\.rawValue)), "Of the data of each event."),
                Parameter(
                    name: "Last-Event-ID", place: .header, schema: .text("^[0-9a-f]{1,16}-[0-9]{1,18}$"),
                    summary: "The last event that the reader has."),
            ], .text(EventStream.mediaType, "Events"), failures: [503])
    ]
}
