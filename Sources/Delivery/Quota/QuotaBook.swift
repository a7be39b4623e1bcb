internal import NIOCore
internal import Upstreams

/// Has what upstreams have been given written down, ahead of the messages: one write at a time, for all that need one.
///
/// Confined to the delivery's event loop.
final class QuotaBook {
    /// Time until what could not be written is tried again.
    private static let pause = TimeAmount.milliseconds(1100)

    private let keeping: QuotaKeeping
    private let clock: DeliveryClock
    private let report: @Sendable (DeliveryEvent) -> Void
    /// As last written, or being written; those of upstreams that are gone too.
    private(set) var records: [String: QuotaRecord]
    private var isWriting = false
    private var hasFailed = false
    /// Whether everything has been written for the last time.
    private var isClosed = false
    /// Waiting for the next write to begin, and for the present one to end.
    private var orders: [(String?) -> Void] = []
    private var underWay: [(String?) -> Void] = []
    /// Called with each upstream whose reservations are durable, or are not for this reason; set once, by its owner.
    var concluded: (Upstream, String?) -> Void = { _, _ in }
    /// Called when something may be written again; set once, by its owner.
    var retry: () -> Void = {}

    init(_ keeping: QuotaKeeping, clock: DeliveryClock, report: @escaping @Sendable (DeliveryEvent) -> Void) {
        self.keeping = keeping
        self.clock = clock
        self.report = report
        self.records = keeping.records
    }

    /// Writes what has to be written now.
    func look(at upstreams: [Upstream]) {
        guard !isWriting, !isClosed else { return }
        // Who waits for what has changed must not be told of a write without it, as after one that failed.
        let due = upstreams.filter { orders.isEmpty ? $0.needsQuotaRecord : $0.quota != nil }
        guard !due.isEmpty || !orders.isEmpty else { return }
        write(due)
    }

    /// Calls back once everything that has changed by now is durable, with the reason if it is not.
    func whenWritten(_ done: @escaping (String?) -> Void) {
        guard !isClosed else { return done("the relay is stopping") }
        orders.append(done)
    }

    /// Nothing is given to an upstream any more: the next record of it counts nothing that was not.
    func retire(_ upstream: Upstream) {
        guard !isClosed, let record = upstream.quotaRecord(isLast: true) else { return }
        records[upstream.name] = record
        // Until that is on disk, a crash costs a block.
        orders.append { _ in }
    }

    /// The delivery ends: nothing is reserved any more, so that nothing counts that was not given. This is the last write.
    func close(_ upstreams: [Upstream]) {
        for upstream in upstreams { retire(upstream) }
        let last = orders
        (isClosed, orders) = (true, [])
        if !last.isEmpty { save { book, failure in book.tell(last, failure) } }
    }

    private func write(_ due: [Upstream]) {
        isWriting = true
        (underWay, orders) = (orders, [])
        for upstream in due { records[upstream.name] = upstream.quotaRecord(isLast: false) }
        save { book, failure in book.written(due, failure) }
    }

    private func save(_ done: @escaping (QuotaBook, String?) -> Void) {
        let bound = NIOLoopBound((self, done), eventLoop: clock.eventLoop)
        let eventLoop = clock.eventLoop
        keeping.save(records) { failure in
            eventLoop.execute {
                let (book, done) = bound.value
                done(book, failure)
            }
        }
    }

    private func tell(_ told: [(String?) -> Void], _ failure: String?) {
        for done in told { done(failure) }
    }

    private func written(_ due: [Upstream], _ failure: String?) {
        if let failure, !hasFailed { report(.quotasUnwritable(reason: failure)) }
        hasFailed = failure != nil
        for upstream in due {
            upstream.quotaRecorded(failure == nil)
            // A session may end here, and everything looks whether it can go on: not for the next write yet.
            concluded(upstream, failure)
        }
        let told = underWay
        (isWriting, underWay) = (false, [])
        tell(told, failure)
        guard failure != nil else { return retry() }
        let bound = NIOLoopBound(self, eventLoop: clock.eventLoop)
        clock.eventLoop.scheduleTask(in: Self.pause) { bound.value.retry() }
    }
}
