internal import Mail
internal import Spool
internal import Upstreams

/// A message on its way: from the moment it is taken from the queue until its cycle ends.
///
/// A cycle is one pass over the upstreams. Confined to the delivery's event loop.
final class DeliveryJob {
    var message: SpooledMessage
    let content: MessageContent
    /// Indexes of the recipients that this cycle still has to hand over.
    var pending: [Int]
    /// The only upstreams this cycle may use, in order; nil for all, in the order of the configuration.
    let candidates: [Int]?
    /// Upstreams that have failed in this cycle.
    var tried = UpstreamSet()
    /// Whether this message is the trial of a half open circuit.
    var isTrial = false
    /// Whether the attempt that runs now is durable: only then may its final dot be written.
    var isRecorded = false
    /// Whether the server has asked for the content before the attempt was durable.
    var contentIsAwaited = false
    /// Whether a kept-open session of the same upstream had gone stale under this message before.
    var hasMetStaleSession = false
    /// When the attempt that runs now began, by both clocks.
    var attemptBegan = Moment(nanoseconds: 0)
    var attemptBeganAt = Timestamp(milliseconds: 0)
    /// What the last upstream said or did that made the message move on.
    var lastError = ""
    var lastUpstream: Int?
    /// The session that has the message now.
    weak var session: UpstreamSession?

    init(message: SpooledMessage, content: MessageContent, pending: [Int], candidates: [Int]?) {
        self.message = message
        self.content = content
        self.pending = pending
        self.candidates = candidates
    }

    var id: QueueID { message.id }

    var pendingAddresses: [Address] {
        pending.map { message.recipients[$0].address }
    }
}
