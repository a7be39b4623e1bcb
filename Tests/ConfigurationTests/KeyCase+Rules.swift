import Delivery
import Upstreams

@testable import Configuration

extension KeyCase {
    private static func rule(_ configuration: RelayConfiguration) -> UpstreamRule {
        configuration.delivery.upstreams[0].rules.first ?? Schema.upstreamRule.prototype
    }

    private static let scopes = "\"transport\", \"account\", \"sender\", \"recipient\" or \"message\""
    private static let actions =
        "\"failover\", \"slow_down\", \"retry\", \"second_opinion\", \"next_transaction\", \"new_session\", \"fewer_sessions\" or \"fail\""

    private static let remedy = "write a pattern that matches the replies you mean"

    static let rules: [KeyCase] = [
        KeyCase(
            "upstream.rule.match", default: "required", good: (#"'^4\d\d .*quota'"#, #"^4\d\d .*quota"#),
            wrongType: ("554", "554 is not a string; write it in single quotes, such as '^554 .*suspended'"),
            outOfBounds: [
                ("\"\"", "\"\" is invalid: match is empty and would match every reply; \(remedy)"),
                (
                    "\"(a+)+\"",
                    "\"(a+)+\" is invalid: match repeats something that is itself repeated or has a choice, as in (a+)+, (a?b)+ or (a|b)*, which may never finish; "
                        + "write it flat; \(remedy)"
                ),
                (
                    "\"(a\"",
                    "\"(a\" is invalid: match is not a regular expression: expected ')'; \(remedy)"
                ),
            ]
        ) { rule($0).match },
        KeyCase(
            "upstream.rule.scope", default: "required", good: ("\"sender\"", "sender"),
            wrongType: ("1", "1 is not a valid value; write \(scopes)"),
            outOfBounds: [("\"host\"", "\"host\" is not a valid value; write \(scopes)")]
        ) { rule($0).scope.rawValue },
        KeyCase(
            "upstream.rule.action", default: "required", good: ("\"slow_down\"", "slow_down"),
            wrongType: ("1", "1 is not a valid value; write \(actions)"),
            outOfBounds: [("\"bounce\"", "\"bounce\" is not a valid value; write \(actions)")]
        ) { rule($0).action.rawValue },
    ]
}
