package import RoundTrips
import Synchronization

/// Tells operators what becomes of the probes that they have asked for.
package final class RunWatch: Sendable {
    private struct State {
        var runs = TripRuns()
        var readers: [TripRuns.ID: AsyncStream<TripRun>.Continuation] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Everything that happens goes here.
    package func record(_ news: TripNews) { tell { $0.record(news) } }

    /// Asks for a probe on each path, and waits for them.
    ///
    /// - Parameter request: has the schedule send a probe; false if there is no such path.
    /// - Returns: a result for each path, as soon as it is known; then the end.
    package func run(
        _ paths: [TripPath], wait: Duration, request: @Sendable (TripPath) async -> Bool
    ) async -> AsyncStream<TripRun> {
        let (stream, continuation) = AsyncStream.makeStream(of: TripRun.self)
        guard !paths.isEmpty else {
            continuation.finish()
            return stream
        }
        let id = state.withLock { state in
            let id = state.runs.begin(paths)
            state.readers[id] = continuation
            return id
        }
        // The stream outlives this call, and nobody else sees to the end of its wait.
        let deadline = Task { [weak self] in
            try? await Task.sleep(for: wait)
            self?.tell { runs in runs.end(id).map { (id, $0) } }
        }
        continuation.onTermination = { [weak self] _ in
            deadline.cancel()
            self?.leave(id)
        }
        for path in paths where !(await request(path)) {
            record(.notSent(path, reason: "there is no such round trip"))
        }
        return stream
    }

    /// The reader is gone.
    private func leave(_ id: TripRuns.ID) {
        state.withLock { state in
            _ = state.runs.end(id)
            state.readers[id] = nil
        }
    }

    /// Results are in order under the lock; an end is told outside of it, since the stream calls back.
    private func tell(_ change: (inout TripRuns) -> [(id: TripRuns.ID, run: TripRun)]) {
        let ended = state.withLock { state in
            let results = change(&state.runs)
            for (id, run) in results { state.readers[id]?.yield(run) }
            return Set(results.map(\.id)).filter { state.runs.isDone($0) }.compactMap {
                state.readers.removeValue(forKey: $0)
            }
        }
        for reader in ended { reader.finish() }
    }
}
