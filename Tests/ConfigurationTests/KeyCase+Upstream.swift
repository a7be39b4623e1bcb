import Delivery
import Mail
import Upstreams
import SASL
import SMTP

@testable import Configuration

extension KeyCase {
    static let fieldProblems = [
        ("[\"X-Tag\"]", "\"X-Tag\" has no colon; write \"Name: value\""),
        (
            "[\"X-Tag: a\\nBcc: b@c\"]",
            "\"X-Tag: a\\nBcc: b@c\" has a control character in its value; write it on one line"
        ),
        (
            "[\"From: a@b\"]",
            "\"From: a@b\" has a name that the application or the relay itself decides about; use another field"
        ),
        (
            "[\"X-Tag: a\", \"x-tag: b\"]",
            "\"x-tag: b\" has a name that is there already; remove one of the two"
        ),
    ]

    private static let noSender =
        "makes no address in ASCII of at most 64 octets before the \"@\"; write for example "
        + "\"bounce+{queue_id}@example.com\""

    /// Files and directories that the good values refer to.
    static let environment = ["SMTP_PASSWORD": "hunter2"]

    private static let mechanisms =
        "\"SCRAM-SHA-256-PLUS\", \"SCRAM-SHA-256\", \"CRAM-MD5\", \"PLAIN\", \"LOGIN\", \"XOAUTH2\", \"OAUTHBEARER\""
    private static let providers =
        Provider.names.map { "\"\($0)\"" }.joined(separator: ", ") + " or \"none\""

    private static let noZone =
        "is no time zone of this machine; write the name of a file in /usr/share/zoneinfo, such as \"Europe/Berlin\" "
        + "(package tzdata), or \"UTC\""

    private static let sessions = "write \"auto\", or a whole number from 1 to 1000"

