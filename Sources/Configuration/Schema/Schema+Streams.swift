internal import Delivery

extension Schema {
    static let stream = Section(
        "stream", isList: true, isComment: true,
        "What streams may do: the mail of a campaign or an application, as X-Posthorse-Stream, a user or a route names it. "
            + "One table for each, tried in order; a stream takes the first whose name fits. At most 256.",
        prototype: StreamSettings(name: ""),
        keys: [
            .required(
                "name", \.name, .streamPattern, example: "newsletter-*",
                "Name of a stream, or a pattern with \"*\"; case is ignored. Each stream that fits is counted by itself."
            ),
            .optional(
                "pause_at_bounce_rate", \.pauseAtBounceRate, .number(0...1),
                "Share of recipients with a hard failure within the last hour from which on the relay pauses the stream; 0 "
                    + "is never."),
            .optional(
                "min_messages", \.minMessages, .integer(1...1_000_000),
                "Recipients that must have been delivered or have failed before pause_at_bounce_rate, or a step of canary, "
                    + "decides."),
            .optional(
                "canary", \.canary, .steps,
                "Percentages of a new stream's mail that are handed over, step by step, while its hard failures stay below "
                    + "pause_at_bounce_rate (0.1 if that is 0), for example [10, 25, 50, 100]; [] is all at once."),
            .optional(
                "max_rate", \.maxRate, .rate, "Most messages handed over per period; what is beyond waits."),
        ])
}
