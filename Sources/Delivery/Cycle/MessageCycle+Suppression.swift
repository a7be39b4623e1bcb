internal import Mail
internal import Spool
internal import Suppression

/// Recipients that get no mail.
extension MessageCycle {
    /// What is written in front of the words about a recipient whose mail was dropped.
    static let droppedPrefix = "dropped: "

    /// Takes pending recipients out whose addresses are suppressed: no upstream is asked about them, now or later. If no
    /// other is left, the cycle is over.
    ///
    /// A doubt about such a recipient ends too: what could resolve it would be another attempt.
    ///
    /// - Parameters:
    ///   - action: whether their sender hears of it.
    ///   - match: the suppression that keeps mail from an address.
    mutating func suppress(
        _ action: SuppressionAction, _ match: (Address) -> SuppressionMatch?
    ) -> [CycleStep.News] {
        var news: [CycleStep.News] = []
        var suppressed: Set<Int> = []
        for index in pending {
            guard let match = match(message.recipients[index].address) else { continue }
            suppressed.insert(index)
            suppress(index, action, match)
            news.append(.suppressed(index, match, action))
        }
        guard !suppressed.isEmpty else { return [] }
        pending.removeAll { suppressed.contains($0) }
        if pending.isEmpty, isBound { unbind() }
        return news
    }

    private mutating func suppress(_ index: Int, _ action: SuppressionAction, _ match: SuppressionMatch) {
        opinions[index] = nil
        incapable[index] = nil
        let words = match.reply.description
        switch action {
        case .refuse:
            fail(index, .suppressed)
            change(index) { $0.lastReply = words }
        case .drop:
            change(index) { $0.markFailed(.suppressed) }
            change(index) { $0.lastReply = Self.droppedPrefix + words }
        }
        // Who was asked before is still of interest, above all if there was a doubt.
        if message.recipients[index].attempts == 0 { change(index) { $0.upstream = nil } }
    }
}
