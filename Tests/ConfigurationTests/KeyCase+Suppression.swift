import Delivery
import Suppression

@testable import Configuration

extension KeyCase {
    private static let number = "write a whole number from 0 to 1000"

    static let suppressions: [KeyCase] = [
        KeyCase(
            "suppression.hard_bounces", default: "0", good: ("1", "1"),
            wrongType: ("\"one\"", "\"one\" is not a whole number; \(number)"),
            outOfBounds: [("-1", "-1 is too small; \(number)"), ("1001", "1001 is too large; \(number)")]
        ) { String($0.delivery.suppression.hardBounces) },
        KeyCase(
            "suppression.soft_bounces", default: "0", good: ("5", "5"),
            wrongType: ("true", "true is not a whole number; \(number)"),
            outOfBounds: [("1001", "1001 is too large; \(number)")]
        ) { String($0.delivery.suppression.softBounces) },
        KeyCase(
            "suppression.window", default: "30d", good: ("\"7d\"", "7d"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [
                ("\"1s\"", "\"1s\" is too short; write 1m to 365d"),
                ("\"0s\"", "\"0s\" is too short; write 1m to 365d"),
                ("\"366d\"", "\"366d\" is too long; write 1m to 365d"),
            ]
        ) { DurationText.format($0.delivery.suppression.window) },
        KeyCase(
            "suppression.expire", default: "90d", good: ("\"0s\"", "0s"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [("\"1s\"", "\"1s\" is too short; write 0s, or 1m to 3650d")]
        ) { DurationText.format($0.delivery.suppression.expire) },
        KeyCase(
            "suppression.action", default: "refuse", good: ("\"drop\"", "drop"),
            wrongType: ("1", "1 is not a valid value; write \"refuse\" or \"drop\""),
            outOfBounds: [("\"reject\"", "\"reject\" is not a valid value; write \"refuse\" or \"drop\"")]
        ) { $0.delivery.suppression.action.rawValue },
    ]
}
