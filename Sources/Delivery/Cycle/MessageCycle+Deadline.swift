internal import Mail
internal import Spool

/// What happens to a message that only waits, without a cycle: no upstream is asked.
extension MessageCycle {
    init(waiting message: SpooledMessage) {
        self.init(message, recipients: [], terms: Terms(upstreams: []))
    }

    /// Its deadline may have passed: recipients that wait for an attempt expire, or their sender hears of the delay.
    ///
    /// - Parameter mayExpire: false while an attempt is still owed to them.
    mutating func deadlineReached(mayExpire: Bool, _ facts: CycleFacts) -> [CycleStep.News] {
        let waiting = message.recipients.indices.filter { message.recipients[$0].isWaiting }
        guard !waiting.isEmpty else { return [] }
        var news: [CycleStep.News] = []
        if mayExpire, facts.plan.isExpired(message, ages: facts.ages, at: facts.now) {
            expire(waiting, &news)
        } else if facts.plan.isLate(message, ages: facts.ages, at: facts.now) {
            for index in waiting { warn(index) }
        }
        return news
    }
}
