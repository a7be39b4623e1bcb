internal import Delivery
import HTTPTypes
internal import History

/// Every route of the API, described.
extension Operation {
    static let all: [Operation] =
        page + probes + sessions + messages + events + traces + queue + orders + upstreams + audit + history
        + streams + suppressions + webhooks + alerts + roundTrips + users + configuration

    // MARK: Probes

    private static let probes: [Operation] = [
        .get("/livez", "live", "probes", "Whether the relay runs.", [], .text("text/plain; charset=utf-8", "It does")),
        Operation(
            method: .head, path: "/livez", id: "liveHead", tag: "probes", summary: "Whether the relay runs.",
            answers: [.text("text/plain; charset=utf-8", "It does")]),
        .get(
            "/readyz", "ready", "probes", "Whether mail is taken; in detail for role read.",
            [.query("verbose", .any, "Whether to name each part: with any value but false and 0, or none.")],
            .text("text/plain; charset=utf-8", "It is"), .json(readiness, "It is"),
            .text("text/plain; charset=utf-8", "It is not", status: 503), .json(readiness, "It is not", status: 503)),
        Operation(
            method: .head, path: "/readyz", id: "readyHead", tag: "probes", summary: "Whether mail is taken.",
            answers: [
                .text("text/plain; charset=utf-8", "It is"),
                .text("text/plain; charset=utf-8", "It is not", status: 503),
            ]),
        .get(
            "/metrics", "metrics", "probes", "Figures for Prometheus.", [],
            .text("text/plain; version=0.0.4; charset=utf-8", "Metrics"), failures: [503]),
        .get(
            "/v1/health", "health", "probes", "Whether the relay works.", [],
            .json(.document(["status": .string, "problems": .list(.string)]), "It does"),
            .json(.document(["status": .string, "problems": .list(.string)]), "It does not", status: 503)),
        .get(
            "/v1/openapi.json", "description", "probes", "This description.", [],
            .json(JSONSchema(["type": "object"]), "OpenAPI 3.1")),
    ]

    private static let readiness = JSONSchema.document([
        "status": .oneOf(["ready", "not_ready"]),
        "parts": .list(
            JSONSchema([
                "type": "object",
                "properties": [
                    "name": ["type": "string"], "ok": ["type": "boolean"], "needed": ["type": "boolean"],
                    "detail": ["type": "string"],
                ], "required": ["name", "ok", "needed"],
            ])),
    ])

    // MARK: Sessions of browsers

    private static let login = JSONSchema.document(["name": .string, "role": .string])

    private static let sessions: [Operation] = [
        Operation(
            method: .post, path: "/v1/session", id: "logIn", tag: "sessions",
            summary:
                "Begins a session for the holder of a token, not of a session; its cookie then stands for the token.",
            answers: [.json(login, "It has begun", status: 201)], failures: [409, 503]),
        .get(
            "/v1/session", "whoAmI", "sessions", "Whose token or session this is.", [], .json(login, "Who"),
            failures: [409]),
        Operation(
            method: .delete, path: "/v1/session", id: "logOut", tag: "sessions", summary: "Ends the session.",
            answers: [.none(204, "It has ended")]),
    ]

    // MARK: Upstreams

    private static let upstreams: [Operation] =
        [
            .get(
                "/v1/upstreams", "listUpstreams", "upstreams", "All upstreams, in order of priority.", [],
                .lines(.named("Upstream"), "Upstreams")),
            .get(
                "/v1/routes", "listRoutes", "upstreams", "All routes, in the order of relay.conf.", [],
                .lines(.named("Route"), "Routes")),
            .get(
                "/v1/paces", "listPaces", "upstreams", "How fast mail goes to recipient domains.", [],
                .lines(.named("Pace"), "Paces, in the order of relay.conf")),
            .get(
                "/v1/upstreams/{name}", "showUpstream", "upstreams", "One upstream in detail.",
                [.path("name", .upstreamName, "Its name.")], .json(.named("UpstreamDetail"), "The upstream"),
                failures: [404]),
            .post(
                "/v1/upstreams/{name}/quota", "correctQuota", "upstreams",
                "Says how many recipients an upstream has been given in the present period of a quota.",
                [.path("name", .upstreamName, "Its name.")],
                .json(
                    .order(
                        [
                            "used": .integer(0...QuotaOrderDocument.most), "quota": .quota, "reason": .reason,
                            "dry_run": .boolean,
                        ], required: ["used"]), isRequired: true),
                .json(
                    JSONSchema([
                        "anyOf": [JSONSchema.named("UpstreamDetail").json, JSONSchema.named("QuotaImpact").json]
                    ]), "The upstream afterwards; with \"dry_run\" what would change"), failures: [404, 503]),
        ] + UpstreamControl.Action.allCases.map(control)

    private static func control(_ action: UpstreamControl.Action) -> Operation {
        var properties = [
            "reason": JSONSchema.reason, "dry_run": JSONSchema.boolean.described("Whether to change nothing."),
        ]
        if action.takesDuration {
            properties["for_seconds"] = JSONSchema([
                "type": "number", "minimum": .decimal(0.001), "maximum": .decimal(UpstreamControlDocument.maxSeconds),
            ])
        }
        return Operation(
            method: .post, path: "/v1/upstreams/{name}/\(action.rawValue)", id: "\(action.rawValue)Upstream",
            tag: "upstreams", summary: "Gives the order \(action.rawValue) for an upstream.",
            parameters: [.path("name", .upstreamName, "Its name.")], bodies: [.json(.order(properties))],
            answers: [
                .json(
                    JSONSchema([
                        "anyOf": [JSONSchema.named("UpstreamDetail").json, JSONSchema.named("UpstreamImpact").json]
                    ]), "The upstream afterwards; with \"dry_run\" what would change")
            ], failures: [404, 503],
            route: "POST /v1/upstreams/{name}/{action}")
    }

