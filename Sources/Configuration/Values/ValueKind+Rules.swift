internal import Upstreams

extension ValueKind<String> {
    /// A regular expression for replies.
    static let replyPattern = ValueKind(name: "regular expression", bounds: "") { (raw) throws(InvalidValue) in
        guard case .string(let text) = raw else {
            throw InvalidValue("is not a string", "write it in single quotes, such as '^554 .*suspended'")
        }
        do throws(OperatorRule.Problem) {
            return try OperatorRule(match: text, scope: .message, action: .retryLater).match
        } catch {
            throw InvalidValue("is invalid: \(error)", "write a pattern that matches the replies you mean")
        }
    } write: {
        RawValue.quote($0, limit: .max)
    }

    /// A provider with known replies and headers, or none.
    static let provider = word(Provider.names + [Provider.noneName])
}
