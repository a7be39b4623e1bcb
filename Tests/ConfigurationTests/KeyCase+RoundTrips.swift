import Delivery
import Mail
import Mailbox
import OAuth
import Probing
import RoundTrips
import SASL

@testable import Configuration

extension KeyCase {
    private static func trip(_ configuration: RelayConfiguration) -> RoundTripSettings { configuration.roundTrips[0] }

    private static func mailbox(_ configuration: RelayConfiguration) -> MailboxDraft {
        MailboxDraft(configuration.roundTrips[0].mailbox)
    }

    private static let string = "is not a string; write it in quotes, such as \"…\""
    private static let noUnit = "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"
    private static let addressRemedy = "is not an address; write for example \"postmaster@example.com\""

    /// A round trip and its mailbox, in which this case's key has the given value.
    func tripTables(_ assignment: String?) -> [String?] {
        let trip = ["[[round_trip]]", path == "round_trip.name" ? nil : "name = \"gmail\""]
        let secrets = ["password_file", "password_credential", "password", "token_file"]
        let account = [
            "[round_trip.mailbox]", path == "round_trip.mailbox.address" ? nil : "address = \"mail.test:993\"",
            path == "round_trip.mailbox.username" ? nil : "username = \"probe@a.test\"",
        ]
        switch section {
        case "round_trip": return trip + [assignment] + account + ["password_file = \"secret\""]
        case "round_trip.mailbox":
            let isSecret = secrets.contains(key) && assignment != nil
            return trip + account
                + [
                    isSecret ? nil : key == "password_file" ? "token_file = \"t\"" : "password_file = \"secret\"",
                    assignment,
                ]
        case _:
            let keys = Self.oauth2Keys(beside: key).filter { $0.key != key }.map { "\($0.key) = \($0.value)" }
            return trip + account + ["[round_trip.mailbox.oauth2]"] + keys + [assignment]
        }
    }

    static let roundTrips: [KeyCase] = tripPaths + tripTimes + mailboxServer + mailboxAccount + mailboxTokens

    private static let tripPaths: [KeyCase] = [
        KeyCase(
            "round_trip.name", default: "required", good: ("\"outlook-1\"", "outlook-1"),
            wrongType: ("1", "1 \(string)"),
            outOfBounds: [
                (
                    "\"my trip\"",
                    "\"my trip\" is not a name; write 1 to 64 letters, digits, dots, hyphens and underscores"
                )
            ]
        ) { trip($0).name },
        KeyCase(
            "round_trip.upstreams", default: "[\"*\"]", good: ("[\"primary\"]", "[\"primary\"]"),
            wrongType: ("1", "1 is not a list of names; write for example [\"primary\"], or \"*\" for all"),
            outOfBounds: [
                ("[\"*\", \"primary\"]", "a list has \"*\" and names; keep either \"*\" or the names"),
                ("[\"primry\"]", "there is no upstream \"primry\"; did you mean \"primary\"?"),
                ("[]", "is empty, so no probe is sent; name upstreams, or write as_routed = true"),
            ]
        ) { ValueKind.tripUpstreams.write(trip($0).upstreams) },
        KeyCase(
            "round_trip.as_routed", default: "false", good: ("true", "true"),
            wrongType: ("\"yes\"", "\"yes\" is not a boolean; write true or false"),
            outOfBounds: [("1", "1 is not a boolean; write true or false")]
        ) { "\(trip($0).isAsRouted)" },
        KeyCase(
            "round_trip.sender", default: "posthorse@relay.test", good: ("\"p@b.test\"", "p@b.test"),
            wrongType: ("1", "1 \(string)"),
            outOfBounds: [
                ("\"b.test\"", "\"b.test\" \(addressRemedy)"),
                (
                    "\"jörg@b.test\"",
                    "\"jörg@b.test\" is not an address in ASCII; write for example \"probe@example.com\""
                ),
            ]
        ) { trip($0).sender.text },
        KeyCase(
            "round_trip.recipient", default: "probe@a.test", good: ("\"probe+1@a.test\"", "probe+1@a.test"),
            wrongType: ("1", "1 \(string)"), outOfBounds: [("\"probe\"", "\"probe\" \(addressRemedy)")]
        ) { trip($0).recipient.text },
    ]

    private static let tripTimes: [KeyCase] = [
        KeyCase(
            "round_trip.every", default: "1m", good: ("\"10s\"", "10s"), wrongType: ("30", noUnit),
            outOfBounds: [
                ("\"999ms\"", "\"999ms\" is too short; write 1s to 1d"),
                ("\"2d\"", "\"2d\" is too long; write 1s to 1d"),
            ]
        ) { DurationText.format(trip($0).trip.every) },
        KeyCase(
            "round_trip.late_after", default: "1m", good: ("\"30s\"", "30s"), wrongType: ("30", noUnit),
            outOfBounds: [
                ("\"1ms\"", "\"1ms\" is too short; write 100ms to 7d"),
                ("\"8d\"", "\"8d\" is too long; write 100ms to 7d"),
                ("\"1h\"", "1h is more than missing_after (10m); decrease this one or increase the other"),
            ]
        ) { DurationText.format(trip($0).trip.lateAfter) },
        KeyCase(
            "round_trip.missing_after", default: "10m", good: ("\"5m\"", "5m"), wrongType: ("30", noUnit),
            outOfBounds: [
                ("\"1ms\"", "\"1ms\" is too short; write 1s to 7d"), ("\"8d\"", "\"8d\" is too long; write 1s to 7d"),
            ]
        ) { DurationText.format(trip($0).trip.missingAfter) },
        KeyCase(
            "round_trip.missing_threshold", default: "2", good: ("3", "3"),
            wrongType: ("\"3\"", "\"3\" is not a whole number; write a whole number from 1 to 100"),
            outOfBounds: [
                ("0", "0 is too small; write a whole number from 1 to 100"),
                ("101", "101 is too large; write a whole number from 1 to 100"),
            ]
        ) { "\(trip($0).trip.missingThreshold)" },
        KeyCase(
            "round_trip.action", default: "alert", good: ("\"reduce\"", "reduce"),
            wrongType: ("1", "1 is not a valid value; write \"alert\", \"reduce\" or \"open\""),
            outOfBounds: [("\"close\"", "\"close\" is not a valid value; write \"alert\", \"reduce\" or \"open\"")]
        ) { trip($0).trip.action.rawValue },
    ]

