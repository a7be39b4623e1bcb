internal import Alerts
import HTTPTypes

/// The routes of alerts, described.
extension Operation {
    private static let name = Parameter.path("name", .alertName, "Its name.")

    static let alerts: [Operation] = [
        .get(
            "/v1/alerts", "listAlerts", "alerts", "All alerts, and how each stands.", [],
            .lines(.named("Alert"), "Alerts")),
        .post(
            "/v1/alerts/{name}/test", "testAlert", "alerts", "Tells everybody of the alert once, as a test.", [name],
            .json(.order(["reason": .reason, "dry_run": .boolean])),
            .lines(
                .document([
                    "notify": .string, "result": .oneOf(["sent", "failed", "would_send"]), "reason": .string.orNull,
                ]), "The result for each receiver"), failures: [404, 503]),
        .post(
            "/v1/alerts/{name}/silence", "silenceAlert", "alerts", "Tells nobody of the alert for a while.", [name],
            .json(
                .order([
                    "reason": .reason, "dry_run": .boolean,
                    "for_seconds": JSONSchema([
                        "type": "number", "minimum": 1, "maximum": .decimal(UpstreamControlDocument.maxSeconds),
                    ]),
                ])), .json(.named("Alert"), "The alert afterwards"), failures: [404, 503]),
        .post(
            "/v1/alerts/{name}/unsilence", "unsilenceAlert", "alerts", "Ends a silence.", [name],
            .json(.order(["reason": .reason, "dry_run": .boolean])),
            .json(.named("Alert"), "The alert afterwards"), failures: [404, 503]),
    ]
}

extension JSONSchema {
    /// One that every relay has; there is no list of the others here.
    static let alertName = oneOf(AlertRule.defaults.map(\.name)).described("An alert; any name of relay.conf.")

    static let alert = document([
        "name": string, "when": oneOf(AlertKind.allCases.map(\.rawValue)),
        "severity": oneOf(AlertSeverity.allCases.map(\.rawValue)),
        "state": oneOf(["ok", "pending", "firing", "clearing"]),
        "subjects": list(
            document([
                "subject": string, "state": oneOf(["pending", "firing", "clearing"]), "since": time, "text": string,
                "labels": JSONSchema(["type": "object", "additionalProperties": ["type": "string"]]),
                "told_at": time.orNull,
            ])), "above": string.orNull, "for_seconds": number, "clear_for_seconds": number, "repeat_seconds": number,
        "upstream": string.orNull, "route": string.orNull, "stream": string.orNull, "notify": list(string),
        "is_default": boolean,
        "silence": document(["since": time, "until": time, "who": string.orNull, "reason": string.orNull]).orNull,
    ])
}
