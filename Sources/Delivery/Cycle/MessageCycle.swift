internal import Mail
internal import SMTP
internal import Spool
internal import Upstreams

/// One message's pass over the upstreams of its route, as a value: events go in, steps come out. The only part of
/// delivery that writes a recipient's state.
///
/// Each recipient in the cycle is in one of these places:
///
/// - `pending`: in the transaction being prepared or in progress;
/// - `rest`: goes to the same upstream in a later transaction, because this one has no room for it;
/// - `leftOver`: goes to the next upstream, once this one is done with the others;
/// - `postponed`: waits for the schedule, whatever happens to the others;
/// - none of them: delivered, failed, or in doubt.
///
/// When the cycle ends, the recipients left in any of them wait or have failed.
struct MessageCycle {
    /// Terms of the route that all recipients of the cycle share.
    struct Terms {
        /// Index of the route.
        var route = 0
        /// Every upstream of the route, in order.
        var upstreams: [Int]
        /// The only ones that this cycle may use, in order; nil for all.
        var onlyUpstreams: [Int]?
        /// Whether that is by an operator's order.
        var isBound = false
        /// Whether that is since it is a probe of one upstream.
        var isPinned = false
        /// Whether a refusal for an unknown reason gets a second opinion.
        var asksSecondOpinion = true
        /// Whether a refusal of the content does too.
        var failsOverOnReject = false
        /// Header fields put in front of the message.
        var headers: [AddedField] = []
    }

    /// Why an upstream was not asked to accept a recipient.
    struct Incapacity {
        var upstreams = UpstreamSet()
        /// Whether the reporting session began before the last cycle with the same result: no new evidence.
        var isOld = false
        /// The last incapable upstream, and the reason, in the relay's own words.
        var upstream: Int
        var reason: String
    }

    private(set) var message: SpooledMessage
    private(set) var terms: Terms
    var pending: [Int]
    var rest: [Int] = []
    var leftOver: [Int] = []
    var postponed: [Int] = []
    /// Upstreams done with in this cycle.
    private(set) var tried = UpstreamSet()
    /// Recipients that an upstream could not carry; empty for most messages.
    var incapable: [Int: Incapacity] = [:]
    /// Refusals with a second opinion, given or pending; empty for most messages.
    var opinions: [Int: [Opinion]] = [:]
    /// When the message has its turn, if it goes to the same upstream again.
    var turn = CycleStep.Turn.inOrder
    /// Whether an upstream was skipped because the message came from there.
    var cameFromUpstream = false
    /// Recipients in doubt at the start of the cycle, with their state: an attempt without a result ends no doubt.
    let doubts: [Int: Recipient]
    /// What its sender may want to know, and has not been recorded yet.
    private var untold = UntoldNews()
    /// The last upstream's reply or failure that made the message move on.
    var lastReason = ""
    /// At which step it was, by recipient; none for those that were not asked.
    var lastPhases: [Int: String] = [:]
    /// Where the last upstream that nobody was asked at has failed.
    private(set) var unreachedPhase: ClientPhase?
    private(set) var lastUpstream: Int?

    /// - Parameter recipients: indexes of the recipients in the cycle.
    init(_ message: consuming SpooledMessage, recipients: [Int], terms: consuming Terms) {
        let all = message.recipients
        self.doubts = Dictionary(
            uniqueKeysWithValues: recipients.lazy.filter { all[$0].state == .inDoubt }.map { ($0, all[$0]) })
        self.message = message
        self.pending = recipients
        self.terms = terms
    }

    /// The upstreams that the cycle may use, in order.
    var candidates: [Int] { terms.onlyUpstreams ?? terms.upstreams }

    var pendingAddresses: [Address] { addresses(of: pending) }

    func addresses(of recipients: [Int]) -> [Address] {
        recipients.map { message.recipients[$0].address }
    }

    // MARK: - Events from the dispatcher

    /// Skips an upstream in this cycle.
    mutating func leaveOut(_ upstream: Int) {
        tried.insert(upstream)
    }

    /// A transaction starts.
    ///
    /// - Parameters:
    ///   - taken: the recipients in it.
    ///   - later: those that the upstream can accept in another transaction.
    mutating func transactionStarted(at upstream: Int, taken: [Int], later: [Int]) {
        pending = taken
        rest = later + rest
        lastUpstream = upstream
        message.openAttempt = nil
    }

    /// An upstream could not be reached, or no session answers: nobody was asked, and this is not an attempt.
    ///
    /// - Parameter phase: where the upstream has failed; nil if it was not tried.
    mutating func unreachable(_ upstream: Int, _ reason: String? = nil, at phase: ClientPhase? = nil) {
        moveOn(from: upstream)
        guard let reason else { return }
        lastReason = reason
        unreachedPhase = phase
    }

    /// The routes have changed: other terms apply from here on.
    mutating func take(_ terms: Terms) { self.terms = terms }

    /// Recipients have another route than the others by now. Their state stays, so that they have their turn when the
    /// cycle has ended.
    mutating func leave(_ recipients: Set<Int>) {
        guard !recipients.isEmpty else { return }
        pending.removeAll(where: recipients.contains)
        rest.removeAll(where: recipients.contains)
        leftOver.removeAll(where: recipients.contains)
    }

    /// Those that are still to be handed to an upstream.
    var unsettled: [Int] { pending + rest + leftOver }

    // MARK: - Shared by all events

    /// Collects all recipients for the next upstream.
    mutating func gather() {
        guard !rest.isEmpty || !leftOver.isEmpty else { return }
        pending = (pending + rest + leftOver).sorted()
        rest = []
        leftOver = []
    }

    /// This upstream has had its turn.
    mutating func moveOn(from upstream: Int) {
        gather()
        turn = .inOrder
        tried.insert(upstream)
        lastUpstream = upstream
        if isBound, !pending.isEmpty || !postponed.isEmpty { unbind() }
    }

    /// Whether an operator has moved the message to an upstream that has not failed it yet.
    var isBound: Bool { message.boundUpstream != nil && terms.isBound }

    /// It goes the way of all mail from now on.
    mutating func unbind() {
        message.boundUpstream = nil
        terms.isBound = false
        terms.onlyUpstreams = nil
    }

    /// Updates a recipient.
    mutating func change(_ index: Int, _ body: (inout Recipient) -> Void) {
        body(&message.recipients[index])
    }

    /// A recipient has failed.
    mutating func fail(_ index: Int, _ failureClass: FailureClass) {
        change(index) { $0.markFailed(failureClass) }
        untold.failed.append(index)
    }

    /// A recipient has waited for long.
    mutating func warn(_ index: Int) {
        guard !message.recipients[index].wasWarned else { return }
        change(index) { $0.markWarned() }
        untold.delayed.append(index)
    }

    /// An upstream has a recipient.
    mutating func noteDelivery(_ index: Int) {
        guard message.recipients[index].options.notify?.contains(.success) ?? false else { return }
        untold.delivered.append(index)
    }

    /// Whether there is something its sender may want to know.
    var hasUntold: Bool { !untold.isEmpty }

    /// What has come to an end since this was last called.
    mutating func takeUntold() -> UntoldNews {
        defer { untold = UntoldNews() }
        return untold
    }

    mutating func countCycle() {
        message.cycles += 1
    }

    /// Defers a recipient; one that was in doubt stays in doubt.
    mutating func deferRecipient(_ index: Int) {
        guard let doubt = doubts[index] else { return change(index) { $0.markDeferred() } }
        change(index) { $0.markInDoubt(at: doubt.upstream, since: doubt.nextAttemptAt) }
    }
}
