import Delivery

@testable import Configuration

extension KeyCase {
    private static let remedy = "write a whole number from 1 to 1000"

    private static func weight(
        _ key: String, _ fallback: Int, good: Int, _ read: @escaping @Sendable (ClassWeights) -> Int
    ) -> KeyCase {
        KeyCase(
            "priority.\(key)", default: "\(fallback)", good: ("\(good)", "\(good)"),
            wrongType: ("\"5\"", "\"5\" is not a whole number; \(remedy)"),
            outOfBounds: [("0", "0 is too small; \(remedy)"), ("1001", "1001 is too large; \(remedy)")]
        ) { "\(read($0.delivery.priority))" }
    }

    static let priorities: [KeyCase] = [
        weight("high", 16, good: 100) { $0.high },
        weight("normal", 4, good: 8) { $0.normal },
        weight("bulk", 1, good: 2) { $0.bulk },
    ]
}
