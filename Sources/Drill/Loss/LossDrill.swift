import Console
import Mail

/// The relay, the upstreams and the mailbox that a drill of lost mail brings with it.
package protocol LossStage: Sendable {
    /// The upstream that is to lose mail.
    var target: String { get }
    /// Starts everything.
    func start() async throws
    /// How the relay is.
    func sample(at now: Timestamp) async throws -> LossSample
    /// The upstream begins to lose mail, or ends it.
    func toggleLoss() async
    /// Ends everything, and removes what was written.
    func end() async
}

/// Lets an upstream say 250 and deliver nothing, and watches how the relay finds out.
package struct LossDrill: Sendable {
    private let stage: any LossStage
    private let clock: DrillClock
    private let interval: Duration
    private let progress: @Sendable (LossEvent) -> Void

    package init(
        stage: any LossStage, clock: DrillClock, interval: Duration = .milliseconds(100),
        progress: @escaping @Sendable (LossEvent) -> Void
    ) {
        self.stage = stage
        self.clock = clock
        self.interval = interval
        self.progress = progress
    }

    /// Runs to the end; cancelling the task ends it early. Nothing is left of the stage.
    ///
    /// - Throws: what the start throws.
    package func run(_ settings: LossSettings) async throws -> LossReport {
        do {
            try await stage.start()
        } catch {
            await stage.end()
            throw error
        }
        var course = LossCourse(stage.target, settings, at: clock.now())
        do {
            try await follow(&course)
        } catch {
            course.interrupt(Self.reason(error))
        }
        await stage.end()
        return LossReport(course)
    }

    private func follow(_ course: inout LossCourse) async throws {
        while !course.isOver {
            try await clock.sleep(interval)
            let (events, order) = course.take(try await stage.sample(at: clock.now()))
            for event in events { progress(event) }
            if order != nil { await stage.toggleLoss() }
        }
    }

    private static func reason(_ error: any Error) -> String {
        if Task.isCancelled || error is CancellationError { return "it was ended early" }
        return "the relay could not be watched: \((error as? Failure)?.message ?? "\(error)")"
    }
}
