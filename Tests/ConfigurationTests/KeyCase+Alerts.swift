import Alerts

@testable import Configuration

extension KeyCase {
    private static func alert(_ configuration: RelayConfiguration) -> AlertRule {
        configuration.alerts.own.first ?? Schema.alert.prototype
    }

    private static func sink(_ configuration: RelayConfiguration) -> NotifySettings {
        configuration.alerts.sinks.first ?? Schema.notify.prototype
    }

    private static let noName = "\"a b\" is not a name; write 1 to 64 letters, digits, dots, hyphens and underscores"
    private static let noString = "1 is not a string; write it in quotes, such as \"…\""
    private static let noUnit = "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"
    private static let noList = "\"ops\" is not a list of names; write for example [\"primary\", \"fallback\"]"
    private static let noNotify = "there is no [[notify]] \"boss\"; add a [[notify]] with this name, or remove it"
    private static let kinds =
        "write "
        + AlertKind.allCases.dropLast().map { "\"\($0.rawValue)\"" }.joined(separator: ", ") + " or \"round_trip\""
    private static let later = "is for a later version: this one has nothing to look at for it; remove this [[alert]]"
    private static let threshold = "write for example \"15m\", 1000, \"5%\" or \"5GiB\", as its when needs it"
    private static let noURL = "write for example \"https://ops.example.com/alerts\""
    private static let noProgram = "write for example [\"/usr/local/bin/page-me\", \"--quiet\"]"
    private static let someNotify = ["[[notify]]", "name = \"ops\"", "type = \"command\"", "command = [\"true\"]"]

    static let alerts: [KeyCase] = usual + alert + notify

    private static let usual: [KeyCase] = [
        KeyCase(
            "alerts.defaults", default: "true", good: ("false", "false"),
            wrongType: ("\"no\"", "\"no\" is not a boolean; write true or false"),
            outOfBounds: [("0", "0 is not a boolean; write true or false")]
        ) { "\($0.alerts.usesDefaults)" },
        KeyCase(
            "alerts.notify", default: "", good: ("[\"ops\"]", "ops"), wrongType: ("\"ops\"", noList),
            outOfBounds: [("[\"a b\"]", noName), ("[\"boss\"]", noNotify)], with: someNotify
        ) { $0.alerts.defaultNotify.joined(separator: " ") },
    ]

    private static let alert: [KeyCase] = [
        KeyCase(
            "alert.name", default: "required", good: ("\"waits\"", "waits"), wrongType: ("1", noString),
            outOfBounds: [("\"a b\"", noName)]
        ) { alert($0).name },
        KeyCase(
            "alert.when", default: "required", good: ("\"all_down\"", "all_down"),
            wrongType: ("1", "1 is not a valid value; \(kinds)"),
            outOfBounds: [
                ("\"moon\"", "\"moon\" is not a valid value; \(kinds)"),
                ("\"node\"", "\"node\" \(later)"),
            ]
        ) { alert($0).kind.rawValue },
        KeyCase(
            "alert.above", default: "none", good: ("\"5m\"", "duration(300.0 seconds)"),
            wrongType: ("true", "true is not a threshold; \(threshold)"),
            outOfBounds: [
                ("-1", "-1 is negative; \(threshold)"), ("\"101%\"", "\"101%\" is not a threshold; \(threshold)"),
                ("\"much\"", "\"much\" is not a threshold; \(threshold)"),
                ("5", "does not suit queue_age; write for example \"15m\""),
                ("\"5%\"", "does not suit queue_age; write for example \"15m\""),
                ("\"5GiB\"", "does not suit queue_age; write for example \"15m\""),
            ]
        ) { alert($0).above.map { "\($0)" } ?? "none" },
        KeyCase(
            "alert.for", default: "none", good: ("\"90s\"", "90s"), wrongType: ("30", noUnit),
            outOfBounds: [("\"31d\"", "\"31d\" is too long; write 0s to 30d")]
        ) { alert($0).hold.map(DurationText.format) ?? "none" },
        KeyCase(
            "alert.clear_for", default: "1m", good: ("\"0s\"", "0s"), wrongType: ("30", noUnit),
            outOfBounds: [("\"31d\"", "\"31d\" is too long; write 0s to 30d")]
        ) { DurationText.format(alert($0).clearHold) },
        KeyCase(
            "alert.severity", default: "none", good: ("\"critical\"", "critical"),
            wrongType: ("1", "1 is not a valid value; write \"info\", \"warning\" or \"critical\""),
            outOfBounds: [("\"bad\"", "\"bad\" is not a valid value; write \"info\", \"warning\" or \"critical\"")]
        ) { alert($0).severity?.rawValue ?? "none" },
        KeyCase(
            "alert.notify", default: "", good: ("[\"ops\"]", "ops"), wrongType: ("\"ops\"", noList),
            outOfBounds: [("[\"a b\"]", noName), ("[\"boss\"]", noNotify)], with: someNotify
        ) { alert($0).notify.joined(separator: " ") },
        KeyCase(
            "alert.repeat", default: "1d", good: ("\"0s\"", "0s"), wrongType: ("30", noUnit),
            outOfBounds: [("\"500ms\"", "\"500ms\" is too short; write 0s, or 1s to 365d")]
        ) { DurationText.format(alert($0).again) },
        KeyCase(
            "alert.upstream", default: "all", good: ("\"primary\"", "primary"), wrongType: ("1", noString),
            outOfBounds: [
                ("\"a b\"", noName), ("\"primray\"", "there is no upstream \"primray\"; did you mean \"primary\"?"),
            ]
        ) { alert($0).upstream ?? "all" },
        KeyCase(
            "alert.route", default: "all", good: ("\"default\"", "default"), wrongType: ("1", noString),
            outOfBounds: [("\"a b\"", noName), ("\"x\"", "there is no route \"x\"; known names: default")]
        ) { alert($0).route ?? "all" },
        KeyCase(
            "alert.stream", default: "all", good: ("\"news-*\"", "news-*"), wrongType: ("1", noString),
            outOfBounds: [
                (
                    "\"\"",
                    "\"\" is not the name of a stream; write a name, or a pattern such as \"newsletter-*\""
                )
            ]
        ) { alert($0).stream ?? "all" },
    ]

