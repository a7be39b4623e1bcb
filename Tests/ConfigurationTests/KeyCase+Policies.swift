import Delivery

@testable import Configuration

extension KeyCase {
    static let policies: [KeyCase] = [
        KeyCase(
            "circuit.consecutive_failures", default: "5", good: ("7", "7"),
            wrongType: ("\"four\"", "\"four\" is not a whole number; write a whole number from 1 to 1000000"),
            outOfBounds: [
                ("0", "0 is too small; write a whole number from 1 to 1000000"),
                ("1000001", "1000001 is too large; write a whole number from 1 to 1000000"),
            ]
        ) { String($0.delivery.circuit.consecutiveFailures) },
        KeyCase(
            "circuit.open_duration", default: "10s", good: ("\"250ms\"", "250ms"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [
                ("\"9ms\"", "\"9ms\" is too short; write 10ms to 1d"),
                ("\"25h\"", "\"25h\" is too long; write 10ms to 1d"),
            ]
        ) { DurationText.format($0.delivery.circuit.openDuration) },
        KeyCase(
            "circuit.max_open_duration", default: "10m", good: ("\"1h\"", "1h"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [
                ("\"9ms\"", "\"9ms\" is too short; write 10ms to 7d"),
                ("\"8d\"", "\"8d\" is too long; write 10ms to 7d"),
            ]
        ) { DurationText.format($0.delivery.circuit.maxOpenDuration) },
        KeyCase(
            "retry.initial", default: "30s", good: ("\"2s\"", "2s"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [
                ("\"9ms\"", "\"9ms\" is too short; write 10ms to 1d"),
                ("\"25h\"", "\"25h\" is too long; write 10ms to 1d"),
            ]
        ) { DurationText.format($0.delivery.retry.initial) },
        KeyCase(
            "retry.factor", default: "2.0", good: ("3", "3.0"),
            wrongType: ("\"2\"", "\"2\" is not a number; write a number from 1 to 100"),
            outOfBounds: [
                ("0.5", "0.5 is too small; write a number from 1 to 100"),
                ("inf", "inf is too large; write a number from 1 to 100"),
                ("nan", "nan is not a number; write a number from 1 to 100"),
            ]
        ) { String($0.delivery.retry.factor) },
        KeyCase(
            "retry.max", default: "1h", good: ("\"2d\"", "2d"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [
                ("\"9ms\"", "\"9ms\" is too short; write 10ms to 30d"),
                ("\"31d\"", "\"31d\" is too long; write 10ms to 30d"),
            ]
        ) { DurationText.format($0.delivery.retry.max) },
        KeyCase(
            "retry.jitter", default: "0.2", good: ("0.5", "0.5"),
            wrongType: ("false", "false is not a number; write a number from 0 to 1"),
            outOfBounds: [
                ("-0.1", "-0.1 is too small; write a number from 0 to 1"),
                ("1.1", "1.1 is too large; write a number from 0 to 1"),
            ]
        ) { String($0.delivery.retry.jitter) },
        KeyCase(
            "retry.expire_after", default: "5d", good: ("\"12h\"", "12h"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [
                ("\"999ms\"", "\"999ms\" is too short; write 1s to 365d"),
                ("\"366d\"", "\"366d\" is too long; write 1s to 365d"),
            ]
        ) { DurationText.format($0.delivery.retry.expireAfter) },
        KeyCase(
            "admin.socket", default: "/var/lib/posthorse/admin.sock", good: ("\"/run/p.sock\"", "/run/p.sock"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [
                ("\"\"", "\"\" is not a path; write for example \"/run/posthorse/admin.sock\""),
                (
                    "\"/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
                    "the path has 108 octets; a socket path may have 107; shorten it, for example to \"/run/posthorse/admin.sock\""
                ),
            ]
        ) { $0.adminSocket },
        KeyCase(
            "admin.socket_group", default: "none", good: ("\"operators\"", "operators"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [
                ("\"\"", "\"\" is not the name of a group; write for example \"operators\""),
                ("\"a:b\"", "\"a:b\" is not the name of a group; write for example \"operators\""),
            ]
        ) { $0.adminGroup ?? "none" },
        KeyCase(
            "log.level", default: "info", good: ("\"error\"", "error"),
            wrongType: (
                "1", "1 is not a valid value; write \"debug\", \"info\", \"notice\", \"warning\" or \"error\""
            ),
            outOfBounds: [
                (
                    "\"maybe\"",
                    "\"maybe\" is not a valid value; write \"debug\", \"info\", \"notice\", \"warning\" or \"error\""
                )
            ]
        ) { $0.log.level.rawValue },
        KeyCase(
            "log.format", default: "text", good: ("\"json\"", "json"),
            wrongType: ("1", "1 is not a valid value; write \"text\" or \"json\""),
            outOfBounds: [("\"maybe\"", "\"maybe\" is not a valid value; write \"text\" or \"json\"")]
        ) { $0.log.format.rawValue },
    ]
}
