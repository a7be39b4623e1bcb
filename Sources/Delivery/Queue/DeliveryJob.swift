internal import Mail
internal import Spool
internal import Upstreams

/// A message in progress, from leaving the queue until its cycle ends. Its ``cycle`` decides what happens to its
/// recipients.
///
/// Confined to the delivery's event loop.
final class DeliveryJob {
    var cycle: MessageCycle
    let content: MessageContent
    /// By what its turn is decided.
    let rank: MessageRank
    /// The edition of the routes that it goes by.
    var edition: RouteEdition
    /// The edition of the routes that it began under; it may still hold that edition's upstream indexes.
    private let born: RouteEdition
    /// Routes of the message's other due recipients, without those whose stream is paused.
    var otherRoutes: Set<Int> = []
    /// Whether the message's turn came before its recorded time.
    var isAhead = false
    /// The upstream whose half-open circuit this message tries, until its verdict is known.
    private var trial: Upstream?
    /// Whether an attempt has begun since the message left the queue.
    var hasBegun = false
    /// Whether the current attempt is durable: only then may its final dot be written.
    var isRecorded = false
    /// Whether the server has asked for the content before the attempt was durable.
    var contentIsAwaited = false
    /// Whether the server has all of the content but its end, which waits until the attempt is durable.
    var isEndHeld = false
    /// Start of the current attempt.
    var attemptBegan = MonotonicInstant(nanoseconds: 0)
    /// The same by the system's clock.
    var attemptBeganAt = Timestamp(milliseconds: 0)
    /// What it counts for in the quotas of its upstream; nil if that has none.
    var reservation: QuotaReservation?
    /// Negotiated TLS parameters of the session of that attempt; nil in clear text.
    var tls: String?
    /// Whether the upstream of the current attempt reports deliveries by itself (DSN, RFC 3461).
    var isReportedOn = false
    /// Its turns at the paces of its recipients' domains; none without a pace.
    var turns: [PaceTurn] = []
    /// The session that has the message now.
    weak var session: UpstreamSession?

    init(
        _ cycle: consuming MessageCycle, _ content: MessageContent, _ edition: RouteEdition = RouteEdition(number: 0)
    ) {
        self.rank = MessageRank(cycle.message)
        self.cycle = cycle
        self.edition = edition
        self.born = edition
        self.content = content
    }

    var message: SpooledMessage { cycle.message }
    var id: QueueID { cycle.message.id }
    /// Whether it is a probe of a round trip.
    var isProbe: Bool { cycle.message.notice == .probe }
    var route: Int { cycle.terms.route }
    /// Indexes of the recipients of the transaction being prepared or in progress.
    var pending: [Int] { cycle.pending }

    func addresses(of recipients: [Int]) -> [Address] {
        let all = message.recipients
        return recipients.map { all[$0].address }
    }

    // MARK: - Trial

    func isTrial(of upstream: Upstream) -> Bool { trial === upstream }

    /// The message becomes the trial of an open circuit.
    func beginTrial(of upstream: Upstream) -> UpstreamEffects {
        endTrialWithoutVerdict()
        trial = upstream
        return upstream.beginTrial(by: id, isProbe: cycle.terms.isPinned)
    }

    /// The trial has been decided.
    ///
    /// - Returns: whether the message was the trial of this upstream.
    func endTrial(of upstream: Upstream) -> Bool {
        guard trial === upstream else { return false }
        trial = nil
        return true
    }

    /// The message is no trial any more, and has decided nothing.
    ///
    /// - Parameter upstream: ends only a trial of this upstream; nil for any.
    func endTrialWithoutVerdict(of upstream: Upstream? = nil) {
        guard let trial, upstream.map({ $0 === trial }) ?? true else { return }
        self.trial = nil
        trial.trialEndedWithoutVerdict()
    }
}
