internal import Audit
internal import Delivery
internal import Mail
internal import NIOCore

/// Carries out an order about many messages, some at a time, and writes a line for each.
///
/// Those whose attempt runs come last: one wait is enough for all of them.
struct QueueOrderRun: Sendable {
    let order: QueueOrder
    let wait: Duration
    let report: QueueOrderReport
    let carryOut: AdminServer.Sources.Order
    let tell: @Sendable (AdminEvent) -> Void
    let audit: QueueOrderAudit

    /// Messages handed to the delivery together.
    private static let groupSize = 2000

    private struct State {
        var done = 0
        var others = 0
        var busy: [QueueID] = []
    }

    func run(_ ids: [QueueID], _ write: (ByteBuffer) async throws -> Void) async throws {
        var state = State()
        defer { end(state) }
        var rest = ids[...]
        while !rest.isEmpty {
            try await carryOut(part: Array(rest.prefix(Self.groupSize)), &state, write)
            rest = rest.dropFirst(Self.groupSize)
        }
        try await carryOutBusy(&state, write)
    }

    /// All messages that match when their turn comes.
    func run(_ listing: QueueListing, _ write: (ByteBuffer) async throws -> Void) async throws {
        var state = State()
        defer { end(state) }
        try await listing.forEachPageOfIDs { try await carryOut(part: $0, &state, write) }
        try await carryOutBusy(&state, write)
    }

    private func end(_ state: State) {
        audit.end(done: state.done, others: state.others)
        tell(.orderEnded(report, done: state.done, others: state.others))
    }

    private func carryOut(
        part ids: [QueueID], _ state: inout State, _ write: (ByteBuffer) async throws -> Void
    ) async throws {
        do {
            try await audit.willChange(ids)
        } catch let error as AuditError {
            return try await refuse(ids, error, &state, write)
        }
        let results = await carryOut(order, ids, .zero)
        state.busy += zip(ids, results).filter { $0.1 == .busy }.map(\.0)
        try await add(zip(ids, results).filter { $0.1 != .busy }, &state, write)
    }

    /// What cannot be recorded is not done.
    private func refuse(
        _ ids: [QueueID], _ error: AuditError, _ state: inout State, _ write: (ByteBuffer) async throws -> Void
    ) async throws {
        state.others += ids.count
        var lines = ByteBuffer()
        for id in ids { lines.writeString(try AdminJSON.line(QueueOrderLine(id, unaudited: error.refusal))) }
        try await write(lines)
    }

    private func carryOutBusy(_ state: inout State, _ write: (ByteBuffer) async throws -> Void) async throws {
        guard !state.busy.isEmpty else { return }
        let results = await carryOut(order, state.busy, wait)
        try await add(Array(zip(state.busy, results)), &state, write)
    }

    private func add(
        _ results: [(QueueID, QueueOrderResult)], _ state: inout State, _ write: (ByteBuffer) async throws -> Void
    ) async throws {
        guard !results.isEmpty else { return }
        let done = results.filter { $0.1.isDone }.map(\.0)
        state.done += done.count
        state.others += results.count - done.count
        if !done.isEmpty { tell(.ordered(done, report)) }
        audit.hasNotChanged(results)
        var lines = ByteBuffer()
        for (id, result) in results { try QueueOrderLine.write(id, result, to: &lines) }
        try await write(lines)
    }
}