    private static let notify: [KeyCase] = [
        KeyCase(
            "notify.name", default: "required", good: ("\"ops\"", "ops"), wrongType: ("1", noString),
            outOfBounds: [("\"a b\"", noName)]
        ) { sink($0).name },
        KeyCase(
            "notify.type", default: "required", good: ("\"command\"", "command"),
            wrongType: ("1", "1 is not a valid value; \(types)"),
            outOfBounds: [("\"pigeon\"", "\"pigeon\" is not a valid value; \(types)")], with: ["command = [\"true\"]"]
        ) { sink($0).kind.rawValue },
        KeyCase(
            "notify.url", default: "none", good: ("\"https://a.test/x\"", "https://a.test/x"),
            wrongType: ("1", "the value is not a URL; \(noURL)"),
            outOfBounds: [("\"ftp://a.test\"", "the value does not begin with https:// or http://; \(noURL)")]
        ) { sink($0).url ?? "none" },
        KeyCase(
            "notify.secret_file", default: "none", good: ("\"/dev/null/secret\"", "/dev/null/secret"),
            wrongType: ("1", noString),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/webhook.secret\"")]
        ) { sink($0).secretFile ?? "none" },
        KeyCase(
            "notify.url_file", default: "none", good: ("\"/dev/null/url\"", "/dev/null/url"),
            wrongType: ("1", noString),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/slack.url\"")]
        ) { sink($0).urlFile ?? "none" },
        KeyCase(
            "notify.routing_key_file", default: "none", good: ("\"/dev/null/key\"", "/dev/null/key"),
            wrongType: ("1", noString),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/pagerduty.key\"")]
        ) { sink($0).routingKeyFile ?? "none" },
        KeyCase(
            "notify.to", default: "", good: ("[\"ann@a.test\", \"bob@a.test\"]", "ann@a.test bob@a.test"),
            wrongType: ("1", "1 is not an address; write for example \"ops@example.com\""),
            outOfBounds: [
                ("\"ann\"", "\"ann\" is not an address; write for example \"ops@example.com\""),
                ("[\"a@a.test\", \"a@a.test\"]", "\"a@a.test\" is a duplicate; remove one"),
            ]
        ) { sink($0).to.joined(separator: " ") },
        KeyCase(
            "notify.command", default: "", good: ("[\"true\", \"a b\"]", "true|a b"),
            wrongType: ("\"true\"", "\"true\" is not a list: there is no shell to split it; \(noProgram)"),
            outOfBounds: [
                ("[\"\"]", "\"\" is not a program; \(noProgram)"), ("[1]", "1 is not a string; \(noProgram)"),
            ]
        ) { sink($0).command.joined(separator: "|") },
        KeyCase(
            "notify.private", default: "false", good: ("true", "true"),
            wrongType: ("\"yes\"", "\"yes\" is not a boolean; write true or false"),
            outOfBounds: [("1", "1 is not a boolean; write true or false")]
        ) { "\(sink($0).allowsPrivate)" },
        KeyCase(
            "notify.timeout", default: "10s", good: ("\"1m\"", "1m"), wrongType: ("30", noUnit),
            outOfBounds: [("\"10ms\"", "\"10ms\" is too short; write 100ms to 5m")]
        ) { DurationText.format(sink($0).timeout) },
    ]

    private static let types =
        "write \"webhook\", \"slack\", \"pagerduty\", \"email\" or \"command\""
}
