internal import Delivery
import HTTPTypes

/// The routes of the queue, described.
extension Operation {
    private static let filter: [Parameter] = [
        .query("state", .state, "Of a recipient."), .query("sender", .word, "Part of the sender."),
        .query("recipient", .word, "Part of a recipient."), .query("domain", .word, "Of a recipient."),
        .query("upstream", .word, "The last one tried."), .query("route", .word, "Its name."),
        .query("stream", .word, "Its name."), .query("user", .word, "Its name."),
        .query("class", .failureClass, "Of the last failure."),
        .query("older_than", .age, "Accepted at least this long ago."),
        .query("newer_than", .age, "Accepted at most this long ago."),
        .query("limit", .integer(1...QueueFilter.maxLimit), "The most messages."),
        .query("after", .queueID, "Those behind this message: for the next page."),
        Parameter(name: "id", place: .query, schema: .queueID, summary: "Queue IDs.", isRepeatable: true),
    ]

    static let queue: [Operation] = [
        .get(
            "/v1/queue", "listQueue", "queue", "Messages in the queue.",
            filter + [
                .query("sort", .oneOf(QueueSort.allCases.map(\.rawValue)), "By what."),
                .query("reverse", .oneOf(["true", "false"]), "Whether the last comes first."),
            ], .lines(.named("Message"), "Messages"), failures: [503]),
        .get(
            "/v1/queue/count", "countQueue", "queue", "How many messages match.", filter,
            .json(.document(["messages": .count]), "Their number"), failures: [503]),
        .get(
            "/v1/queue/stats", "queueStatistics", "queue", "Totals; with \"by\", lines for groups.",
            filter + [.query("by", .oneOf(QueueGrouping.allCases.map(\.rawValue)), "What to group by.")],
            .json(.named("Statistics"), "Totals"), .lines(.named("Group"), "Totals, or with \"by\" groups"),
            failures: [503]),
        .get(
            "/v1/queue/{id}", "showMessage", "queue", "One message in detail.", [.id],
            .json(.named("MessageDetail"), "The message"), failures: [404, 503]),
        .get(
            "/v1/queue/{id}/content", "messageContent", "queue", "A message as it was handed in.", [.id],
            .text("message/rfc822", "The message"), failures: [404, 503]),
        .get(
            "/v1/queue/{id}/export", "exportMessage", "queue", "A message with its envelope, for an import.", [.id],
            .text("message/rfc822", "The export"), failures: [404, 503]),
        Operation(
            method: .post, path: "/v1/queue/import", id: "importMessage", tag: "queue",
            summary: "Takes a message as exported.", parameters: [.query("reason", .reason, "Why.")],
            bodies: [
                Body(type: "message/rfc822", schema: .string, isRequired: true),
                Body(type: "text/plain", schema: smallExport, isRequired: true),
            ],
            answers: [.json(.document(["queue_id": .queueID]), "Its new queue ID")], failures: [503]),
    ]

    /// The least that an export has.
    private static let smallExport = JSONSchema.text(
        "^X-Envelope-Version: 1\r\nX-Envelope-Sender: <[a-z]{1,9}@example\\.com>\r\n"
            + "X-Envelope-Recipient: <[a-z]{1,9}@example\\.com>\r\nSubject: [a-z]{1,9}\r\n\r\n[a-z]{1,9}\r\n$")

    // MARK: Orders

    static let orders: [Operation] =
        QueueVerb.allCases.flatMap { verb in
            [order(verb), orderAboutOne(verb)]
        } + resolutions

    private static func order(_ verb: QueueVerb) -> Operation {
        .post(
            "/v1/queue/\(verb.rawValue)", "\(verb.rawValue)Messages", "orders", words(verb) + " many messages.", [],
            .json(
                JSONSchema([
                    "oneOf": [
                        body(verb, ["ids": .list(.queueID)], "ids").json,
                        body(verb, ["filter": .filter], "filter").json,
                    ]
                ]), isRequired: true), .lines(.named("OrderLine"), "What became of each"), failures: [404, 503])
    }

    private static func orderAboutOne(_ verb: QueueVerb) -> Operation {
        .post(
            "/v1/queue/{id}/\(verb.rawValue)", "\(verb.rawValue)Message", "orders", words(verb) + " one message.",
            [.id],
            .json(body(verb, [:]), isRequired: verb == .move), .lines(.named("OrderLine"), "It is done"),
            failures: [404, 409, 503])
    }

    private static func words(_ verb: QueueVerb) -> String {
        switch verb {
        case .retry: "Tries again"
        case .hold: "Holds"
        case .release: "Releases"
        case .drop: "Drops"
        case .move: "Moves to an upstream"
        }
    }

    private static func body(_ verb: QueueVerb, _ which: [String: JSONSchema], _ required: String...) -> JSONSchema {
        var properties = which
        properties["reason"] = .reason
        properties["wait_seconds"] = .attemptWait
        if verb == .drop { properties["bounce"] = .boolean.described("Whether senders are told.") }
        if verb == .move { properties["to"] = .upstreamName.described("The upstream.") }
        return .order(properties, required: required + (verb == .move ? ["to"] : []))
    }

    private static let resolution = JSONSchema.oneOf(InDoubtResolution.allCases.map(\.rawValue))

    private static let resolutions: [Operation] = [
        .post(
            "/v1/queue/resolve", "resolveMessages", "orders", "Settles what is in doubt in many messages.", [],
            .json(
                .order(
                    ["resolution": resolution, "filter": .doubtFilter, "reason": .reason],
                    required: ["resolution", "filter"]), isRequired: true),
            .lines(.named("ResolutionLine"), "What became of each"), failures: [503]),
        .post(
            "/v1/queue/{id}/resolve", "resolveMessage", "orders", "Settles what is in doubt in one message.", [.id],
            .json(
                .order(
                    ["resolution": resolution, "recipients": .list(.string).notEmpty, "reason": .reason],
                    required: ["resolution"]), isRequired: true),
            .json(
                JSONSchema([
                    "type": "object",
                    "properties": [
                        "queue_id": JSONSchema.queueID.json, "resolution": resolution.json,
                        "recipients": JSONSchema.list(.string).json,
                    ], "required": ["queue_id", "resolution", "recipients"],
                ]), "What was settled"), failures: [404, 409, 503]),
    ]
}

extension JSONSchema {
    /// The same filter, for what is in doubt only.
    fileprivate static let doubtFilter = JSONSchema(
        filter.json.with([
            "properties": (filter.json["properties"] ?? [:]).with(["state": oneOf(["in_doubt"]).json])
        ]))
}
