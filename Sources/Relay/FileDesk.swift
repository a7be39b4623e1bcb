internal import Admin
internal import Dispatch
internal import Mail
internal import Synchronization

/// Reads files while the relay runs, on threads for such work: a file may be on a server that does not answer. When the
/// relay stops, nobody waits for that any longer.
final class FileDesk: Sendable {
    private struct State {
        var isClosed = false
        var lastNumber = 0
        /// What ends each wait for a file.
        var waits: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    /// - Parameter body: reads; where the wait for it has ended, it goes on for nobody.
    /// - Throws: `AdminError` if the relay stops before there is an answer.
    func read<Answer: Sendable>(_ body: @escaping @Sendable () -> Answer) async throws -> Answer {
        let (answers, answer) = AsyncStream.makeStream(of: Answer.self)
        let number = try enter { answer.finish() }
        defer { leave(number) }
        DispatchQueue.global().async {
            answer.yield(body())
            answer.finish()
        }
        var iterator = answers.makeAsyncIterator()
        guard let first = await iterator.next() else { throw Self.stopping }
        return first
    }

    /// Ends all waits; from now on there are none.
    func close() {
        let waits = state.withLock { state -> [@Sendable () -> Void] in
            state.isClosed = true
            defer { state.waits = [:] }
            return Array(state.waits.values)
        }
        for end in waits { end() }
    }

    private func enter(_ end: @escaping @Sendable () -> Void) throws -> Int {
        let number = state.withLock { state -> Int? in
            guard !state.isClosed else { return nil }
            state.lastNumber += 1
            state.waits[state.lastNumber] = end
            return state.lastNumber
        }
        guard let number else { throw Self.stopping }
        return number
    }

    private func leave(_ number: Int) {
        state.withLock { $0.waits[number] = nil }
    }

    private static var stopping: AdminError { AdminError(.unavailable, "the relay is stopping: try again") }
}
