internal import Mail

/// An operator's rule for replies of one upstream.
///
/// The pattern is a case-insensitive regular expression, searched in the code, the enhanced status code and the text,
/// on one line. Searching backtracks, so only ``limit`` octets are searched, and a pattern with more ways to match them
/// than ``RepetitionScan`` allows is refused.
package struct OperatorRule: Hashable, @unchecked Sendable {
    // Safety: the compiled expression is the only non-Sendable part. It was built from text and holds no closures,
    // nothing else refers to it, and searching does not modify it; what it compiles on first use is stored atomically.

    /// Number of octets of a reply that are searched.
    package static let limit = 256

    /// Why a rule is invalid, in words that follow its key.
    package struct Problem: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    package let match: String
    package let scope: FailureScope
    package let action: FailureAction
    private let expression: Regex<AnyRegexOutput>

    /// - Throws: ``Problem`` if the pattern is not a regular expression or might never finish, or if mail would bounce
    ///   for a fault that is not its own.
    package init(match: String, scope: FailureScope, action: FailureAction) throws(Problem) {
        guard !match.isEmpty else { throw Problem(description: "match is empty and would match every reply") }
        if action == .fail || action == .secondOpinion, scope == .transport || scope == .account {
            throw Problem(
                description:
                    "a fault of scope \"\(scope.rawValue)\" is not the message's: action \"\(action.rawValue)\" would "
                    + "bounce it")
        }
        if action == .nextTransaction, scope != .recipient {
            throw Problem(description: "action \"next_transaction\" is about recipients: scope must be \"recipient\"")
        }
        if action == .newSession || action == .fewerSessions, scope != .transport, scope != .account {
            throw Problem(
                description:
                    "action \"\(action.rawValue)\" is about sessions: scope must be \"transport\" or \"account\"")
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

    /// - Parameter line: from ``line(of:)``.
    func fits(_ line: String) -> Bool {
        ((try? expression.firstMatch(in: line)) ?? nil) != nil
    }

    /// The reply as seen by rules.
    static func line(of reply: Reply) -> String {
        String(decoding: reply.description.utf8.prefix(limit), as: UTF8.self)
    }
}