    static let upstream: [KeyCase] = [
        KeyCase(
            "upstream.name", default: "required", good: ("\"a_B-c.9\"", "a_B-c.9"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [
                ("\"\"", "\"\" is not a name; write 1 to 64 letters, digits, dots, hyphens and underscores"),
                ("\"a b\"", "\"a b\" is not a name; write 1 to 64 letters, digits, dots, hyphens and underscores"),
                ("\"ä\"", "\"ä\" is not a name; write 1 to 64 letters, digits, dots, hyphens and underscores"),
                (
                    "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
                    "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\" is not a name; write 1 to 64 letters, digits, dots, hyphens and underscores"
                ),
            ]
        ) { $0.delivery.upstreams[0].name },
        KeyCase(
            "upstream.address", default: "required", good: ("\"[2001:db8::1]:587\"", "[2001:db8::1]:587"),
            wrongType: ("25", "25 is not an address; write for example \"smtp.example.com:25\""),
            outOfBounds: [
                (
                    "\"mx.test:0\"",
                    "\"mx.test:0\" has a port that is not a number from 1 to 65535; write for example \":25\" at its end"
                ), ("\"mx.test\"", "\"mx.test\" has no port; write for example \"mx.test:25\""),
            ]
        ) { $0.delivery.upstreams[0].address.description },
        KeyCase(
            "upstream.tls", default: "opportunistic", good: ("\"starttls\"", "starttls"),
            wrongType: (
                "true", "true is not a valid value; write \"off\", \"opportunistic\", \"starttls\" or \"implicit\""
            ),
            outOfBounds: [
                (
                    "\"on\"",
                    "\"on\" is not a valid value; write \"off\", \"opportunistic\", \"starttls\" or \"implicit\""
                )
            ]
        ) { $0.delivery.upstreams[0].tls.rawValue },
        KeyCase(
            "upstream.tls_verify", default: "derived", good: ("false", "false"),
            wrongType: ("\"no\"", "\"no\" is not a boolean; write true or false"),
            outOfBounds: [("1", "1 is not a boolean; write true or false")]
        ) { $0.delivery.upstreams[0].tlsVerify.map { String($0) } ?? "derived" },
        KeyCase(
            "upstream.ca_file", default: "none",
            good: ("\"/etc/ssl/certs/ca-certificates.crt\"", "/etc/ssl/certs/ca-certificates.crt"),
            wrongType: ("true", "true is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/ca.pem\"")],
            with: ["tls = \"implicit\""]
        ) { $0.delivery.upstreams[0].caFile ?? "none" },
        KeyCase(
            "upstream.tls_name", default: "none", good: ("\"192.0.2.1\"", "192.0.2.1"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [
                ("\"a b\"", "\"a b\" is not a host name or IP address; write for example \"smtp.example.com\"")
            ]
        ) { $0.delivery.upstreams[0].tlsName ?? "none" },
        KeyCase(
            "upstream.username", default: "none", good: ("\"relay@example.com\"", "relay@example.com"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [
                ("\"\"", "\"\" is not a user name; write 1 to 255 octets without control characters"),
                ("\"a\\nb\"", "\"a\\nb\" is not a user name; write 1 to 255 octets without control characters"),
            ], with: ["tls = \"starttls\"", "password_file = \"secret\""]
        ) { $0.delivery.upstreams[0].username ?? "none" },
        KeyCase(
            "upstream.password_file", default: "none", good: ("\"/run/secret\"", "/run/secret"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/password\"")],
            with: ["tls = \"starttls\"", "username = \"relay\""]
        ) { $0.delivery.upstreams[0].passwordFile ?? "none" },
        KeyCase(
            "upstream.password_credential", default: "none", good: ("\"smtp\"", "smtp"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [
                ("\"../x\"", "\"../x\" is not a file name; write it without \"/\", such as \"smtp\""),
                ("\"..\"", "\"..\" is not a file name; write it without \"/\", such as \"smtp\""),
            ], with: ["tls = \"starttls\"", "username = \"relay\""]
        ) { $0.delivery.upstreams[0].passwordCredential ?? "none" },
        KeyCase(
            "upstream.password", default: "none", good: ("\"${SMTP_PASSWORD}\"", "password(…)"),
            wrongType: (
                "12345",
                "the value must not be written in the file; write the name of an environment variable, such as "
                    + "\"${SMTP_PASSWORD}\", or use password_file"
            ),
            outOfBounds: [
                (
                    "\"hunter2\"",
                    "the value must not be written in the file; write the name of an environment variable, such as "
                        + "\"${SMTP_PASSWORD}\", or use password_file"
                )
            ], with: ["tls = \"starttls\"", "username = \"relay\""]
        ) { $0.delivery.upstreams[0].password?.description ?? "none" },
        KeyCase(
            "upstream.token_file", default: "none", good: ("\"/run/token\"", "/run/token"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/token\"")],
            with: ["tls = \"starttls\"", "username = \"relay\""]
        ) { $0.delivery.upstreams[0].tokenFile ?? "none" },
        KeyCase(
            "upstream.mechanism", default: "derived", good: ("\"login\"", "LOGIN"),
            wrongType: ("[\"LOGIN\"]", "a list is no mechanism of an upstream; write one of \(mechanisms)"),
            outOfBounds: [("\"NTLM\"", "\"NTLM\" is no mechanism of an upstream; write one of \(mechanisms)")],
            with: ["tls = \"starttls\"", "username = \"relay\"", "password_file = \"relay.conf\""]
        ) { $0.delivery.upstreams[0].mechanism?.rawValue ?? "derived" },
        KeyCase(
            "upstream.pipelining", default: "auto", good: ("\"off\"", "off"),
            wrongType: ("false", "false is not a valid value; write \"auto\" or \"off\""),
            outOfBounds: [("\"on\"", "\"on\" is not a valid value; write \"auto\" or \"off\"")]
        ) { $0.delivery.upstreams[0].pipelining.rawValue },
        KeyCase(
            "upstream.auth_without_tls", default: "false", good: ("true", "true"),
            wrongType: ("\"yes\"", "\"yes\" is not a boolean; write true or false"),
            outOfBounds: [("0", "0 is not a boolean; write true or false")]
        ) { String($0.delivery.upstreams[0].authWithoutTLS) },
        KeyCase(
            "upstream.max_connections", default: "auto", good: ("7", "7"),
            wrongType: ("\"four\"", "\"four\" is not a number of sessions; \(sessions)"),
            outOfBounds: [("0", "0 is too small; \(sessions)"), ("1001", "1001 is too large; \(sessions)")]
        ) {
            switch $0.delivery.upstreams[0].maxConnections {
            case .auto: "auto"
            case .fixed(let number): "\(number)"
            }
        },
        KeyCase(
            "upstream.auto_max", default: "derived", good: ("400", "400"),
            wrongType: ("\"auto\"", "\"auto\" is not a whole number; write a whole number from 1 to 1000"),
            outOfBounds: [("0", "0 is too small; write a whole number from 1 to 1000")]
        ) { $0.delivery.upstreams[0].autoMax.map { "\($0)" } ?? "derived" },
        KeyCase(
            "upstream.downgrade_8bit", default: "false", good: ("true", "true"),
            wrongType: ("\"yes\"", "\"yes\" is not a boolean; write true or false"),
            outOfBounds: [("0", "0 is not a boolean; write true or false")]
        ) { String($0.delivery.upstreams[0].downgradesEightBit) },
        KeyCase(
            "upstream.provider", default: "derived", good: ("\"ses\"", "ses"),
            wrongType: ("1", "1 is not a valid value; write \(providers)"),
            outOfBounds: [("\"SES\"", "\"SES\" is not a valid value; write \(providers)")]
        ) { $0.delivery.upstreams[0].provider ?? "derived" },
        KeyCase(
            "upstream.max_rate", default: "none", good: ("\"14/s\"", "14/s"),
            wrongType: ("true", "true is not a rate; write for example \"100/s\", \"600/m\" or \"10000/h\""),
            outOfBounds: [
                ("\"0/s\"", "\"0/s\" is not a rate; write for example \"100/s\", \"600/m\" or \"10000/h\""),
                ("0", "0 is too small; write 1 to 1000000"), ("1000001", "1000001 is too large; write 1 to 1000000"),
            ]
        ) { $0.delivery.upstreams[0].maxRate.map { RateText.format($0) { String($0) } } ?? "none" },
        KeyCase(
            "upstream.quota", default: "", good: ("[\"50000/day\", \"9/month\"]", "50000/d 9/month"),
            wrongType: (
                "\"50000/d\"",
                "\"50000/d\" is not a list of quotas; write for example [\"50000/d\", \"1000000/month\"]"
            ),
            outOfBounds: [
                ("[\"5/m\"]", "\"5/m\" is not a quota; write for example \"50000/d\" or \"50000/24h\""),
                ("[\"0/d\"]", "\"0/d\" is not a quota; write for example \"50000/d\" or \"50000/24h\""),
                (
                    "[\"5/d\", \"7/day\"]",
                    "\"7/day\" is about the same period as one before it; keep the smaller one"
                ),
            ]
        ) { $0.delivery.upstreams[0].quota.map(\.text).joined(separator: " ") },
        KeyCase(
            "upstream.quota_timezone", default: "UTC", good: ("\"Europe/Berlin\"", "Europe/Berlin"),
            wrongType: ("1", "1 is not a time zone; write for example \"UTC\" or \"Europe/Berlin\""),
            outOfBounds: [
                ("\"Mars/Olympus\"", "\"Mars/Olympus\" \(noZone)"),
                ("\"../etc/passwd\"", "\"../etc/passwd\" \(noZone)"),
            ]
        ) { $0.delivery.upstreams[0].quotaTimezone.name },
        KeyCase(
            "upstream.quota_warn", default: "0.8", good: ("0.95", "0.95"),
            wrongType: ("\"much\"", "\"much\" is not a number; write a number from 0.01 to 1"),
            outOfBounds: [
                ("0", "0 is too small; write a number from 0.01 to 1"),
                ("1.5", "1.5 is too large; write a number from 0.01 to 1"),
            ]
        ) { String($0.delivery.upstreams[0].quotaWarn) },
        KeyCase(
            "upstream.weight", default: "1", good: ("7", "7"),
            wrongType: ("\"four\"", "\"four\" is not a whole number; write a whole number from 1 to 1000"),
            outOfBounds: [
                ("0", "0 is too small; write a whole number from 1 to 1000"),
                ("1001", "1001 is too large; write a whole number from 1 to 1000"),
            ]
        ) { String($0.delivery.upstreams[0].weight) },
        KeyCase(
            "upstream.in_doubt", default: "retry_same", good: ("\"hold\"", "hold"),
            wrongType: ("1", "1 is not a valid value; write \"retry_same\", \"failover\" or \"hold\""),
            outOfBounds: [
                ("\"maybe\"", "\"maybe\" is not a valid value; write \"retry_same\", \"failover\" or \"hold\"")
            ]
        ) { $0.delivery.upstreams[0].inDoubt.rawValue },
        KeyCase(
            "upstream.in_doubt_hold", default: "1m", good: ("\"0s\"", "0s"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [
                ("\"-1s\"", "\"-1s\" is not a duration; write a number with ms, s, m, h or d, such as \"30s\""),
                ("\"31d\"", "\"31d\" is too long; write 0s to 30d"),
            ]
        ) { DurationText.format($0.delivery.upstreams[0].inDoubtHold) },
        KeyCase(
            "upstream.patience", default: "800ms", good: ("\"1500ms\"", "1500ms"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [
                ("\"9ms\"", "\"9ms\" is too short; write 10ms to 1d"),
                ("\"25h\"", "\"25h\" is too long; write 10ms to 1d"),
            ]
        ) { DurationText.format($0.delivery.upstreams[0].patience) },
        KeyCase(
            "upstream.connect_timeout", default: "5s", good: ("\"1500ms\"", "1500ms"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [
                ("\"9ms\"", "\"9ms\" is too short; write 10ms to 1d"),
                ("\"25h\"", "\"25h\" is too long; write 10ms to 1d"),
            ]
        ) { DurationText.format($0.delivery.upstreams[0].connectTimeout) },
        KeyCase(
            "upstream.command_timeout", default: "30s", good: ("\"1500ms\"", "1500ms"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [
                ("\"9ms\"", "\"9ms\" is too short; write 10ms to 1d"),
                ("\"25h\"", "\"25h\" is too long; write 10ms to 1d"),
            ]
        ) { DurationText.format($0.delivery.upstreams[0].commandTimeout) },
        KeyCase(
            "upstream.data_timeout", default: "5m", good: ("\"3m\"", "3m"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [
                ("\"9ms\"", "\"9ms\" is too short; write 10ms to 1d"),
                ("\"25h\"", "\"25h\" is too long; write 10ms to 1d"),
            ]
        ) { DurationText.format($0.delivery.upstreams[0].dataTimeout) },
        KeyCase(
            "upstream.idle_timeout", default: "30s", good: ("\"1500ms\"", "1500ms"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [
                ("\"9ms\"", "\"9ms\" is too short; write 10ms to 1d"),
                ("\"25h\"", "\"25h\" is too long; write 10ms to 1d"),
            ]
        ) { DurationText.format($0.delivery.upstreams[0].idleTimeout) },
        KeyCase(
            "upstream.max_messages_per_connection", default: "1000", good: ("7", "7"),
            wrongType: ("\"four\"", "\"four\" is not a whole number; write a whole number from 1 to 1000000"),
            outOfBounds: [
                ("0", "0 is too small; write a whole number from 1 to 1000000"),
                ("1000001", "1000001 is too large; write a whole number from 1 to 1000000"),
            ]
        ) { String($0.delivery.upstreams[0].maxMessagesPerConnection) },
        KeyCase(
            "upstream.headers", default: "",
            good: ("[\"X-SES-CONFIGURATION-SET:bounces\", \"X-Tag: é\"]", "X-SES-CONFIGURATION-SET: bounces|X-Tag: é"),
            wrongType: (
                "\"X-Tag: a\"",
                "\"X-Tag: a\" is not a list of fields; write for example [\"X-PM-Message-Stream: broadcast\"]"
            ),
            outOfBounds: fieldProblems
        ) { $0.delivery.upstreams[0].headers.map(\.text).joined(separator: "|") },
        KeyCase(
            "upstream.sender", default: "own", good: ("\"b+{queue_id}@Example.com\"", "b+{queue_id}@example.com"),
            wrongType: ("1", "1 \(noSender)"),
            outOfBounds: [
                ("\"\"", "\"\" \(noSender)"), ("\"<>\"", "\"<>\" \(noSender)"),
                ("\"b@{queue_id}.example\"", "\"b@{queue_id}.example\" \(noSender)"),
                ("\"{id}@example.com\"", "\"{id}@example.com\" \(noSender)"),
            ]
        ) { $0.delivery.upstreams[0].sender?.text ?? "own" },
        KeyCase(
            "upstream.source_address", default: "any", good: ("\"127.0.0.1\"", "127.0.0.1"),
            wrongType: ("1", "1 is not an IP address; write for example \"192.0.2.1\" or \"2001:db8::1\""),
            outOfBounds: [
                (
                    "\"localhost\"",
                    "\"localhost\" is not an IP address; write for example \"192.0.2.1\" or \"2001:db8::1\""
                ),
                ("\"::\"", "\"::\" stands for every address; write one of them, or leave the key out"),
                (
                    "\"224.0.0.1\"",
                    "\"224.0.0.1\" is no address that connections can come from; write one that a network knows"
                ),
                (
                    "\"fe80::1\"",
                    "\"fe80::1\" is no address that connections can come from; write one that a network knows"
                ),
            ]
        ) { $0.delivery.upstreams[0].sourceAddress.map { "\($0)" } ?? "any" },
    ]
}
