import Outbound
import Webhooks

@testable import Configuration

extension KeyCase {
    private static func webhook(_ configuration: RelayConfiguration) -> WebhookSettings {
        configuration.webhooks.first ?? ConfigurationDraft.webhook
    }

    private static let urlRemedy = "write for example \"https://app.example.com/posthorse\""
    private static let eventRemedy = "write for example [\"delivered\", \"failed\"]"
    private static let allEvents = "delivered deferred failed in_doubt suppressed dropped"
    private static let noUnit = "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"

    static let webhooks: [KeyCase] = webhookReceivers + webhookTimes

    private static let webhookReceivers: [KeyCase] = [
        KeyCase(
            "webhook.name", default: "required", good: ("\"app-1\"", "app-1"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [
                (
                    "\"my app\"",
                    "\"my app\" is not a name; write 1 to 64 letters, digits, dots, hyphens and underscores"
                )
            ]
        ) { webhook($0).name },
        KeyCase(
            "webhook.url", default: "required",
            good: ("\"https://app.test:8443/x?y=1\"", "https://app.test:8443/x?y=1"),
            wrongType: ("1", "the value is not a URL; \(urlRemedy)"),
            outOfBounds: [
                ("\"ftp://app.test/\"", "the value does not begin with https:// or http://; \(urlRemedy)"),
                (
                    "\"https://a:b@app.test/\"",
                    "the value has a user name or password in it: use a secret file; \(urlRemedy)"
                ),
                (
                    "\"https://10.0.0.1/\"",
                    "the value has a private address; use another, or write private = true if you mean it"
                ),
            ]
        ) { webhook($0).url.text },
        KeyCase(
            "webhook.secret_file", default: "none", good: ("\"/dev/null\"", "/dev/null"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/webhook.secret\"")]
        ) { webhook($0).secretFile ?? "none" },
        KeyCase(
            "webhook.events", default: allEvents, good: ("[\"failed\", \"in_doubt\"]", "failed in_doubt"),
            wrongType: ("\"failed\"", "\"failed\" is not a list of words; \(eventRemedy)"),
            outOfBounds: [
                ("[]", "a list is empty; \(eventRemedy)")
            ]
        ) { webhook($0).events.map(\.rawValue).joined(separator: " ") },
        KeyCase(
            "webhook.users", default: "", good: ("[\"shop\", \"blog\"]", "shop blog"),
            wrongType: ("\"shop\"", "\"shop\" is not a list of names; write for example [\"shop\", \"blog\"]"),
            outOfBounds: [("1", "1 is not a list of names; write for example [\"shop\", \"blog\"]")]
        ) { webhook($0).users.joined(separator: " ") },
        KeyCase(
            "webhook.ca_file", default: "none",
            good: ("\"/etc/ssl/certs/ca-certificates.crt\"", "/etc/ssl/certs/ca-certificates.crt"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/ca.pem\"")]
        ) { webhook($0).caFile ?? "none" },
        KeyCase(
            "webhook.private", default: "false", good: ("true", "true"),
            wrongType: ("\"yes\"", "\"yes\" is not a boolean; write true or false"),
            outOfBounds: [("1", "1 is not a boolean; write true or false")]
        ) { "\(webhook($0).allowsPrivate)" },
    ]

    private static let webhookTimes: [KeyCase] = [
        KeyCase(
            "webhook.timeout", default: "10s", good: ("\"2s\"", "2s"), wrongType: ("30", noUnit),
            outOfBounds: [
                ("\"10ms\"", "\"10ms\" is too short; write 100ms to 1m"),
                ("\"2m\"", "\"2m\" is too long; write 100ms to 1m"),
            ]
        ) { DurationText.format(webhook($0).timeout) },
        KeyCase(
            "webhook.concurrency", default: "16", good: ("5", "5"),
            wrongType: ("\"5\"", "\"5\" is not a whole number; write a whole number from 1 to 100"),
            outOfBounds: [
                ("0", "0 is too small; write a whole number from 1 to 100"),
                ("101", "101 is too large; write a whole number from 1 to 100"),
            ]
        ) { "\(webhook($0).concurrency)" },
        KeyCase(
            "webhook.attempts", default: "30", good: ("5", "5"),
            wrongType: ("\"5\"", "\"5\" is not a whole number; write a whole number from 1 to 1000"),
            outOfBounds: [
                ("0", "0 is too small; write a whole number from 1 to 1000"),
                ("1001", "1001 is too large; write a whole number from 1 to 1000"),
            ]
        ) { "\(webhook($0).attempts)" },
        KeyCase(
            "webhook.retry_for", default: "1d", good: ("\"2h\"", "2h"), wrongType: ("30", noUnit),
            outOfBounds: [
                ("\"1s\"", "\"1s\" is too short; write 1m to 30d"), ("\"31d\"", "\"31d\" is too long; write 1m to 30d"),
            ]
        ) { DurationText.format(webhook($0).retryFor) },
        KeyCase(
            "webhook.keep", default: "7d", good: ("\"2d\"", "2d"), wrongType: ("30", noUnit),
            outOfBounds: [("\"1s\"", "\"1s\" is too short; write 1m to 3650d")]
        ) { DurationText.format(webhook($0).keep) },
        KeyCase(
            "webhook.max_events", default: "100000", good: ("1000", "1000"),
            wrongType: ("\"5\"", "\"5\" is not a whole number; write a whole number from 1 to 10000000"),
            outOfBounds: [("0", "0 is too small; write a whole number from 1 to 10000000")]
        ) { "\(webhook($0).maxEvents)" },
        KeyCase(
            "webhook.max_bytes", default: "67108864", good: ("\"1GiB\"", "1073741824"),
            wrongType: (
                "true", "true is not a size; write for example \"50MiB\" (1024-based) or \"50MB\" (1000-based)"
            ),
            outOfBounds: [("\"1KiB\"", "\"1KiB\" is too small; write a size of 1MiB or more")]
        ) { "\(webhook($0).maxOctets)" },
    ]
}
