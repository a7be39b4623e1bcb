import Ingress
import SASL

@testable import Configuration

extension KeyCase {
    static let listener: [KeyCase] = [
        KeyCase(
            "listener.address", default: "127.0.0.1:2525", good: ("\"[::1]:0\"", "[::1]:0"),
            wrongType: ("25", "25 is not an address; write for example \"127.0.0.1:2525\""),
            outOfBounds: [
                (
                    "\"127.0.0.1:65536\"",
                    "\"127.0.0.1:65536\" has a port that is not a number from 0 to 65535; write for example \":25\" at its end"
                ),
                (
                    "\"localhost:2525\"",
                    "\"localhost:2525\" needs an IP address, not a name; write for example \"127.0.0.1:2525\""
                ),
            ]
        ) { $0.ingress.listeners[0].address.description },
        KeyCase(
            "listener.tls", default: "off", good: ("\"required\"", "required"),
            wrongType: (
                "true", "true is not a valid value; write \"off\", \"starttls\", \"required\" or \"implicit\""
            ),
            outOfBounds: [
                (
                    "\"on\"",
                    "\"on\" is not a valid value; write \"off\", \"starttls\", \"required\" or \"implicit\""
                )
            ]
        ) { $0.ingress.listeners[0].tlsMode.rawValue },
        KeyCase(
            "listener.certificate", default: "", good: ("[\"/a.pem\", \"/b.pem\"]", "/a.pem /b.pem"),
            wrongType: ("true", "true is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [
                ("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/relay.pem\""),
                ("[\"/a.pem\", 1]", "1 is not a string; write it in quotes, such as \"…\""),
            ]
        ) { $0.ingress.listeners[0].certificates.joined(separator: " ") },
        KeyCase(
            "listener.private_key", default: "", good: ("\"/a.key\"", "/a.key"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/relay.key\"")]
        ) { $0.ingress.listeners[0].privateKeys.joined(separator: " ") },
        KeyCase(
            "listener.client_ca", default: "none", good: ("\"/ca.pem\"", "/ca.pem"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/clients.pem\"")]
        ) { $0.ingress.listeners[0].clientCA ?? "none" },
        KeyCase(
            "listener.auth", default: "off", good: ("\"optional\"", "optional"),
            wrongType: ("true", "true is not a valid value; write \"off\", \"optional\" or \"required\""),
            outOfBounds: [
                ("\"on\"", "\"on\" is not a valid value; write \"off\", \"optional\" or \"required\"")
            ]
        ) { $0.ingress.listeners[0].auth.rawValue },
        KeyCase(
            "listener.auth_without_tls", default: "false", good: ("true", "true"),
            wrongType: ("\"yes\"", "\"yes\" is not a boolean; write true or false"),
            outOfBounds: [("1", "1 is not a boolean; write true or false")]
        ) { String($0.ingress.listeners[0].authWithoutTLS) },
        KeyCase(
            "listener.mechanisms", default: "all", good: ("[\"plain\", \"SCRAM-SHA-256\"]", "PLAIN SCRAM-SHA-256"),
            wrongType: (
                "\"PLAIN\"",
                "\"PLAIN\" is not a list of mechanisms; write for example [\"PLAIN\", \"LOGIN\"]"
            ),
            outOfBounds: [
                ("[]", "a list is empty; write at least one, or auth = \"off\""),
                ("[\"PLAIN\", \"plain\"]", "\"plain\" is there already; remove one of the two"),
                (
                    "[\"CRAM-MD5\"]",
                    "\"CRAM-MD5\" is no mechanism of a listener; write some of \"SCRAM-SHA-256-PLUS\", "
                        + "\"SCRAM-SHA-256\", \"PLAIN\", \"LOGIN\""
                ),
            ]
        ) { $0.ingress.listeners[0].mechanisms?.map(\.rawValue).joined(separator: " ") ?? "all" },
        KeyCase(
            "listener.allow", default: "127.0.0.0/8 ::1/128",
            good: ("[\"10.0.0.0/8\", \"192.0.2.7\", \"2001:DB8::/32\"]", "10.0.0.0/8 192.0.2.7/32 2001:db8::/32"),
            wrongType: (
                "\"10.0.0.0/8\"",
                "\"10.0.0.0/8\" is not a list of networks; write for example [\"10.0.0.0/8\", \"192.0.2.7\"]"
            ),
            outOfBounds: [
                (
                    "[\"10.0.0.0/8\", \"10.0.0.0/33\"]",
                    "\"10.0.0.0/33\" needs a prefix length from 0 to 32; write for example \"10.0.0.0/32\" for that address alone"
                ), ("[10]", "10 is not a network; write for example \"10.0.0.0/8\""),
            ]
        ) { $0.ingress.listeners[0].allow.joined(separator: " ") },
        KeyCase(
            "listener.max_message_size", default: "52428800", good: ("\"1.5MiB\"", "1572864"),
            wrongType: (
                "true", "true is not a size; write for example \"50MiB\" (1024-based) or \"50MB\" (1000-based)"
            ),
            outOfBounds: [
                ("1023", "1023 is too small; write a size of 1KiB to 1TiB"),
                ("\"2TiB\"", "\"2TiB\" is too large; write a size of 1KiB to 1TiB"),
            ]
        ) { String($0.ingress.listeners[0].maxMessageSize) },
        KeyCase(
            "listener.max_recipients", default: "1000", good: ("7", "7"),
            wrongType: ("\"four\"", "\"four\" is not a whole number; write a whole number from 1 to 100000"),
            outOfBounds: [
                ("0", "0 is too small; write a whole number from 1 to 100000"),
                ("100001", "100001 is too large; write a whole number from 1 to 100000"),
            ]
        ) { String($0.ingress.listeners[0].maxRecipients) },
        KeyCase(
            "listener.max_hops", default: "50", good: ("100", "100"),
            wrongType: ("\"four\"", "\"four\" is not a whole number; write a whole number from 1 to 1000"),
            outOfBounds: [
                ("0", "0 is too small; write a whole number from 1 to 1000"),
                ("1001", "1001 is too large; write a whole number from 1 to 1000"),
            ]
        ) { String($0.ingress.listeners[0].maxHops) },
        KeyCase(
            "listener.max_connections", default: "10000", good: ("7", "7"),
            wrongType: ("\"four\"", "\"four\" is not a whole number; write a whole number from 1 to 1000000"),
            outOfBounds: [
                ("0", "0 is too small; write a whole number from 1 to 1000000"),
                ("1000001", "1000001 is too large; write a whole number from 1 to 1000000"),
            ]
        ) { String($0.ingress.listeners[0].maxConnections) },
        KeyCase(
            "listener.max_connections_per_client", default: "0", good: ("7", "7"),
            wrongType: ("\"four\"", "\"four\" is not a whole number; write a whole number from 0 to 1000000"),
            outOfBounds: [
                ("-1", "-1 is too small; write a whole number from 0 to 1000000"),
                ("1000001", "1000001 is too large; write a whole number from 0 to 1000000"),
            ]
        ) { String($0.ingress.listeners[0].maxConnectionsPerClient) },
        KeyCase(
            "listener.command_timeout", default: "5m", good: ("\"90s\"", "90s"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [
                ("\"9ms\"", "\"9ms\" is too short; write 10ms to 1d"),
                ("\"25h\"", "\"25h\" is too long; write 10ms to 1d"),
            ]
        ) { DurationText.format($0.ingress.listeners[0].commandTimeout) },
        KeyCase(
            "listener.data_timeout", default: "3m", good: ("\"1.5s\"", "1500ms"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [
                ("\"9ms\"", "\"9ms\" is too short; write 10ms to 1d"),
                ("\"25h\"", "\"25h\" is too long; write 10ms to 1d"),
            ]
        ) { DurationText.format($0.ingress.listeners[0].dataTimeout) },
        KeyCase(
            "listener.transaction_timeout", default: "30m", good: ("\"2h\"", "2h"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [
                ("\"9ms\"", "\"9ms\" is too short; write 10ms to 1d"),
                ("\"25h\"", "\"25h\" is too long; write 10ms to 1d"),
            ]
        ) { DurationText.format($0.ingress.listeners[0].transactionTimeout) },
        KeyCase(
            "listener.max_errors", default: "20", good: ("7", "7"),
            wrongType: ("\"four\"", "\"four\" is not a whole number; write a whole number from 1 to 10000"),
            outOfBounds: [
                ("0", "0 is too small; write a whole number from 1 to 10000"),
                ("10001", "10001 is too large; write a whole number from 1 to 10000"),
            ]
        ) { String($0.ingress.listeners[0].maxErrors) },
        KeyCase(
            "listener.max_commands", default: "1000", good: ("7", "7"),
            wrongType: ("\"four\"", "\"four\" is not a whole number; write a whole number from 1 to 1000000"),
            outOfBounds: [
                ("0", "0 is too small; write a whole number from 1 to 1000000"),
                ("1000001", "1000001 is too large; write a whole number from 1 to 1000000"),
            ]
        ) { String($0.ingress.listeners[0].maxCommands) },
        KeyCase(
            "listener.proxy_protocol", default: "", good: ("[\"192.0.2.7\", \"fd00::/8\"]", "192.0.2.7/32 fd00::/8"),
            wrongType: (
                "true", "true is not a list of networks; write for example [\"10.0.0.0/8\", \"192.0.2.7\"]"
            ),
            outOfBounds: [
                (
                    "[\"x\"]",
                    "\"x\" is not a network; write for example \"10.0.0.0/8\", \"192.0.2.7\" or \"2001:db8::/32\""
                )
            ]
        ) { $0.ingress.listeners[0].proxyProtocol.joined(separator: " ") },
        KeyCase(
            "listener.dedup_window", default: "0s", good: ("\"10m\"", "10m"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [
                ("\"-1s\"", "\"-1s\" is not a duration; write a number with ms, s, m, h or d, such as \"30s\""),
                ("\"8d\"", "\"8d\" is too long; write 0s to 7d"),
            ]
        ) { DurationText.format($0.ingress.listeners[0].dedupWindow) },
        KeyCase(
            "listener.strict_addresses", default: "false", good: ("true", "true"),
            wrongType: ("\"yes\"", "\"yes\" is not a boolean; write true or false"),
            outOfBounds: [("1", "1 is not a boolean; write true or false")]
        ) { String($0.ingress.listeners[0].strictAddresses) },
    ]
}
