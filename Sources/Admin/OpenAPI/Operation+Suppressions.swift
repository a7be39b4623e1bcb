import HTTPTypes
internal import Suppression

/// The routes of the suppression list, described.
extension Operation {
    private static let pattern = JSONSchema.address.described(
        "An address; more kinds of patterns are in the pages for people.")
    private static let source = JSONSchema.oneOf(SuppressionSource.allCases.map(\.rawValue))
    /// One that the relay has; there is no list of them here.
    private static let route = JSONSchema.oneOf(["default"]).described(
        "The only route it is for; any name of relay.conf.")
    private static let dryRun = JSONSchema.boolean.described("Whether to change nothing.")

    /// Of those that match.
    private static func removal(required name: String) -> JSONValue {
        JSONSchema.order(
            [
                "source": source, "match": .word, "since": .time, "route": .word,
                "all": name == "all" ? JSONSchema(["enum": [true]]) : .boolean,
                "reason": .reason,
                "dry_run": dryRun, "patterns": JSONSchema(["type": "null"]),
            ], required: [name]
        ).json
    }

    static let suppressions: [Operation] = [
        .get(
            "/v1/suppressions", "listSuppressions", "suppressions", "Addresses and patterns that get no mail.",
            [
                .query("source", source, "Where it came from."), .query("route", .word, "The only route it is for."),
                .query("match", .word, "Part of the pattern."), .query("since", .time, "Added then or later."),
                .query("after", pattern, "Only those behind this pattern, the last one of the page before."),
                .query("limit", .integer(1...QueueFilter.maxLimit), "The most of them."),
            ], .lines(.named("Suppression"), "Suppressions"), failures: [503]),
        .get(
            "/v1/suppressions/check", "checkSuppression", "suppressions", "What would happen to mail to an address.",
            [
                Parameter(
                    name: "address", place: .query, schema: pattern, summary: "The address.", isRequired: true)
            ], .json(.named("SuppressionCheck"), "What would happen"), failures: [503]),
        .post(
            "/v1/suppressions/add", "addSuppressions", "suppressions", "Suppresses addresses and patterns.", [],
            .json(
                .order(
                    [
                        "patterns": .list(pattern).notEmpty, "route": route, "reason": .reason, "dry_run": dryRun,
                    ], required: ["patterns"]), isRequired: true),
            .lines(.document(["pattern": .string, "result": .string]), "The results"), failures: [409, 503]),
        .post(
            "/v1/suppressions/remove", "removeSuppressions", "suppressions",
            "Removes suppressions: those named, or those that match.", [],
            .json(
                JSONSchema([
                    "anyOf": [
                        JSONSchema.order(
                            [
                                "patterns": .list(pattern).notEmpty, "route": .word, "reason": .reason,
                                "dry_run": dryRun,
                            ],
                            required: ["patterns"]
                        ).json,
                        removal(required: "source"), removal(required: "match"),
                        removal(required: "since"), removal(required: "route"), removal(required: "all"),
                    ]
                ]), isRequired: true),
            .json(.document(["removed": .count]), "How many, for those that match"),
            .lines(.document(["pattern": .string, "result": .string]), "Results for those named"),
            failures: [409, 503]),
        Operation(
            method: .post, path: "/v1/suppressions/import", id: "importSuppressions", tag: "suppressions",
            summary: "Takes a file of suppressions, all of it or nothing.",
            parameters: [
                .query("reason", .reason, "Why."), .query("route", route, "The only route they are for."),
                .query("dry_run", .oneOf(["true", "false"]), "Whether to change nothing."),
            ], bodies: [Body(type: "text/plain", schema: .string)],
            answers: [
                .json(
                    .document(["added": .count, "replaced": .count, "expired": .count, "wide": .count]),
                    "The result")
            ], failures: [409, 503]),
    ]
}

extension JSONSchema {
    static let suppression = document([
        "pattern": string, "reason": string, "source": string, "added_at": time, "expires_at": time.orNull,
        "route": string.orNull, "added_by": string.orNull,
    ])

    static let suppressionCheck = document([
        "address": string, "result": string, "reply": string.orNull,
        "routes": list(document(["route": string, "result": string, "pattern": string.orNull])),
        "suppressions": list(named("Suppression")), "hard_bounces": count, "soft_bounces": count,
    ])
}