    private static let mailboxServer: [KeyCase] = [
        KeyCase(
            "round_trip.mailbox.type", default: "imap", good: ("\"pop3\"", "pop3"),
            wrongType: ("1", "1 is not a valid value; write \"imap\" or \"pop3\""),
            outOfBounds: [("\"IMAP\"", "\"IMAP\" is not a valid value; write \"imap\" or \"pop3\"")]
        ) { mailbox($0).kind.rawValue },
        KeyCase(
            "round_trip.mailbox.address", default: "required", good: ("\"imap.test:143\"", "imap.test:143"),
            wrongType: ("143", "143 is not an address; write for example \"smtp.example.com:25\""),
            outOfBounds: [
                (
                    "\"imap.test:0\"",
                    "\"imap.test:0\" has a port that is not a number from 1 to 65535; write for example \":25\" at its end"
                )
            ]
        ) { mailbox($0).address.description },
        KeyCase(
            "round_trip.mailbox.tls", default: "implicit", good: ("\"starttls\"", "starttls"),
            wrongType: ("true", "true is not a valid value; write \"off\", \"starttls\" or \"implicit\""),
            outOfBounds: [
                ("\"on\"", "\"on\" is not a valid value; write \"off\", \"starttls\" or \"implicit\""),
                (
                    "\"off\"",
                    "with \"off\" credentials could cross the network in clear text; write tls = \"implicit\" or "
                        + "\"starttls\""
                ),
            ]
        ) { mailbox($0).tls.rawValue },
        KeyCase(
            "round_trip.mailbox.ca_file", default: "none",
            good: ("\"/etc/ssl/certs/ca-certificates.crt\"", "/etc/ssl/certs/ca-certificates.crt"),
            wrongType: ("true", "true \(string)"),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/ca.pem\"")]
        ) { mailbox($0).caFile ?? "none" },
        KeyCase(
            "round_trip.mailbox.tls_name", default: "none", good: ("\"192.0.2.1\"", "192.0.2.1"),
            wrongType: ("1", "1 \(string)"),
            outOfBounds: [
                ("\"a b\"", "\"a b\" is not a host name or IP address; write for example \"smtp.example.com\"")
            ]
        ) { mailbox($0).tlsName ?? "none" },
        KeyCase(
            "round_trip.mailbox.folders", default: "", good: ("[\"INBOX\", \"Spam\"]", "INBOX Spam"),
            wrongType: ("\"INBOX\"", "\"INBOX\" is not a list of folders; write for example [\"INBOX\", \"Junk\"]"),
            outOfBounds: [
                ("[\"\"]", "\"\" is not the name of a folder; write for example [\"INBOX\", \"Junk\"]"),
                ("[\"A\", \"A\"]", "\"A\" is a duplicate; remove one"),
            ]
        ) { mailbox($0).folders.joined(separator: " ") },
    ]

    private static let mailboxAccount: [KeyCase] = [
        KeyCase(
            "round_trip.mailbox.username", default: "required", good: ("\"me@a.test\"", "me@a.test"),
            wrongType: ("1", "1 \(string)"),
            outOfBounds: [
                ("\"\"", "\"\" is not a user name; write 1 to 255 octets without control characters")
            ]
        ) { mailbox($0).username },
        KeyCase(
            "round_trip.mailbox.password_file", default: "none", good: ("\"/run/secret\"", "/run/secret"),
            wrongType: ("1", "1 \(string)"),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/mailbox-password\"")]
        ) { mailbox($0).passwordFile ?? "none" },
        KeyCase(
            "round_trip.mailbox.password_credential", default: "none", good: ("\"imap\"", "imap"),
            wrongType: ("1", "1 \(string)"),
            outOfBounds: [("\"../x\"", "\"../x\" is not a file name; write it without \"/\", such as \"smtp\"")]
        ) { mailbox($0).passwordCredential ?? "none" },
        KeyCase(
            "round_trip.mailbox.password", default: "none", good: ("\"${SMTP_PASSWORD}\"", "password(…)"),
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
            ]
        ) { mailbox($0).password?.description ?? "none" },
        KeyCase(
            "round_trip.mailbox.token_file", default: "none", good: ("\"/run/token\"", "/run/token"),
            wrongType: ("1", "1 \(string)"),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/mailbox-token\"")]
        ) { mailbox($0).tokenFile ?? "none" },
    ]

    /// The same keys as for upstreams, with the same values.
    private static let mailboxTokens: [KeyCase] = oauth2.map { test in
        let path = test.path.replacing("upstream.", with: "round_trip.mailbox.")
        let outOfBounds = test.outOfBounds.map {
            ($0.toml, $0.problem.replacing("/refresh-token", with: "/mailbox-refresh-token"))
        }
        return KeyCase(
            path, default: test.fallback, good: (test.good.toml, test.good.value),
            wrongType: (test.wrongType.toml, test.wrongType.problem), outOfBounds: outOfBounds, with: test.companions
        ) { configuration in
            var upstream = configuration
            upstream.delivery.upstreams[0].oauth = configuration.roundTrips[0].mailbox.oauth
            return test.read(upstream)
        }
    }
}
