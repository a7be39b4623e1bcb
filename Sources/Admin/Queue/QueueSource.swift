internal import Delivery
package import Mail
package import NIOCore
internal import SMTP
package import Spool

/// Source of the `queue …` commands: the spool of a running relay, or that of a stopped one.
package protocol QueueSource: Sendable {
    /// One page by queue ID, starting after `last`; an empty page is the end.
    func list(after last: QueueID?, limit: Int) async throws -> [SpooledMessage]
    /// nil if there is no such message (any more).
    func message(_ id: QueueID) async throws -> SpooledMessage?
    /// Oldest first.
    func attempts(of id: QueueID) async throws -> [AttemptRecord]
    /// For reading with ``nextPart(of:)``, from the start; nil if there is no such message (any more).
    func openContent(of id: QueueID) async throws -> ContentReader?
    /// Content in wire form, dot-stuffed; throws ``SpoolError`` with the code `corrupt` if a checksum does not match.
    func nextPart(of reader: ContentReader) async throws -> ContentPart
    func statistics(at now: Timestamp) async throws -> SpoolStatistics
    /// The earliest times of waiting recipients, as of now.
    func outlook() async -> QueueOutlook
}

/// The spool of the running relay.
package struct LiveQueue: QueueSource {
    private let spool: any MessageSpool
    private let doubts: InDoubtPolicies
    private let look: @Sendable () async -> QueueOutlook

    /// - Parameter outlook: queries the state of the upstreams.
    package init(
        _ spool: any MessageSpool, doubts: InDoubtPolicies,
        outlook: @escaping @Sendable () async -> QueueOutlook = { .unknown }
    ) {
        self.spool = spool
        self.doubts = doubts
        look = outlook
    }

    package func outlook() async -> QueueOutlook { await look() }

    package func list(after last: QueueID?, limit: Int) async throws -> [SpooledMessage] {
        try await spool.list(after: last, limit: limit).map(doubts.applied)
    }

    package func message(_ id: QueueID) async throws -> SpooledMessage? {
        try await spool.message(id).map(doubts.applied)
    }

    package func attempts(of id: QueueID) async throws -> [AttemptRecord] {
        try await spool.attempts(of: id)
    }

    package func openContent(of id: QueueID) async throws -> ContentReader? {
        try await spool.openContent(of: id)
    }

    package func nextPart(of reader: ContentReader) async throws -> ContentPart {
        try await withCheckedThrowingContinuation { continuation in
            spool.read(reader) { result in
                continuation.resume(with: result.mapError { $0 as any Error })
            }
        }
    }

    package func statistics(at now: Timestamp) async throws -> SpoolStatistics {
        try await spool.statistics(at: now)
    }
}

extension QueueSource {
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
