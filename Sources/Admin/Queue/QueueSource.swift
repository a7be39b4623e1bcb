internal import Delivery
package import Mail
package import NIOCore
internal import SMTP
package import Spool

/// Source of the `queue …` commands: the spool of a running relay, or that of a stopped one.
package protocol QueueSource: ContentPartSource {
    /// Shows up to `limit` messages to `look`, by queue ID, starting after `last`, as they are in the spool; returns what it
    /// collected, and the last message looked at, or nil at the end.
    func scan<Result: Sendable>(
        after last: QueueID?, limit: Int, into result: Result,
        _ look: @escaping @Sendable (inout Result, MessageGlance) -> Void
    ) async throws -> (result: Result, last: QueueID?)
    /// A message as operators should see it.
    nonisolated func shown(_ message: SpooledMessage) -> SpooledMessage
    /// Where mail belongs.
    nonisolated var places: QueuePlaces { get }
    /// Shows those of these messages that are there to `look`, in the order of `ids`; returns what it collected.
    func scan<Result: Sendable>(
        _ ids: [QueueID], into result: Result, _ look: @escaping @Sendable (inout Result, MessageGlance) -> Void
    ) async throws -> Result
    /// nil if there is no such message (any more).
    func message(_ id: QueueID) async throws -> SpooledMessage?
    /// Oldest first.
    func attempts(of id: QueueID) async throws -> [AttemptRecord]
    /// For reading with ``nextPart(of:)``, from the start; nil if there is no such message (any more).
    func openContent(of id: QueueID) async throws -> ContentReader?
    func statistics(at now: Timestamp) async throws -> SpoolStatistics
    /// The earliest times of waiting recipients, as of now.
    func outlook() async -> QueueOutlook
    /// When the recipients of a message expire that still wait by then; nil if none waits, or nobody knows.
    func expiry(of id: QueueID) async throws -> Timestamp?
}

/// The spool of the running relay.
package struct LiveQueue: QueueSource {
    private let spool: any MessageSpool
    private let doubts: @Sendable () -> InDoubtPolicies
    private let lead: @Sendable () -> Duration
    private let running: @Sendable () async -> RunningAttempts
    private let look: @Sendable () async -> QueueOutlook
    private let expires: @Sendable (QueueID) async throws -> Timestamp?

    /// - Parameters:
    ///   - doubts: asked each time, since a reload may change them.
    ///   - lead: how far the system's clock is ahead of the steady one, by which the spool has its due times.
    ///   - running: queries which attempts are under way; for each page, since that changes with every message.
    ///   - outlook: queries the state of the upstreams.
    ///   - expiry: queries when a message expires.
    package init(
        _ spool: any MessageSpool, doubts: @autoclosure @escaping @Sendable () -> InDoubtPolicies,
        lead: @escaping @Sendable () -> Duration = { .zero },
        running: @escaping @Sendable () async -> RunningAttempts = { .unknown },
        outlook: @escaping @Sendable () async -> QueueOutlook = { .unknown },
        expiry: @escaping @Sendable (QueueID) async throws -> Timestamp? = { _ in nil }
    ) {
        self.spool = spool
        self.doubts = doubts
        self.lead = lead
        self.running = running
        look = outlook
        expires = expiry
    }

    package func outlook() async -> QueueOutlook { await look() }

    package func expiry(of id: QueueID) async throws -> Timestamp? { try await expires(id) }

    package func scan<Result: Sendable>(
        after last: QueueID?, limit: Int, into result: Result,
        _ look: @escaping @Sendable (inout Result, MessageGlance) -> Void
    ) async throws -> (result: Result, last: QueueID?) {
        let running = await running()
        return try await spool.scan(after: last, limit: limit, into: result) { look(&$0, $1.during(running)) }
    }

    package func scan<Result: Sendable>(
        _ ids: [QueueID], into result: Result, _ look: @escaping @Sendable (inout Result, MessageGlance) -> Void
    ) async throws -> Result {
        let running = await running()
        return try await spool.scan(ids, into: result) { look(&$0, $1.during(running)) }
    }

    package var places: QueuePlaces { doubts().places }

    package func message(_ id: QueueID) async throws -> SpooledMessage? {
        let running = await running()
        return try await spool.message(id).map { shown($0.during(running)) }
    }

    package func shown(_ message: SpooledMessage) -> SpooledMessage {
        doubts().applied(to: message).shown(ahead: lead())
    }

    package func attempts(of id: QueueID) async throws -> [AttemptRecord] {
        try await spool.attempts(of: id)
    }

    package func openContent(of id: QueueID) async throws -> ContentReader? {
        try await spool.openContent(of: id)
    }

    package func nextPart(of reader: ContentReader) async throws -> ContentPart {
        try await spool.nextPart(of: reader)
    }

    package func statistics(at now: Timestamp) async throws -> SpoolStatistics {
        var (statistics, last) = (SpoolStatistics(), QueueID?.none)
        repeat {
            (statistics, last) = try await scan(after: last, limit: 1000, into: statistics) { $0.add($1) }
        } while last != nil
        return statistics
    }
}

extension SpooledMessage {
    /// The message as shown to operators: what counts by the steady clock as the system's clock has it.
    ///
    /// - Parameter lead: how far that one is ahead.
    package func shown(ahead lead: Duration) -> SpooledMessage {
        guard lead != .zero else { return self }
        var message = self
        for index in recipients.indices {
            message.recipients[index].nextAttemptAt = recipients[index].nextAttemptAt.map { $0 + lead }
        }
        message.releaseAt = releaseAt.map { $0 + lead }
        if let openAttempt { message.openAttempt?.startedAt = openAttempt.startedAt + lead }
        return message
    }
}

extension ContentPartSource {
    /// Reads the message itself, part by part, without dot stuffing.
    package func forEachPart(
        of reader: ContentReader, _ body: (ByteBuffer) async throws -> Void
    ) async throws {
        var unstuffer = DotUnstuffer()
        while true {
            let part = try await nextPart(of: reader)
            let bytes = unstuffer.unstuff(part.bytes)
            if bytes.readableBytes > 0 { try await body(bytes) }
            if part.isLast { return }
        }
    }
}
