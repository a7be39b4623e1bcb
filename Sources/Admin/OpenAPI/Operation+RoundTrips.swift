import HTTPTypes
internal import RoundTrips

/// The routes of round trips, described.
extension Operation {
    static let roundTrips: [Operation] = [
        .get(
            "/v1/round-trips", "listRoundTrips", "round trips", "All round trips, and how each stands.", [],
            .lines(.named("RoundTrip"), "Round trips")),
        .get(
            "/v1/round-trips/report", "reportRoundTrips", "round trips", "How the round trips of a period have gone.",
            [
                .query("since", .time, "Sent then or later; without it a day before until."),
                .query("until", .time, "Sent before; without it now."), name("name", "Of a round trip; all without."),
                name("upstream", "Of an upstream; all without, and what goes as routed."),
                .query("format", .oneOf(RoundTripQuestion.Format.allCases.map(\.rawValue)), "json without it."),
                .query("part", .oneOf(RoundTripQuestion.Part.allCases.map(\.rawValue)), "summary without it."),
            ], .json(.roundTripReport, "The report"),
            .lines(.any, "The points, or the incidents"),
            .text("text/csv; charset=utf-8; header=present", "The same as a table"),
            .text("text/html; charset=utf-8", "A page with charts")),
        .post(
            "/v1/round-trips/run", "runRoundTrips", "round trips",
            "Sends a probe now on each path, and waits for them to arrive.", [],
            .json(
                .order([
                    "names": .list(.word), "upstreams": .list(.word), "reason": .reason, "dry_run": .boolean,
                    "wait_seconds": JSONSchema([
                        "type": "number", "minimum": 0,
                        "maximum": .number(Int(RoundTripOrderDocument.maxWait.components.seconds)),
                    ]),
                ])),
            .lines(.named("RoundTripRun"), "What became of each, as soon as it is known"), failures: [404, 503]),
    ]

    private static func name(_ name: String, _ summary: String) -> Parameter {
        Parameter(name: name, place: .query, schema: .word, summary: summary, isRepeatable: true)
    }
}

extension JSONSchema {
    private static let states = oneOf(TripVerdict.allCases.map(\.rawValue))
    private static let path: [String: JSONSchema] = ["name": string, "upstream": string.orNull, "mailbox": string]

    static let roundTrip = document(
        path.merging([
            "state": states.orNull, "cause": string.orNull, "since": time.orNull, "last_seconds": number.orNull,
            "p50_seconds": number.orNull, "p95_seconds": number.orNull, "p99_seconds": number.orNull,
            "availability_24h": number.orNull, "inbox_share": number.orNull, "junk_share": number.orNull,
            "sent_24h": count, "under_way": count,
        ]) { first, _ in first })

    static let roundTripRun = document(
        path.merging([
            "result": oneOf(RoundTripRunDocument.Result.allCases.map(\.rawValue)), "reason": string.orNull,
            "sent_at": time.orNull, "seconds": number.orNull, "queue_seconds": number.orNull,
            "handover_seconds": number.orNull, "transit_seconds": number.orNull, "lookup_seconds": number.orNull,
            "folder": oneOf(TripFolder.allCases.map(\.rawValue)).orNull, "spf": string.orNull, "dkim": string.orNull,
            "dmarc": string.orNull,
            "hops": list(
                document(["by": string.orNull, "seconds": number.orNull, "skew_seconds": number.orNull])
            ).orNull,
        ]) { first, _ in first })

    static let roundTripReport = document([
        "from": time, "until": time, "resolution": oneOf(TripLevel.allCases.map(\.word)),
        "round_trips": list(
            document(
                path.merging(TripRollup.figureNames.map { ($0, $0.isCount ? count : number.orNull) }) { _, new in new })
        ),
        "incidents": list(
            document(
                path.merging([
                    "state": states, "cause": string, "began_at": time, "ended_at": time.orNull,
                    "seconds": number.orNull,
                ]) { first, _ in first })),
    ])
}

extension String {
    fileprivate var isCount: Bool { TripCount(rawValue: self) != nil }
}
