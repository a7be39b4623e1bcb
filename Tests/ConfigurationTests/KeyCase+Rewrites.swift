import Ingress
import Suppression

@testable import Configuration

extension KeyCase {
    private static func rule(_ configuration: RelayConfiguration) -> RewriteRule {
        configuration.ingress.rewrites.first ?? ConfigurationDraft.rewrite
    }

    private static let patternRemedy =
        "write for example \"ann@example.com\", \"@example.com\" or \"@*.example.com\""
    private static let targetProblem =
        "is no address in ASCII, and no domain behind an \"@\"; write for example \"ann@example.com\" or \"@example.com\""

    static let rewrites: [KeyCase] = [
        KeyCase(
            "rewrite.field", default: "required", good: ("\"Reply-To\"", "Reply-To"),
            wrongType: ("1", "1 is not a valid value; write \"sender\", \"From\" or \"Reply-To\""),
            outOfBounds: [
                ("\"from\"", "\"from\" is not a valid value; write \"sender\", \"From\" or \"Reply-To\"")
            ]
        ) { rule($0).field.rawValue },
        KeyCase(
            "rewrite.match", default: "required", good: ("\"*@*.Old.example\"", "@*.old.example"),
            wrongType: ("1", "1 is no address, and no domain behind an \"@\"; \(patternRemedy)"),
            outOfBounds: [
                ("\"<>\"", "\"<>\" is no address, and no domain behind an \"@\"; \(patternRemedy)"),
                ("\"a*@x\"", "\"a*@x\" is no address, and no domain behind an \"@\"; \(patternRemedy)"),
            ]
        ) { rule($0).match.text },
        KeyCase(
            "rewrite.to", default: "required", good: ("\"@New.example\"", "@new.example"),
            wrongType: ("1", "1 \(targetProblem)"),
            outOfBounds: [
                ("\"new.example\"", "\"new.example\" \(targetProblem)"),
                ("\"a@x\\r\\nBcc: b@y\"", "\"a@x\\u000D\\nBcc: b@y\" \(targetProblem)"),
            ]
        ) { rule($0).target.text },
    ]
}
