internal import Admin
internal import Mail
internal import Synchronization

/// The state, as one part sets it and others see it; and whether the API can be reached.
final class RelayProgress: Sendable {
    private let current = Mutex(RelayState.starting)
    private let (opened, opening) = AsyncStream.makeStream(of: Void.self)

    /// Those who wait until the start is over.
    private let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])

    private let whenStopping: @Sendable () -> Void

    /// - Parameter whenStopping: called when a stop begins.
    init(whenStopping: @escaping @Sendable () -> Void = {}) {
        self.whenStopping = whenStopping
    }

    var state: RelayState { current.withLock { $0 } }

    func enter(_ state: RelayState) {
        current.withLock { $0 = state }
        if state == .stopping { whenStopping() }
        let waiting = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns once the start is over.
    ///
    /// - Returns: whether mail comes in; false if the relay stops.
    func waitUntilReady() async -> Bool {
        await withCheckedContinuation { continuation in
            let isOver = waiting.withLock { waiting in
                if state == .starting { waiting.append(continuation) }
                return state != .starting
            }
            if isOver { continuation.resume() }
        }
        return state == .ready
    }

    /// - Throws: `AdminError` unless mail comes in.
    func whenReady() throws {
        guard let problem = state.problem else { return }
        throw AdminError(.unavailable, "\(problem): try again")
    }

    /// The API can be reached at all its places.
    func apiIsOpen() { opening.finish() }

    /// Returns once it can, or the task is cancelled.
    func waitForAPI() async {
        for await _ in opened {}
    }
}
