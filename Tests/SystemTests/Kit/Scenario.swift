import Foundation
import Testing

/// Runs every test of a suite on its own thread, where it may block, and only a few at a time.
///
/// Scenarios start processes and send mail with plain blocking sockets. A few at a time keep the machine busy; many
/// would only slow each other down. One that measures time runs alone.
struct ScenarioTrait: SuiteTrait, TestTrait, TestScoping {
    let isAlone: Bool
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let places = isAlone ? Stage.capacity : 1
        await Stage.shared.enter(places)
        do {
            try await withTaskExecutorPreference(ThreadExecutor()) { try await function() }
        } catch {
            await Stage.shared.leave(places)
            throw error
        }
        await Stage.shared.leave(places)
    }
}

extension Trait where Self == ScenarioTrait {
    static var scenario: Self { Self(isAlone: false) }
    static var scenarioAlone: Self { Self(isAlone: true) }
}

/// Grants places in the order of requests.
private actor Stage {
    static let capacity = 3
    static let shared = Stage()

    private var free = Stage.capacity
    private var waiting: [(places: Int, continuation: CheckedContinuation<Void, Never>)] = []

    func enter(_ places: Int) async {
        await withCheckedContinuation { continuation in
            waiting.append((places, continuation))
            admit()
        }
    }

    func leave(_ places: Int) {
        free += places
        admit()
    }

    private func admit() {
        while let first = waiting.first, first.places <= free {
            free -= first.places
            waiting.removeFirst().continuation.resume()
        }
    }
}

/// Runs each job on a new thread.
private final class ThreadExecutor: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        Thread.detachNewThread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
