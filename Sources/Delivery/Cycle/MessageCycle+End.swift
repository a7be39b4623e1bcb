internal import Mail
internal import SMTP
internal import Spool
internal import Upstreams

/// The end of a cycle: remaining recipients wait for their time, or fail.
extension MessageCycle {
    /// No upstream is left that could take the pending recipients now.
    mutating func exhausted(_ facts: CycleFacts) -> CycleStep {
        gather()
        guard !isBound else {
            unbind()
            return CycleStep(action: .tryNext)
        }
        return end(facts)
    }

    mutating func end(_ facts: CycleFacts, _ attempts: [AttemptRecord] = []) -> CycleStep {
        var news: [CycleStep.News] = []
        failWhatNobodyTakes(facts, &news)
        let left = (pending + postponed).sorted()
        let release = release(facts)
        pending = []
        postponed = []
        if !left.isEmpty {
            countCycle()
            if facts.plan.isExpired(message, ages: facts.ages, at: facts.now) {
                expire(left, &news)
            } else {
                postpone(left, facts, &news)
            }
        }
        let isDone = message.recipients.allSatisfy(\.isSettled)
        return CycleStep(action: isDone ? .remove : .requeue(release), attempts: attempts, ending: news)
    }

    /// A message that an upstream cannot carry, or that all have refused, or that came from it, is not released by any
    /// trial: it would only circulate.
    private func release(_ facts: CycleFacts) -> CycleStep.Release {
        guard !pending.isEmpty else { return .time }
        return incapable.isEmpty && !cameFromUpstream && !isAnsweredByAll(facts) ? .anyUpstream : .recovery
    }

    /// Whether all upstreams that may have the message have refused it in this cycle.
    private func isAnsweredByAll(_ facts: CycleFacts) -> Bool {
        guard !opinions.isEmpty else { return false }
        return pending.allSatisfy { index in
            let refusers = opinions[index]?.map(\.upstream) ?? []
            return terms.upstreams.allSatisfy { refusers.contains($0) || !facts.enabled.contains($0) }
        }
    }

    // MARK: - Impasses

    /// Fails those pending recipients that no upstream will accept by their nature.
    private mutating func failWhatNobodyTakes(_ facts: CycleFacts, _ news: inout [CycleStep.News]) {
        guard !opinions.isEmpty || !incapable.isEmpty else { return }
        var hopeless: Set<Int> = []
        for index in pending where isHopeless(index, facts) {
            hopeless.insert(index)
            let verdict = opinions[index]?.last { !$0.isPassing }
            fail(index, failureClass(of: verdict, index))
            if let verdict {
                // Anything received since, such as a dead connection, is no reason for a failure.
                change(index) { $0.lastReply = verdict.reply.description }
                change(index) { $0.upstream = facts.names[verdict.upstream] }
            }
            judgeOpinions(about: index, by: verdict?.upstream, isConfirmed: true, &news)
            news.append(
                .failed(
                    [index], upstream: verdict?.upstream ?? incapable[index]?.upstream,
                    phase: (verdict?.phase ?? .mail).rawValue, reply: message.recipients[index].lastReply ?? ""))
        }
        if !hopeless.isEmpty { pending.removeAll { hopeless.contains($0) } }
    }

    /// - Parameter opinion: the refusal that stands; nil if no upstream could carry it.
    private func failureClass(of opinion: Opinion?, _ index: Int) -> FailureClass {
        if let opinion { return FailureClassRule.failureClass(of: opinion.reply, at: opinion.phase, opinion.scope) }
        let words = incapable[index].flatMap { OwnWords.unmark($0.reason) }
        guard let reply = words.flatMap({ Reply(parsing: $0) }) else { return .transport }
        return FailureClassRule.failureClass(of: reply, at: .mail, .message)
    }

