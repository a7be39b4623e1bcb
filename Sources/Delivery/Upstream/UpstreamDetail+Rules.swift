internal import Mail
internal import SMTP
internal import Upstreams

extension UpstreamDetail {
    /// The same, with the rule that decides about each answer. Texts are compared with every rule, which takes too long for
    /// the event loop of the mail.
    func explained(by rules: RuleBook) -> UpstreamDetail {
        var detail = self
        detail.answers = answers.map { $0.explained(by: rules) }
        return detail
    }
}

extension UpstreamDetail.Answer {
    /// A success has no verdict, and a lost connection no reply: no rule decides about them.
    fileprivate func explained(by rules: RuleBook) -> Self {
        let named = ClientPhase(rawValue: phase)?.outcomePhase ?? OutcomePhase(rawValue: phase)
        guard verdict != nil, let phase = named, let reply = Reply(parsing: text), reply.code >= 400
        else { return self }
        var answer = self
        answer.rule = rules.explain(reply, at: phase).rule
        return answer
    }
}
