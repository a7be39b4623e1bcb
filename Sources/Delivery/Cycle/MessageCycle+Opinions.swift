internal import Mail
internal import Spool
internal import Upstreams

/// Refusals that need a second opinion before they fail a recipient.
extension MessageCycle {
    /// An upstream refuses a recipient for a reason that may not lie with the recipient.
    mutating func refused(
        _ answer: RecipientAnswer, _ verdict: Verdict, _ attempt: CycleAttempt, _ facts: CycleFacts,
        _ news: inout [CycleStep.News]
    ) -> Fate {
        let index = answer.recipient
        let opinion = Opinion(
            upstream: attempt.upstream, began: attempt.began, phase: answer.phase, reply: answer.reply,
            scope: verdict.scope,
            isPassing: verdict.isPassing, isRefutable: verdict.isRefutable)
        let isConfirmed = !opinion.isPassing && !refusers(of: index).isEmpty
        opinions[index, default: []].append(opinion)
        guard verdict.action == .fail || terms.asksSecondOpinion else {
            return opinion.isPassing ? .later : stands(index, opinion, &news)
        }
        return isConfirmed || isRefusedByAll(index, facts) ? stands(index, opinion, &news) : .nextUpstream
    }

    /// Records an unexplained refusal of the sender. It fails nobody, but an upstream that accepts the message refutes
    /// it.
    mutating func noteUnexplained(_ answer: RecipientAnswer, _ attempt: CycleAttempt) {
        guard let verdict = answer.verdict, verdict.isUnexplained, verdict.action == .nextUpstream else { return }
        opinions[answer.recipient, default: []].append(
            Opinion(
                upstream: attempt.upstream, began: attempt.began, phase: answer.phase, reply: answer.reply,
                scope: verdict.scope, isPassing: true, isRefutable: true))
    }

    private mutating func stands(_ index: Int, _ opinion: Opinion, _ news: inout [CycleStep.News]) -> Fate {
        judgeOpinions(about: index, by: opinion.upstream, isConfirmed: true, &news)
        return .failed
    }

    /// Upstreams that have refused a recipient in this cycle, not counting temporary wording.
    func refusers(of index: Int) -> UpstreamSet {
        UpstreamSet(opinions[index]?.lazy.filter { !$0.isPassing }.map(\.upstream) ?? [])
    }

    /// Whether no upstream of the route is left that could disagree. A disabled one does not count.
    func isRefusedByAll(_ index: Int, _ facts: CycleFacts) -> Bool {
        let refusers = refusers(of: index)
        return !refusers.isEmpty
            && terms.upstreams.allSatisfy { refusers.contains($0) || !facts.enabled.contains($0) }
    }

    /// Decides what the refusals of a recipient were worth.
    mutating func judgeOpinions(
        about index: Int, by upstream: Int?, isConfirmed: Bool, _ news: inout [CycleStep.News]
    ) {
        guard !opinions.isEmpty, let judged = opinions.removeValue(forKey: index) else { return }
        for opinion in judged {
            news.append(
                .judged(opinion, recipient: index, by: upstream ?? opinion.upstream, isConfirmed: isConfirmed))
        }
    }
}
