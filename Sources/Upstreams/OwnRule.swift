internal import Mail

/// An operator's own rule for the replies of one upstream.
///
/// The pattern is a regular expression, found anywhere in the code, the enhanced status code and the text on one line, without
/// regard to case. A search backtracks, and what it may cost grows with the length of the line to the power of the
/// pattern's repetitions; so no more than ``limit`` octets are looked at, and a pattern that repeats a repetition, whose
/// cost would double with every octet, is refused.
package struct OwnRule: Hashable, @unchecked Sendable {
    // Safety: all that is not Sendable is the compiled expression. It was made of text and holds no closures, nobody else
    // has it, and searching does not change it; what it compiles when first used, it stores atomically.

    /// Octets of a reply that are searched.
    package static let limit = 512

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
        guard !RepetitionScan(match).isNested else {
            throw Problem(
                description:
                    "match repeats what is repeated already, as in (a+)+, which may take for ever; write it flat")
        }
        if action == .fail, scope == .transport || scope == .account {
            throw Problem(
                description:
                    "a fault of scope \"\(scope.rawValue)\" is not the message's: action \"fail\" would bounce it")
        }
        self.match = match
        self.scope = scope
        self.action = action
        do {
            expression = try Regex(match).ignoresCase()
        } catch {
            throw Problem(description: "match is not a regular expression: \(error)")
        }
    }

    package var verdict: Verdict { Verdict(rule: scope, action) }

    package static func == (left: OwnRule, right: OwnRule) -> Bool {
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

/// Finds groups that repeat without a bound and hold a repetition without a bound.
private struct RepetitionScan {
    private(set) var isNested = false
    /// For each open group, whether it holds such a repetition.
    private var groups = [false]
    /// Whether the group that has just ended holds one.
    private var closed = false
    private var isInClass = false

    init(_ pattern: String) {
        var rest = Substring(pattern)
        while let next = rest.popFirst() {
            switch next {
            case "\\":
                rest = rest.dropFirst()
                closed = false
            case "[" where !isInClass: isInClass = true
            case "]": isInClass = false
            case "{" where !isInClass: if Self.isUnbounded(rest) { repeats() }
            case _ where isInClass: closed = false
            case "(": groups.append(false)
            case ")": leave()
            case "*", "+": repeats()
            default: closed = false
            }
        }
    }

    private mutating func leave() {
        guard groups.count > 1, let inner = groups.popLast() else { return }
        closed = inner
        if inner { groups[groups.count - 1] = true }
    }

    private mutating func repeats() {
        if closed { isNested = true }
        closed = false
        groups[groups.count - 1] = true
    }

    /// `{2,}`
    private static func isUnbounded(_ rest: Substring) -> Bool {
        guard let end = rest.firstIndex(of: "}") else { return false }
        return rest[..<end].hasSuffix(",")
    }
}
