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
    /// Index of the route that all of them take.
    let route: Int
    /// Routes of the message's other recipients that are due.
    var otherRoutes: Set<Int> = []
    /// Whether the message's turn has come before the time that is recorded for it.
    var isAhead = false
    /// The only upstreams this cycle may use, in order; nil for those of the route.
    let candidates: [Int]?
    /// Recipients that the upstream takes in a transaction after this one (RFC 9422).
    var rest: [Int] = []
    /// Recipients that the next upstream is to have, while this one has others.
    var leftOver: [Int] = []
    /// Upstreams that have failed in this cycle.
    var tried = UpstreamSet()
    /// Those of them that could not carry the message to a recipient at all, or would not for what it is, where others may take
    /// it all the same; with no entry for most messages.
    var incapable: [Int: UpstreamSet] = [:]
    /// The upstream whose half open circuit this message tries.
    var trialOf: Int?
    /// Recipients that are to be tried later, by the schedule.
    var postponed: [Int] = []
    /// Recipients that were in doubt when the cycle began, as they were: a try that comes to nothing ends no doubt.
    let doubts: [Int: Recipient]
    /// Whether the attempt that runs now is durable: only then may its final dot be written.
    var isRecorded = false
    /// Whether the server has asked for the content before the attempt was durable.
    var contentIsAwaited = false
    /// Whether a kept-open session of the same upstream had gone stale under this message before.
    var hasMetStaleSession = false
    /// When the attempt that runs now began, by both clocks.
    var attemptBegan = Moment(nanoseconds: 0)
    var attemptBeganAt = Timestamp(milliseconds: 0)
    /// What TLS came to in the session of that attempt; nil in clear text.
    var tls: String?
    /// What the last upstream said or did that made the message move on.
    var lastError = ""
    var lastUpstream: Int?
    /// While it lives, no operator settles the doubts of the message; nil where it has none.
    var doubtHold: DoubtHolds.Hold?
    /// The session that has the message now.
    weak var session: UpstreamSession?

    init(message: SpooledMessage, content: MessageContent, pending: [Int], route: Int = 0, candidates: [Int]?) {
        self.message = message
        self.content = content
        self.pending = pending
        self.route = route
        self.candidates = candidates
        self.doubts = Dictionary(
            uniqueKeysWithValues: pending.filter { message.recipients[$0].state == .inDoubt }
                .map { ($0, message.recipients[$0]) })
    }

    var id: QueueID { message.id }

    /// Brings all recipients together that this cycle still has to hand over.
    func gather() {
        guard !rest.isEmpty || !leftOver.isEmpty else { return }
        pending = (pending + rest + leftOver).sorted()
        rest = []
        leftOver = []
    }

    var pendingAddresses: [Address] {
        pending.map { message.recipients[$0].address }
    }
}
