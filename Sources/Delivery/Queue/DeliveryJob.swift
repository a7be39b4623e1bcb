internal import Mail
internal import Spool
internal import Upstreams

/// A message on its way: from the moment it is taken from the queue until its cycle ends. What becomes of its recipients is
/// decided by its ``cycle``.
///
/// Confined to the delivery's event loop.
final class DeliveryJob {
    var cycle: MessageCycle
    let content: MessageContent
    /// Routes of the message's other recipients that are due.
    var otherRoutes: Set<Int> = []
    /// Whether the message's turn has come before the time that is recorded for it.
    var isAhead = false
    /// The upstream whose half open circuit this message tries, until what it said of the message is judged.
    var trialOf: Int?
    /// Whether the attempt that runs now is durable: only then may its final dot be written.
    var isRecorded = false
    /// Whether the server has asked for the content before the attempt was durable.
    var contentIsAwaited = false
    /// Whether a kept-open session of the same upstream had gone stale under this message before.
    var hasMetStaleSession = false
    /// When the attempt that runs now began, by both clocks.
    var attemptBegan = MonotonicInstant(nanoseconds: 0)
    var attemptBeganAt = Timestamp(milliseconds: 0)
    /// Negotiated TLS parameters of the session of that attempt; nil in clear text.
    var tls: String?
    /// The session that has the message now.
    weak var session: UpstreamSession?

    init(_ cycle: MessageCycle, _ content: MessageContent) {
        self.cycle = cycle
        self.content = content
    }

    /// What it was on trial for is decided.
    ///
    /// - Returns: whether the message was the trial of this upstream.
    func endTrial(of upstream: Upstream) -> Bool {
        guard trialOf == upstream.index else { return false }
        trialOf = nil
        return true
    }

    var message: SpooledMessage { cycle.message }
    var id: QueueID { cycle.message.id }
    var route: Int { cycle.terms.route }
    /// Indexes of the recipients of the transaction that is prepared or runs now.
    var pending: [Int] { cycle.pending }
}