    // MARK: Users

    private static let users: [Operation] = [
        .get(
            "/v1/users", "listUsers", "users", "Users with a guard, and what is usual for them.", [],
            .lines(.named("User"), "Users")),
        .post(
            "/v1/users/trust", "trustUser", "users", "Ends the suspicion of a user.", [],
            .json(
                .order(["user": .string, "reason": .reason, "dry_run": .boolean], required: ["user"]), isRequired: true),
            .json(.named("User"), "The user afterwards"), failures: [404, 503]),
    ]

    // MARK: relay.conf

    private static let configuration: [Operation] = [
        Operation(
            method: .post, path: "/v1/reload", id: "reload", tag: "configuration",
            summary: "Reads relay.conf again, and puts what has changed into force, all of it or nothing.",
            // The query takes the same, for people: what is said both ways is refused, which no schema can tell.
            bodies: [.json(.order(["reason": .reason, "dry_run": .boolean]))],
            answers: [.json(.named("Reload"), "What has changed")], failures: [422, 503])
    ]

    // MARK: The audit log

    private static let audit: [Operation] = [
        .get(
            "/v1/audit", "listAudit", "audit", "What people and the relay have decided.",
            [
                .query("since", .time, "Then or later."), .query("until", .time, "Before."),
                .query("who", .word, "Part of who decided it."), .query("what", .word, "Part of what was decided."),
                .query("subject", .word, "Part of what it is about; a whole address is found by its keyed hash, too."),
                .query("before", .integer(1...Int.max), "Only records with lower numbers: the page before."),
                .query("limit", .integer(1...QueueFilter.maxLimit), "The most records: the last ones."),
            ], .lines(.named("AuditRecord"), "Records"), failures: [409, 503]),
        .get(
            "/v1/audit/verify", "verifyAudit", "audit", "Whether the audit log is whole.",
            [.query("head", .text("^[0-9a-f]{64}$"), "A head that the log had.")],
            .json(.named("AuditVerdict"), "What was found"), failures: [409, 503]),
    ]

    // MARK: What has left

    private static let historyFilter: [Parameter] = [
        .query("sender", .word, "An address; * stands for any text."),
        .query("recipient", .word, "An address; * stands for any text."),
        .query("domain", .word, "Of a recipient; * stands for any text."), .query("upstream", .word, "Its name."),
        .query("route", .word, "Its name."), .query("stream", .word, "Its name."), .query("user", .word, "Its name."),
        .query("message_id", .word, "With or without angle brackets."), .query("queue_id", .queueID, "Its queue ID."),
        .query("class", .failureClass, "Of a failure."),
        .query("outcome", .oneOf(HistoryQuestion.outcomes), "Of a recipient."),
        .query("since", .time, "Accepted then or later."),
        .query("until", .time, "Accepted before."), .query("older_than", .age, "Accepted at least this long ago."),
        .query("newer_than", .age, "Accepted at most this long ago."),
    ]

    private static let history: [Operation] = [
        .get(
            "/v1/history", "listHistory", "history", "Messages that have left, newest first, a page at a time.",
            historyFilter + [
                .query("limit", .integer(1...QueueFilter.maxLimit), "The most messages."),
                .query("after", .integer(1...HistoryQuestion.maxCursor), "The cursor of a message: those behind it."),
            ],
            .json(
                JSONSchema([
                    "type": "object",
                    "properties": [
                        "records": JSONSchema.list(.named("HistoryRecord")).json,
                        "matching": JSONSchema.list(.list(.count)).json,
                        "next": JSONSchema.count.orNull.json, "progress": JSONSchema.number.orNull.json,
                        "problems": JSONSchema.list(.string).json,
                    ], "required": ["records"],
                ]), "A page"), failures: [503]),
        .get(
            "/v1/history/stats", "historyStatistics", "history", "What became of recipients, by route and upstream.",
            historyFilter, .lines(.named("HistoryStatistics"), "How far it is, then the figures"), failures: [503]),
        .get(
            "/v1/history/{id}", "showHistory", "history", "One message that has left.", [.id],
            .json(.named("HistoryRecord"), "The message"), failures: [404, 503]),
        .get(
            "/v1/history/{id}/content", "historyContent", "history", "Its content, if that is kept.", [.id],
            .text("message/rfc822", "The message"), failures: [404, 503]),
        .post(
            "/v1/history/erase", "eraseHistory", "history", "Takes an address out of the history.", [],
            .json(
                .order(["recipient": .address, "reason": .reason, "dry_run": .boolean], required: ["recipient"]),
                isRequired: true),
            .json(
                JSONSchema([
                    "type": "object",
                    "properties": ["recipient": ["type": "string"], "recipients": JSONSchema.count.json],
                    "required": ["recipient", "recipients"],
                ]), "How many recipients had it"), failures: [503]),
    ]
}
