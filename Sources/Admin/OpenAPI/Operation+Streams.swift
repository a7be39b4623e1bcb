internal import Delivery
import HTTPTypes
internal import Mail

/// The routes of streams, described.
extension Operation {
    private static let name = Parameter.path("name", .streamName, "Name of the stream.")
    private static let common: [String: JSONSchema] = [
        "reason": .reason, "dry_run": JSONSchema.boolean.described("Whether to change nothing."),
    ]

    private static func change(_ verb: StreamVerb, _ summary: String, failures: [Int]) -> Operation {
        .post(
            "/v1/streams/{name}/\(verb.rawValue)", "\(verb.rawValue)Stream", "streams", summary, [name],
            .json(.order(common)), .json(.named("Stream"), "The stream as it stands then"), failures: failures)
    }

    static let streams: [Operation] = [
        .get(
            "/v1/streams", "listStreams", "streams", "Streams that are known, or that something waits of.", [],
            .lines(.named("Stream"), "Streams"), failures: [503]),
        .get(
            "/v1/streams/{name}", "showStream", "streams", "One stream.", [name],
            .json(.named("Stream"), "The stream"), failures: [404, 503]),
        change(
            .pause, "Hands over nothing of a stream, known or not, until it is resumed; new mail is taken, and waits.",
            failures: [404, 409, 503]),
        change(.resume, "Lets a paused stream go on.", failures: [404, 409, 503]),
        .post(
            "/v1/streams/{name}/cancel", "cancelStream", "streams", "Drops what waits of a stream.", [name],
            .json(
                .order(
                    common.merging([
                        "bounce": JSONSchema.boolean.described("Whether senders are told."),
                        "wait_seconds": .attemptWait,
                    ]) { first, _ in first })),
            .lines(.named("OrderLine"), "What became of each message"),
            .json(
                .document(["stream": .string, "messages": .count, "recipients": .count]),
                "With dry_run, what would be dropped"), failures: [404, 503]),
    ]
}

extension JSONSchema {
    /// One that every relay takes; which others it does is in the pages for people.
    static let streamName = text("^[a-z0-9]{1,40}$")

    static let stream = document([
        "name": string, "state": oneOf(["active", "canary", "paused"]), "since": time.orNull, "accepted": count,
        "delivered": count, "failed": count, "waiting": count, "hard_failed": count, "bounce_rate": number,
        "rate_per_minute": count, "messages": count, "by_state": counts, "canary_percent": count.orNull,
        "paused_by": oneOf(StreamPause.Author.allCases.map(\.rawValue)).orNull, "paused_since": time.orNull,
        "reason": string.orNull, "unsaved": string.orNull,
    ])
}
