import Delivery
import Upstreams

@testable import Configuration

extension KeyCase {
    private static let noUnit = "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"
    private static let stepsRemedy = "write for example [10, 25, 50]"

    static let health: [KeyCase] = [
        KeyCase(
            "health.interval", default: "30s", good: ("\"0s\"", "0s"), wrongType: ("30", noUnit),
            outOfBounds: [
                ("\"99ms\"", "\"99ms\" is too short; write 0s, or 100ms to 1d"),
                ("\"25h\"", "\"25h\" is too long; write 0s, or 100ms to 1d"),
            ]
        ) { DurationText.format($0.delivery.health.interval) },
        KeyCase(
            "health.timeout", default: "5s", good: ("\"1s\"", "1s"), wrongType: ("30", noUnit),
            outOfBounds: [
                ("\"9ms\"", "\"9ms\" is too short; write 10ms to 10m"),
                ("\"11m\"", "\"11m\" is too long; write 10ms to 10m"),
            ]
        ) { DurationText.format($0.delivery.health.timeout) },
        KeyCase(
            "health.unhealthy_threshold", default: "3", good: ("1", "1"),
            wrongType: ("\"four\"", "\"four\" is not a whole number; write a whole number from 1 to 1000"),
            outOfBounds: [
                ("0", "0 is too small; write a whole number from 1 to 1000"),
                ("1001", "1001 is too large; write a whole number from 1 to 1000"),
            ]
        ) { String($0.delivery.health.unhealthyThreshold) },
        KeyCase(
            "health.healthy_threshold", default: "2", good: ("5", "5"),
            wrongType: ("\"four\"", "\"four\" is not a whole number; write a whole number from 1 to 1000"),
            outOfBounds: [
                ("0", "0 is too small; write a whole number from 1 to 1000"),
                ("1001", "1001 is too large; write a whole number from 1 to 1000"),
            ]
        ) { String($0.delivery.health.healthyThreshold) },
        KeyCase(
            "circuit.failure_rate", default: "0.5", good: ("0", "0.0"),
            wrongType: ("\"50%\"", "\"50%\" is not a number; write a number from 0 to 1"),
            outOfBounds: [
                ("-0.1", "-0.1 is too small; write a number from 0 to 1"),
                ("50", "50 is too large; write a number from 0 to 1"),
            ]
        ) { String($0.delivery.circuit.failureRate) },
        KeyCase(
            "circuit.min_requests", default: "20", good: ("1", "1"),
            wrongType: ("\"four\"", "\"four\" is not a whole number; write a whole number from 1 to 1000000"),
            outOfBounds: [
                ("0", "0 is too small; write a whole number from 1 to 1000000"),
                ("1000001", "1000001 is too large; write a whole number from 1 to 1000000"),
            ]
        ) { String($0.delivery.circuit.minRequests) },
        KeyCase(
            "circuit.window", default: "30s", good: ("\"1m\"", "1m"), wrongType: ("30", noUnit),
            outOfBounds: [
                ("\"999ms\"", "\"999ms\" is too short; write 1s to 1d"),
                ("\"25h\"", "\"25h\" is too long; write 1s to 1d"),
            ]
        ) { DurationText.format($0.delivery.circuit.window) },
        KeyCase(
            "circuit.latency_threshold", default: "30s", good: ("\"0s\"", "0s"), wrongType: ("30", noUnit),
            outOfBounds: [
                ("\"9ms\"", "\"9ms\" is too short; write 0s, or 10ms to 1d"),
                ("\"25h\"", "\"25h\" is too long; write 0s, or 10ms to 1d"),
            ]
        ) { DurationText.format($0.delivery.circuit.latencyThreshold) },
        KeyCase(
            "circuit.refutations", default: "5", good: ("0", "0"),
            wrongType: ("\"five\"", "\"five\" is not a whole number; write a whole number from 0 to 100000"),
            outOfBounds: [
                ("-1", "-1 is too small; write a whole number from 0 to 100000"),
                ("100001", "100001 is too large; write a whole number from 0 to 100000"),
            ]
        ) { String($0.delivery.circuit.refutations.refutations) },
        KeyCase(
            "circuit.refutation_window", default: "5m", good: ("\"1m\"", "1m"), wrongType: ("30", noUnit),
            outOfBounds: [
                ("\"999ms\"", "\"999ms\" is too short; write 1s to 1d"),
                ("\"25h\"", "\"25h\" is too long; write 1s to 1d"),
            ]
        ) { DurationText.format($0.delivery.circuit.refutations.window) },
        KeyCase(
            "circuit.refutation_domains", default: "3", good: ("1", "1"),
            wrongType: ("true", "true is not a whole number; write a whole number from 1 to 32"),
            outOfBounds: [
                ("0", "0 is too small; write a whole number from 1 to 32"),
                ("33", "33 is too large; write a whole number from 1 to 32"),
            ]
        ) { String($0.delivery.circuit.refutations.domains) },
        KeyCase(
            "circuit.refutation_senders", default: "2", good: ("1", "1"),
            wrongType: ("true", "true is not a whole number; write a whole number from 1 to 32"),
            outOfBounds: [
                ("0", "0 is too small; write a whole number from 1 to 32"),
                ("33", "33 is too large; write a whole number from 1 to 32"),
            ]
        ) { String($0.delivery.circuit.refutations.senders) },
        KeyCase(
            "recovery.ramp_steps", default: "[10, 25, 50]", good: ("[10, 25, 50, 100]", "[10, 25, 50, 100]"),
            wrongType: ("10", "10 is not a list of numbers; \(stepsRemedy)"),
            outOfBounds: [
                ("[10, \"a\"]", "\"a\" is not a whole number; write a whole number from 1 to 100"),
                ("[0]", "0 is too small; write a whole number from 1 to 100"),
                ("[50, 101]", "101 is too large; write a whole number from 1 to 100"),
                ("[10, 10]", "10 is not greater than the previous step; \(stepsRemedy)"),
                ("[25, 10]", "10 is not greater than the previous step; \(stepsRemedy)"),
                ("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]", "a list has 11 steps; write at most 10"),
            ]
        ) { "\($0.delivery.recovery.rampSteps)" },
        KeyCase(
            "recovery.step_duration", default: "30s", good: ("\"1m\"", "1m"), wrongType: ("30", noUnit),
            outOfBounds: [
                ("\"9ms\"", "\"9ms\" is too short; write 10ms to 1d"),
                ("\"25h\"", "\"25h\" is too long; write 10ms to 1d"),
            ]
        ) { DurationText.format($0.delivery.recovery.stepDuration) },
    ]
}
