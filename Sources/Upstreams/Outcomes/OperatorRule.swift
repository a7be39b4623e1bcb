internal import Mail

/// An operator's own rule for the replies of one upstream.
///
/// The pattern is a regular expression, found anywhere in the code, the enhanced status code and the text on one line, without
/// regard to case. A search backtracks, so no more than ``limit`` octets are looked at, and a pattern with more ways to
/// fit them than ``RepetitionScan`` allows is refused.
package struct OperatorRule: Hashable, @unchecked Sendable {
    // Safety: all that is not Sendable is the compiled expression. It was made of text and holds no closures, nobody else
    // has it, and searching does not change it; what it compiles when first used, it stores atomically.

    /// Octets of a reply that are searched.
    package static let limit = 256

    /// Why a rule cannot be one, in words that follow its key.
    package struct Problem: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    package let match: String
    package let scope: FailureScope
    package let action: FailureAction
    private let expression: Regex<AnyRegexOutput>

    /// - Throws: ``Problem`` for what is no regular expression or may take for ever, and where mail would bounce for a fault
    ///   that is not its own.
    package init(match: String, scope: FailureScope, action: FailureAction) throws(Problem) {
        guard !match.isEmpty else { throw Problem(description: "match is empty, and would fit every reply") }
        if action == .fail || action == .secondOpinion, scope == .transport || scope == .account {
            throw Problem(
                description:
                    "a fault of scope \"\(scope.rawValue)\" is not the message's: action \"\(action.rawValue)\" would "
                    + "bounce it")
        }
        if action == .nextTransaction, scope != .recipient {
            throw Problem(description: "action \"next_transaction\" is about recipients: scope must be \"recipient\"")
        }
        self.match = match
        self.scope = scope
        self.action = action
        do {
            expression = try Regex(match).ignoresCase()
        } catch {
            throw Problem(description: "match is not a regular expression: \(error)")
        }
        if let problem = RepetitionScan.problem(of: match) { throw Problem(description: problem) }
    }

    package var verdict: Verdict { Verdict(rule: scope, action) }

    package static func == (left: OperatorRule, right: OperatorRule) -> Bool {
        left.match == right.match && left.scope == right.scope && left.action == right.action
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(match)
        hasher.combine(scope)
        hasher.combine(action)
    }

    /// - Parameter line: of ``line(of:)``.
    func fits(_ line: String) -> Bool {
        ((try? expression.firstMatch(in: line)) ?? nil) != nil
    }

    /// The reply as rules see it.
    static func line(of reply: Reply) -> String {
        String(decoding: reply.description.utf8.prefix(limit), as: UTF8.self)
    }
}
