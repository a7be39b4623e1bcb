internal import Delivery
internal import OAuth
internal import Upstreams

/// The schemas that descriptions refer to by name.
extension JSONSchema {
    static let components: [String: JSONSchema] = [
        "Problem": problem, "Recipient": recipient, "Message": message, "MessageDetail": messageDetail,
        "Attempt": attempt, "Statistics": statistics, "Group": group, "OrderLine": orderLine,
        "ResolutionLine": resolutionLine, "Upstream": upstream, "UpstreamDetail": upstreamDetail,
        "UpstreamImpact": upstreamImpact, "QuotaImpact": quotaImpact, "Route": route, "Pace": pace,
        "AuditRecord": auditRecord, "AuditVerdict": auditVerdict, "HistoryRecord": historyRecord,
        "HistoryStatistics": historyStatistics, "Reload": reload, "Suppression": suppression,
        "SuppressionCheck": suppressionCheck, "Alert": alert, "User": user, "TraceLine": traceLine, "Webhook": webhook,
        "WebhookEvent": webhookEvent, "WebhookOrderLine": webhookOrderLine, "Stream": stream,
        "RoundTrip": roundTrip, "RoundTripRun": roundTripRun,
    ]

    /// RFC 9457; `error` is the same as `detail`.
    static let problem = document([
        "type": string, "title": string, "status": integer(400...599), "detail": string, "error": string,
    ])

    /// The same about mail that was refused.
    static let refusal = JSONSchema(
        problem.json.with([
            "properties": (problem.json["properties"] ?? [:]).with([
                "smtp_code": integer(200...599).json, "smtp_reply": string.json, "address": string.json,
            ])
        ]))

    // MARK: relay.conf

    static let reload = document([
        "changed": list(
            document([
                "key": string, "name": string.orNull, "change": oneOf(["added", "removed", "changed", "reordered"]),
                "before": string.orNull, "after": string.orNull, "needs_restart": boolean,
            ])), "needs_restart": list(string), "problems": list(configurationProblem),
    ])

    /// Where something is wrong with relay.conf; what does not apply is left out.
    private static let configurationProblem = JSONSchema([
        "type": "object",
        "properties": [
            "severity": oneOf(["error", "warning"]).json, "file": string.json, "line": count.json, "key": string.json,
            "message": string.json, "remedy": string.json,
        ], "required": ["severity", "file", "message"],
    ])

    // MARK: Upstreams

    private static let upstreamProperties: [String: JSONSchema] = [
        "name": string, "priority": count, "address": string,
        "circuit": oneOf(CircuitState.allCases.map(\.rawValue)), "awaits_trial": boolean,
        "admin_state": oneOf(AdminState.allCases.map(\.rawValue)), "admin_reason": string.orNull,
        "admin_until": time.orNull, "share": number, "rate": number.orNull, "connections": count,
        "quotas": list(
            document([
                "quota": string, "limit": count, "used": count, "left": count, "resets_at": time.orNull,
                "free_at": time.orNull,
            ])),
        "connection_limit": count, "connection_limit_auto": boolean,
        "in_flight": count, "delivered_total": count, "failed_total": count, "latency_p50_ms": number.orNull,
        "latency_p95_ms": number.orNull, "messages_per_session": count.orNull, "sessions_allowed": count.orNull,
        "recipients_per_transaction": count.orNull, "lock_step": boolean, "last_error": string.orNull, "since": time,
    ]

    static let upstream = document(upstreamProperties)
    static let upstreamDetail = document(
        upstreamProperties.merging([
            "reason": string, "admin_since": time, "unsaved": string.orNull, "next_step_at": time.orNull,
            "last_probe": document([
                "at": time, "took_ms": number, "healthy": boolean, "failed_phase": string.orNull, "text": string,
            ]).orNull,
            "token": document([
                "state": oneOf(TokenMachine.Stage.allCases.map(\.rawValue)), "valid_until": time.orNull,
                "renewed_at": time.orNull, "last_error": string.orNull,
            ]).orNull,
            "addresses": list(
                document([
                    "address": string, "state": string, "since": time, "until": time.orNull, "reason": string.orNull,
                    "sessions": count,
                ])), "greeting_ms": number.orNull, "greeting_patience_ms": number, "routes": list(string),
            "history": list(document(["at": time, "from": string, "to": string, "share": number, "cause": string])),
            "answers": list(
                document(["at": time, "phase": string, "text": string, "verdict": string.orNull, "rule": string.orNull])
            ),
        ]) { _, new in new })

    static let upstreamImpact = document([
        "upstream": string, "action": string, "in_flight": count, "lined_up": count,
        "routes": list(
            document([
                "route": string, "messages": count, "recipients": count, "before": list(string), "after": list(string),
            ])),
    ])

    static let quotaImpact = document(["upstream": string, "quota": string, "before": count, "after": count])

    static let route = document([
        "name": string, "mode": string, "overflow": string, "upstreams": list(string), "last_resort": string.orNull,
    ])

    static let pace = document([
        "pace": string, "domain": string.orNull, "rate": number.orNull, "max_rate": number.orNull, "reduced": boolean,
        "in_flight": count, "max_connections": count.orNull, "waiting": count, "next_at": time.orNull,
    ])

    static let user = document([
        "name": string, "guard": oneOf(["slow", "hold"]), "state": oneOf(["learning", "usual", "suspected"]),
        "cause": string.orNull, "since": time.orNull, "usual": count, "limit": count.orNull, "recipients": count,
    ])

    // MARK: What was decided, and what has left

    static let auditRecord = document([
        "number": count, "at": time, "who": string, "what": string, "subject": string, "reason": string.orNull,
        "before": string.orNull, "after": string.orNull,
    ])

    static let auditVerdict = document([
        "ok": boolean, "records": count, "head": string.orNull, "head_found_at": count.orNull, "repairs": count,
        "problems": list(document(["line": count, "reason": string])), "problem_count": count,
    ])

    static let historyRecord = document([
        "queue_id": queueID, "message_id": string, "received_at": time, "finished_at": time, "size": count,
        "sender": string, "user": string.orNull, "route": string.orNull, "stream": string.orNull, "cursor": count,
        "probe": string.orNull,
        "recipients": list(
            document([
                "address": string.orNull, "outcome": string, "upstream": string.orNull, "reply": string.orNull,
                "class": string.orNull, "attempts": count, "seconds": number, "route": string, "stream": string,
                "first_attempt_at": time.orNull, "finished_at": time,
            ])),
    ])

    static let historyStatistics = document([
        "route": string, "upstream": string.orNull, "recipients": count, "delivered": count, "failed": count,
        "dropped": count, "p50_seconds": number.orNull, "p95_seconds": number.orNull, "p99_seconds": number.orNull,
    ])
}
