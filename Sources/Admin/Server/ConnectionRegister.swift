internal import NIOCore
import Synchronization

/// The channels of a ``ConnectionTable``.
final class ConnectionRegister: Sendable {
    fileprivate struct State {
        var table: ConnectionTable
        var channels: [UInt64: any Channel] = [:]
        /// Those who wait for the last one to end.
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let report: @Sendable (AccessEvent) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - limit: of connections at a time.
    ///   - report: hears of each that begins and ends.
    init(limit: Int, report: @escaping @Sendable (AccessEvent) -> Void) {
        self.report = report
        state = Mutex(State(table: ConnectionTable(limit: limit)))
    }

    /// Later connections have this limit.
    func replace(limit: Int) {
        state.withLock { $0.table.limit = limit }
    }

    /// Closes another connection, or this one, if there are too many.
    func opened(_ channel: any Channel) -> UInt64 {
        let (number, excess) = state.withLock { state in
            let (number, excess) = state.table.opened(at: .now())
            state.channels[number] = channel
            return (number, excess.flatMap { state.channels[$0] })
        }
        report(.opened)
        excess?.close(promise: nil)
        return number
    }

    func requestReceived(_ number: UInt64) { state.withLock { $0.table.requestReceived(number) } }

    func answered(_ number: UInt64) { state.withLock { $0.table.answered(number, at: .now()) } }

    func closed(_ number: UInt64) {
        let waiting = state.withLock { state in
            state.table.closed(number)
            state.channels[number] = nil
            return state.takeWaiting()
        }
        report(.closed)
        for continuation in waiting { continuation.resume() }
    }

    // MARK: The end

    /// Lets each answer what it has been asked, and no more; those that wait for a request, or for the rest of one, end.
    func quiesce() {
        let (waiting, busy) = state.withLock { state in
            let all = state.channels.map { (state.table.isWaiting($0.key), $0.value) }
            return (all.filter(\.0).map(\.1), all.filter { !$0.0 }.map(\.1))
        }
        for channel in waiting { channel.close(promise: nil) }
        for channel in busy { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }

    func closeAll() {
        for channel in state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
    }

    /// Returns once there are no connections.
    func waitUntilEmpty() async {
        await withCheckedContinuation { continuation in
            let waiting = state.withLock { state in
                state.waiting.append(continuation)
                return state.takeWaiting()
            }
            for continuation in waiting { continuation.resume() }
        }
    }
}

extension ConnectionRegister.State {
    /// Those who need not wait any more.
    fileprivate mutating func takeWaiting() -> [CheckedContinuation<Void, Never>] {
        guard channels.isEmpty else { return [] }
        defer { waiting = [] }
        return waiting
    }
}
