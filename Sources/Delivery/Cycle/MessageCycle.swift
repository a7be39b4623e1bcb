internal import Mail
internal import Spool
internal import Upstreams

/// One message's pass over the upstreams of its route, as a value: what happened goes in, what to do comes out. The only
/// part of the delivery that writes a recipient's state.
///
/// Each recipient that the cycle began with is in one of these places:
///
/// - `pending`: goes in the transaction that is prepared or runs now;
/// - `rest`: goes to the same upstream in a later transaction, since this one has no room for it;
/// - `leftOver`: goes to the next upstream, when this one is done with the others;
/// - `postponed`: waits for the schedule, whatever becomes of the others;
/// - none of them: delivered, failed, or in doubt.
///
/// When the cycle ends, what is left in any of them waits or has failed.
struct MessageCycle {
    /// What the route says that all recipients of the cycle take.
    struct Terms {
        /// Index of the route.
        var route = 0
        /// Every upstream of the route, in order.
        var upstreams: [Int]
        /// The only ones that this cycle may use, in order; nil for all.
        var onlyUpstreams: [Int]?
        /// Whether a refusal for an unknown reason is shown to another upstream.
        var asksSecondOpinion = true
        /// Whether a refusal of the content is, too.
        var failsOverOnReject = false
    }

    /// Why upstreams were not asked to take a recipient.
    struct Incapacity {
        var upstreams = UpstreamSet()
        /// Whether a session said so that had begun before the last cycle that came to the same: no new evidence.
        var isOld = false
        /// The upstream that could not last, and why.
        var upstream: Int
        var reason: Reply
    }

    private(set) var message: SpooledMessage
    let terms: Terms
    var pending: [Int]
    var rest: [Int] = []
    var leftOver: [Int] = []
    var postponed: [Int] = []
    /// Upstreams that are done with in this cycle.
    private(set) var tried = UpstreamSet()
    /// Of recipients that an upstream could not carry; empty for most messages.
    var incapable: [Int: Incapacity] = [:]
    /// Refusals that were shown, or are to be shown, to another upstream; empty for most messages.
    var opinions: [Int: [Opinion]] = [:]
    /// Whether an upstream was left out because the message came from there.
    var cameFromUpstream = false
    /// Recipients that were in doubt when the cycle began, as they were: a try that comes to nothing ends no doubt.
    let doubts: [Int: Recipient]
    /// What the last upstream said or did that made the message move on.
    var lastReason = ""
    private(set) var lastUpstream: Int?

    /// - Parameter recipients: indexes of those that the cycle is for.
    init(_ message: SpooledMessage, recipients: [Int], terms: Terms) {
        self.message = message
        self.pending = recipients
        self.terms = terms
        self.doubts = Dictionary(
            uniqueKeysWithValues: recipients.filter { message.recipients[$0].state == .inDoubt }
                .map { ($0, message.recipients[$0]) })
    }

    /// The upstreams that the cycle may use, in order.
    var candidates: [Int] { terms.onlyUpstreams ?? terms.upstreams }

    var pendingAddresses: [Address] { addresses(of: pending) }

    func addresses(of recipients: [Int]) -> [Address] {
        recipients.map { message.recipients[$0].address }
    }

    // MARK: - What the dispatcher tells

    /// Leaves an upstream out, for this cycle.
    mutating func leaveOut(_ upstream: Int) {
        tried.insert(upstream)
    }

    /// A transaction begins.
    ///
    /// - Parameters:
    ///   - taken: the recipients in it.
    ///   - later: those that the upstream can take in one of its own.
    mutating func transactionStarted(at upstream: Int, taken: [Int], later: [Int]) {
        pending = taken
        rest = later + rest
        lastUpstream = upstream
        message.openAttempt = nil
    }

    /// An upstream could not be reached, or has no session that answers: nobody was asked, and this is no attempt.
    mutating func unreachable(_ upstream: Int, _ reason: String? = nil) {
        moveOn(from: upstream)
        if let reason { lastReason = reason }
    }

    // MARK: - Shared by all events

    /// Brings all recipients together that the next upstream is to have.
    mutating func gather() {
        guard !rest.isEmpty || !leftOver.isEmpty else { return }
        pending = (pending + rest + leftOver).sorted()
        rest = []
        leftOver = []
    }

    /// This upstream has had its turn.
    mutating func moveOn(from upstream: Int) {
        gather()
        tried.insert(upstream)
        lastUpstream = upstream
    }

    /// Writes what became of a recipient.
    mutating func change(_ index: Int, _ body: (inout Recipient) -> Void) {
        body(&message.recipients[index])
    }

    mutating func countCycle() {
        message.cycles += 1
    }

    /// Not now; one that was in doubt before still is.
    mutating func deferRecipient(_ index: Int) {
        guard let doubt = doubts[index] else { return change(index) { $0.markDeferred() } }
        change(index) { $0.markInDoubt(at: doubt.upstream, since: doubt.nextAttemptAt) }
    }
}
