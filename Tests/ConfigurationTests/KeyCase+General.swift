import Delivery
import Ingress
import Spool

@testable import Configuration

extension KeyCase {
    static let general: [KeyCase] = [
        // RFC 1123 section 2.1.
        KeyCase(
            "hostname", default: Machine.name, good: ("\"a.b-c.example\"", "a.b-c.example"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [
                (
                    "\"-a.b\"",
                    "\"-a.b\" is not a host name; write letters, digits, hyphens and dots, such as \"relay.example.com\""
                ),
                (
                    "\"\"",
                    "\"\" is not a host name; write letters, digits, hyphens and dots, such as \"relay.example.com\""
                ),
            ]
        ) { $0.hostname + ($0.hostname == $0.ingress.hostname && $0.hostname == $0.delivery.hostname ? "" : "?") },
        KeyCase(
            "threads", default: String(Machine.threads), good: ("3", "3"),
            wrongType: ("\"four\"", "\"four\" is not a whole number; write a whole number from 1 to 1024"),
            outOfBounds: [
                ("0", "0 is too small; write a whole number from 1 to 1024"),
                ("1025", "1025 is too large; write a whole number from 1 to 1024"),
            ]
        ) { String($0.threads) },
        KeyCase(
            "stop_grace", default: "5s", good: ("\"1m\"", "1m"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [
                ("\"-1s\"", "\"-1s\" is not a duration; write a number with ms, s, m, h or d, such as \"30s\""),
                ("\"61m\"", "\"61m\" is too long; write 0s to 1h"),
            ]
        ) { DurationText.format($0.stopGrace) },
        KeyCase(
            "spool.path", default: "/var/lib/posthorse", good: ("\"/srv/mail\"", "/srv/mail"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/var/lib/posthorse\"")]
        ) { $0.spool.path },
        KeyCase(
            "spool.min_free_space", default: "268435456", good: ("\"1GiB\"", "1073741824"),
            wrongType: (
                "true", "true is not a size; write for example \"50MiB\" (1024-based) or \"50MB\" (1000-based)"
            ),
            outOfBounds: [("-1", "-1 is too small; write a size of 0 or more")]
        ) { String($0.spool.minFreeSpace) },
        KeyCase(
            "spool.max_bytes", default: "0", good: ("\"10MB\"", "10000000"),
            wrongType: (
                "true", "true is not a size; write for example \"50MiB\" (1024-based) or \"50MB\" (1000-based)"
            ),
            outOfBounds: [("-1", "-1 is too small; write a size of 0 or more")]
        ) { String($0.spool.maxOctets) },
        KeyCase(
            "spool.memory_budget", default: "67108864", good: ("33554432", "33554432"),
            wrongType: (
                "true", "true is not a size; write for example \"50MiB\" (1024-based) or \"50MB\" (1000-based)"
            ),
            outOfBounds: [("\"1KiB\"", "\"1KiB\" is too small; write a size of 1MiB or more")]
        ) { String($0.spool.memoryBudget) },
    ]
}