    /// Whether every upstream has refused the recipient, or enough cycles have agreed that none accepts it.
    private mutating func isHopeless(_ index: Int, _ facts: CycleFacts) -> Bool {
        if isRefusedByAll(index, facts) { return true }
        guard isImpasse(index, facts) else { return false }
        if let incapacity = incapable[index] {
            let (reason, name) = (incapacity.reason, facts.names[incapacity.upstream])
            change(index) { recipient in
                recipient.lastReply = reason
                recipient.upstream = name
            }
            guard !incapacity.isOld else { return false }
        }
        change(index) { recipient in
            if recipient.impasse == nil {
                recipient.impasse = Impasse(since: facts.now, last: facts.now)
            } else {
                recipient.impasse?.again(at: facts.now)
            }
        }
        return message.recipients[index].impasse?.isFinal ?? false
    }

    /// Whether in this cycle a refusal could not be confirmed by anybody, or no upstream could carry the message.
    private func isImpasse(_ index: Int, _ facts: CycleFacts) -> Bool {
        let refusers = refusers(of: index)
        guard refusers.isEmpty else { return true }
        guard let unable = incapable[index]?.upstreams else { return false }
        return terms.upstreams.allSatisfy { unable.contains($0) || !facts.enabled.contains($0) }
    }

    // MARK: - Waiting

    private mutating func postpone(_ recipients: [Int], _ facts: CycleFacts, _ news: inout [CycleStep.News]) {
        let due =
            facts.now
            + facts.plan.delay(
                afterCycles: message.cycles, of: message.priority, random: facts.jitter)
        let name = lastUpstream.map { facts.names[$0] }
        let reason = lastReason.isEmpty ? nil : lastReason
        let isLate = facts.plan.isLate(message, ages: facts.ages, at: facts.now)
        for index in recipients {
            deferRecipient(index)
            if isLate { warn(index) }
            let next = facts.plan.deferral(of: message.recipients[index], in: message, until: due)
            change(index) { recipient in
                recipient.nextAttemptAt = next
                recipient.upstream = recipient.upstream ?? name
                if recipient.lastReply == nil { recipient.lastReply = reason }
            }
        }
        for (words, group) in lastWords(of: recipients, reason) {
            news.append(.requeued(group, due: due, phase: words.phase))
        }
    }

    /// What was said last about a recipient, and by whom.
    private struct LastWords: Hashable {
        let upstream: String?
        let reply: String?
        /// Nil for an answer of an earlier cycle.
        let phase: String?
    }

    /// The recipients by what was said last about them.
    private func lastWords(of recipients: [Int], _ reason: String?) -> [(LastWords, [Int])] {
        let groups = Dictionary(grouping: recipients) { index in
            let recipient = message.recipients[index]
            let unreached = recipient.lastReply == reason ? unreachedPhase?.rawValue : nil
            return LastWords(
                upstream: recipient.upstream, reply: recipient.lastReply, phase: lastPhases[index] ?? unreached)
        }
        return groups.sorted { $0.value[0] < $1.value[0] }.map { ($0.key, $0.value) }
    }

    /// What it says about an address that its mail has waited for all the time there was.
    private func bounceByWaiting(_ index: Int) -> CycleStep.News? {
        guard let last = message.recipients[index].lastReply, let reply = Reply(parsing: last) else { return nil }
        return BounceRules.bounce(afterWaitingFor: reply).map { .bounced(index, $0, reply: last) }
    }

    static let expiredPrefix = "expired; last: "

    mutating func expire(_ recipients: [Int], _ news: inout [CycleStep.News]) {
        let bounces = recipients.compactMap(bounceByWaiting)
        for index in recipients {
            let last =
                message.recipients[index].lastReply ?? (lastReason.isEmpty ? CycleReporter.noUpstream : lastReason)
            fail(index, .expired)
            change(index) { $0.lastReply = Self.expiredPrefix + last }
        }
        let reply = message.recipients[recipients[0]].lastReply ?? "expired"
        news.append(.failed(recipients, upstream: nil, phase: "expired", reply: reply))
        news += bounces
    }
}
