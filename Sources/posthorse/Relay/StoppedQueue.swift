import Admin
import Delivery
import Mail
import Spool

/// The spool of a stopped relay; queries are serialized.
actor StoppedQueue: QueueSource {
    private let inspector: SpoolInspector
    private let doubts: InDoubtPolicies
    private let clock: RelayClock

    /// Opens the spool for reading; throws ``SpoolError`` if that fails.
    init(_ settings: SpoolSettings, doubts: InDoubtPolicies) throws(SpoolError) {
        self.doubts = doubts
        clock = RelayClock(directory: settings.path)
        inspector = try SpoolInspector(path: settings.path)
    }

    func scan<Result: Sendable>(
        after last: QueueID?, limit: Int, into result: Result,
        _ look: @Sendable (inout Result, MessageGlance) -> Void
    ) throws -> (result: Result, last: QueueID?) {
        var result = result
        let end = try inspector.scan(after: last, limit: limit) { look(&result, $0) }
        return (result, end)
    }

    func scan<Result: Sendable>(
        _ ids: [QueueID], into result: Result, _ look: @Sendable (inout Result, MessageGlance) -> Void
    ) throws -> Result {
        var result = result
        try inspector.scan(ids) { look(&result, $0) }
        return result
    }

    nonisolated var places: QueuePlaces { doubts.places }

    func message(_ id: QueueID) throws -> SpooledMessage? {
        try inspector.message(id).map(shown)
    }

    nonisolated func shown(_ message: SpooledMessage) -> SpooledMessage {
        doubts.applied(to: message).shown(ahead: clock.lead)
    }

    func attempts(of id: QueueID) throws -> [AttemptRecord] {
        try inspector.attempts(of: id)
    }

    func openContent(of id: QueueID) throws -> ContentReader? {
        try inspector.openContent(of: id)
    }

    func nextPart(of reader: ContentReader) throws -> ContentPart {
        try inspector.read(reader)
    }

    nonisolated func outlook() -> QueueOutlook { .unknown }

    /// Nothing expires before the relay is started.
    nonisolated func expiry(of id: QueueID) -> Timestamp? { nil }

    func statistics(at now: Timestamp) throws -> SpoolStatistics {
        try inspector.statistics()
    }
}
