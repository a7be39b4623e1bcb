extension Decision {
    /// Which rule it was.
    package var rule: String {
        switch source {
        case .own(let number, let rule): "rule \(number) of this upstream, match \"\(rule.match)\""
        case .provider(let provider, let rule):
            "rule \((provider.rules.firstIndex(of: rule) ?? 0) + 1) for \(provider.title), \(rule.pattern)"
        case .general(let row): "row \(row.name) of the general table, \(row.pattern)"
        }
    }

    /// Why the rule is as it is, as far as it says so.
    package var reason: String? {
        switch source {
        case .own, .provider: nil
        case .general(let row): row.reason
        }
    }

    /// The public page that the rule comes from.
    package var page: String? {
        switch source {
        case .own, .general: nil
        case .provider(_, let rule): rule.page
        }
    }
}

extension Verdict {
    /// What the relay does, in one sentence for an operator.
    package var consequence: String {
        switch action {
        case .nextUpstream:
            "The next upstream gets it at once; where there is none, it waits for the schedule. Nobody is bounced."
        case .slowDown:
            "This upstream gets less mail for a while, and the next one gets this at once. Nobody is bounced."
        case .retryLater:
            "It waits for the schedule of [retry], and is tried again. Nobody is bounced."
        case .secondOpinion:
            secondOpinion
        case .nextTransaction:
            "It goes through the same upstream at once, in the next transaction. Nobody is bounced."
        case .fail:
            failure
        }
    }

    private var secondOpinion: String {
        let first =
            "Another upstream of the route that works gets it at once. If that one refuses it too, it fails. If that one "
            + "takes it, that is evidence against this upstream."
        let alone =
            isPassing
            ? "Where there is no other, it waits for the schedule: the words are those of a trouble that passes."
            : "Where there is no other, it fails."
        return "\(first) \(alone)"
    }

    private var failure: String {
        switch scope {
        case .message:
            "The message fails for every recipient of the transaction; where its route says failover_on_reject, only when "
                + "another upstream refuses it too."
        case .sender, .account, .transport:
            "The message fails for every recipient that the reply is about, and no other upstream is asked."
        case .recipient:
            "The recipient fails, and no other upstream is asked."
        }
    }

    /// What the circuit hears, in one sentence for an operator.
    package var effect: String {
        if opensCircuit {
            return "The circuit opens at once, and a probe alone does not close it: a message has to go through."
        }
        if action == .secondOpinion {
            return "What another upstream says of the same mail decides: see refutations in [circuit]."
        }
        if countsAgainstCircuit { return "It counts against the circuit, which opens after some of them." }
        return "The circuit stays as it is."
    }
}

extension ReplyPattern: CustomStringConvertible {
    /// All its parts but the phases: `5yz, x.7.8, text "relay denied"`.
    package var description: String {
        var parts = codes.map { "\($0)" }
        if let digit { parts.append("\(digit)yz") }
        parts += [Self.list(statuses.map(\.description), quote: "")].filter { !$0.isEmpty }
        if !texts.isEmpty { parts.append("text " + Self.list(texts, quote: "\"")) }
        if !companions.isEmpty { parts.append("with " + Self.list(companions, quote: "\"")) }
        if !recipientWords.isEmpty { parts.append("at RCPT with " + Self.list(recipientWords, quote: "\"")) }
        let unless = Self.list(exceptions.texts.map { "\"\($0)\"" } + exceptions.statuses.map(\.description), quote: "")
        if !unless.isEmpty { parts.append("but not \(unless)") }
        return parts.isEmpty ? "any reply" : parts.joined(separator: ", ")
    }

    private static func list(_ items: [String], quote: String) -> String {
        items.map { quote + $0 + quote }.joined(separator: " or ")
    }
}
