import Delivery
import Mail

@testable import Configuration

extension KeyCase {
    static let retries = [warnAfter] + [Priority.high, .bulk].flatMap(overrides)

    private static let warnAfter = KeyCase(
        "retry.warn_after", default: "4h", good: ("\"0s\"", "0s"), wrongType: noUnit,
        outOfBounds: [
            ("\"999ms\"", "\"999ms\" is too short; write 0s, or 1s to 365d"),
            ("\"366d\"", "\"366d\" is too long; write 0s, or 1s to 365d"),
        ]
    ) { DurationText.format($0.delivery.retry.warnAfter) }

    private static let noUnit = ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds")

    /// What the table of a priority sets, and what it takes from [retry].
    private static func overrides(of priority: Priority) -> [KeyCase] {
        let name = "retry.\(priority.name)"
        @Sendable func settings(_ configuration: RelayConfiguration) -> RetrySettings {
            configuration.delivery.retry.settings(for: priority)
        }
        return [
            KeyCase(
                "\(name).initial", default: "30s", good: ("\"2s\"", "2s"), wrongType: noUnit,
                outOfBounds: [("\"9ms\"", "\"9ms\" is too short; write 10ms to 1d")]
            ) { DurationText.format(settings($0).initial) },
            KeyCase(
                "\(name).factor", default: "2.0", good: ("3", "3.0"),
                wrongType: ("\"2\"", "\"2\" is not a number; write a number from 1 to 100"),
                outOfBounds: [("0.5", "0.5 is too small; write a number from 1 to 100")]
            ) { String(settings($0).factor) },
            KeyCase(
                "\(name).max", default: "1h", good: ("\"2d\"", "2d"), wrongType: noUnit,
                outOfBounds: [("\"31d\"", "\"31d\" is too long; write 10ms to 30d")]
            ) { DurationText.format(settings($0).max) },
            KeyCase(
                "\(name).jitter", default: "0.2", good: ("0.5", "0.5"),
                wrongType: ("false", "false is not a number; write a number from 0 to 1"),
                outOfBounds: [("1.1", "1.1 is too large; write a number from 0 to 1")]
            ) { String(settings($0).jitter) },
            KeyCase(
                "\(name).expire_after", default: "5d", good: ("\"12h\"", "12h"), wrongType: noUnit,
                outOfBounds: [("\"366d\"", "\"366d\" is too long; write 1s to 365d")]
            ) { DurationText.format(settings($0).expireAfter) },
            KeyCase(
                "\(name).warn_after", default: "4h", good: ("\"0s\"", "0s"), wrongType: noUnit,
                outOfBounds: [("\"999ms\"", "\"999ms\" is too short; write 0s, or 1s to 365d")]
            ) { DurationText.format(settings($0).warnAfter) },
        ]
    }
}
