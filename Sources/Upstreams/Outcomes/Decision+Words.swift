extension Decision {
    /// The name of the matching rule.
    package var rule: String {
        switch source {
        case .own(let number, _): "rule \(number) of this upstream"
        case .provider(let provider, let rule):
            "rule \((provider.rules.firstIndex(of: rule) ?? 0) + 1) for \(provider.title)"
        case .general(let row): row.name
        }
    }

    /// The matching rule and the decisive parts of the reply, for an operator.
    package var ruleInWords: String {
        let title =
            switch source {
            case .own, .provider: rule
            case .general: "row \(rule) of the general table"
            }
        let quoted = matched.words.map { "\"\($0)\"" }.joined(separator: " with ")
        let words = quoted.isEmpty ? [] : ["\(source.isOwn ? "match" : "text") \(quoted)"]
        return ([title] + matched.codes + words).joined(separator: ", ")
    }

    /// Why a row that would have failed the mail did not, for an operator.
    package var doubt: String? {
        contradiction.map { "\"\($0.words)\" speaks against row \($0.row), which would have failed it" }
    }

    /// The reason for the rule, if it gives one.
    package var reason: String? {
        switch source {
        case .own, .provider: nil
        case .general(let row): row.reason
        }
    }

    /// The public page that the rule is based on.
    package var page: String? {
        switch source {
        case .own, .general: nil
        case .provider(_, let rule): rule.page
        }
    }
}

extension Decision.Source {
    fileprivate var isOwn: Bool {
        switch self {
        case .own: true
        case .provider, .general: false
        }
    }
}

extension Verdict {
    /// What the relay does, in one sentence for an operator.
    package var consequence: String {
        switch action {
        case .nextUpstream:
            "It goes to the next upstream at once; if there is none, it is retried on schedule. Nothing bounces."
        case .slowDown:
            "It goes to the next upstream at once, and this one gets less mail for a while. Nothing bounces."
        case .retryLater:
            "It is retried on the schedule of [retry]. Nothing bounces."
        case .secondOpinion:
            secondOpinion
        case .nextTransaction:
            "It goes to the same upstream at once, in the next transaction. Nothing bounces."
        case .newSession:
            "It goes to the same upstream at once, in a new session. Nothing bounces."
        case .fewerSessions:
            "It goes to the same upstream in another session, and fewer are opened for a while. Nothing bounces."
        case .fail:
            failure
        }
    }

    private var secondOpinion: String {
        let first =
            "Another working upstream of the route gets it at once. If that one refuses it too, it fails. If that one "
            + "accepts it, that is \(isRefutable ? "" : "no ")evidence against this upstream."
        let alone =
            isPassing
            ? "If there is no other, it is retried on schedule: the reply sounds temporary."
            : "If there is no other, it fails."
        return "\(first) \(alone)"
    }

    private var failure: String {
        switch scope {
        case .message:
            "The message fails for every recipient of the transaction; on a route with failover_on_reject, only after "
                + "another upstream refuses it too."
        case .sender, .account, .transport:
            "The message fails for every recipient the reply concerns, without trying another upstream."
        case .recipient:
            "The recipient fails, without trying another upstream."
        }
    }

    /// The effect on the circuit, in one sentence for an operator.
    package var effect: String {
        if opensCircuit {
            return "The circuit opens at once, and probes alone do not close it: a message must get through."
        }
        if action == .secondOpinion, isRefutable {
            return "Depends on what another upstream says about the same mail: see refutations in [circuit]."
        }
        if countsAgainstCircuit { return "It counts against the circuit, which opens after several." }
        return "The circuit does not change."
    }
}

extension ReplyPattern: CustomStringConvertible {
    /// All parts except the phases: `5yz, x.7.8, text "relay denied"`.
    package var description: String {
        var parts = codes.map { "\($0)" }
        if let digit { parts.append("\(digit)yz") }
        parts += [Self.list(statuses.map(\.description), quote: "")].filter { !$0.isEmpty }
        if !texts.isEmpty { parts.append("text " + Self.list(texts, quote: "\"")) }
        if !companions.isEmpty { parts.append("with " + Self.list(companions, quote: "\"")) }
        if !recipientWords.isEmpty { parts.append("at RCPT with " + Self.list(recipientWords, quote: "\"")) }
        switch sessions {
        case []: break
        case [.new]: parts.append("to the first message of a session")
        case [.ended]: parts.append("after a message in the same session, which the server then closes")
        default: parts.append("after a message in the same session")
        }
        let unless = Self.list(exceptions.texts.map { "\"\($0)\"" } + exceptions.statuses.map(\.description), quote: "")
        if !unless.isEmpty { parts.append("but not \(unless)") }
        return parts.isEmpty ? "any reply" : parts.joined(separator: ", ")
    }

    private static func list(_ items: [String], quote: String) -> String {
        items.map { quote + $0 + quote }.joined(separator: " or ")
    }
}
