@testable import Configuration

extension KeyCase {
    static let reload: [KeyCase] = [
        KeyCase(
            "reload.watch", default: "false", good: ("true", "true"),
            wrongType: ("\"yes\"", "\"yes\" is not a boolean; write true or false"),
            outOfBounds: [("1", "1 is not a boolean; write true or false")]
        ) { "\($0.reload.watch)" }
    ]
}
