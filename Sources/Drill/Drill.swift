import Admin
import Console
import Delivery
import Mail
import Upstreams

/// What a drill asks and orders.
package protocol DrillRelay: Sendable {
    func list() async throws -> [UpstreamDocument]
    func detail(of name: String) async throws -> UpstreamDetailDocument
    func statistics() async throws -> StatisticsDocument
    func control(
        _ name: String, _ action: UpstreamControl.Action, _ order: UpstreamControlDocument
    ) async throws -> UpstreamDetailDocument
}

/// The clock of a drill.
package struct DrillClock: Sendable {
    var now: @Sendable () -> Timestamp
    /// Throws if the task is cancelled.
    var sleep: @Sendable (Duration) async throws -> Void

    package init(
        now: @escaping @Sendable () -> Timestamp, sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.sleep = sleep
    }
}

/// Trips an upstream, watches until its traffic is back, and leaves nothing behind.
package struct Drill: Sendable {
    let relay: any DrillRelay
    let clock: DrillClock
    /// Between two samples.
    let interval: Duration
    /// Of the trip, for the log.
    private let reason: String
    let progress: @Sendable (DrillEvent) -> Void

    /// Minimum interval between queue counts; the relay examines every message for one, so the longer it takes the less
    /// often it is requested.
    private static let queueInterval = Duration.seconds(1)
    private static let queueCost = 20

    package init(
        relay: any DrillRelay, clock: DrillClock, interval: Duration = .milliseconds(100), reason: String? = nil,
        progress: @escaping @Sendable (DrillEvent) -> Void
    ) {
        self.relay = relay
        self.clock = clock
        self.interval = interval
        self.reason = reason.map { String("drill: \($0)".prefix(UpstreamControlDocument.maxReason)) } ?? "drill"
        self.progress = progress
    }

    /// Time for the trial, all steps of the ramp, and some mail to arrive.
    package static func wholeRamp(_ settings: DeliverySettings, after duration: Duration) -> Duration {
        let circuit = settings.circuitSettings
        return duration + circuit.stepDuration * (circuit.rampSteps.count - 1) + .seconds(30)
    }

    /// Runs to the end of `watch`, or until there is nothing more to see; cancelling the task ends it early.
    ///
    /// - Throws: ``Failure`` if the trip was refused, and if the relay fails to answer afterwards; the upstream is
    ///   reset in any case.
    package func run(_ target: String, for duration: Duration, watch: Duration) async throws -> DrillReport {
        let before = DrillSample(
            at: clock.now(), upstreams: try await relay.list(), queue: try await relay.statistics())
        let order = UpstreamControlDocument(
            reason: reason, forSeconds: Double(duration.wholeMilliseconds) / 1000)
        let trip: UpstreamDetailDocument
        do {
            trip = try await relay.control(target, .trip, order)
        } catch {
            // The order may have arrived even if its answer has not.
            if !isRefusal(error) { _ = await reset(target) }
            throw error
        }
        var course = DrillCourse(before: before, trip: trip, at: clock.now())
        do {
            try await follow(&course, until: course.trippedAt + watch)
        } catch let error where !Task.isCancelled {
            if course.isLeftBehind { _ = await reset(target) }
            throw error
        } catch {}
        let wasReset = course.isLeftBehind ? await reset(target) : false
        return DrillReport(course, isInterrupted: Task.isCancelled, wasReset: wasReset)
    }

    private func follow(_ course: inout DrillCourse, until end: Timestamp) async throws {
        var queueDue = clock.now()
        while !course.isOver, clock.now() < end {
            try await clock.sleep(interval)
            var sample = DrillSample(
                at: clock.now(), upstreams: try await relay.list(),
                history: try await relay.detail(of: course.target).history
            )
            if sample.at >= queueDue || sample.at >= end {
                sample.queue = try await relay.statistics()
                let cost = clock.now() - sample.at
                queueDue = clock.now() + max(Self.queueInterval, cost * Self.queueCost)
            }
            for event in course.take(sample) { progress(event) }
        }
        guard !course.isRestarted else { return }
        let last = DrillSample(
            at: clock.now(), upstreams: try await relay.list(),
            history: try await relay.detail(of: course.target).history,
            queue: try await relay.statistics())
        for event in course.take(last) { progress(event) }
    }

    /// Whether the relay has refused, so that nothing has happened.
    private func isRefusal(_ error: any Error) -> Bool {
        guard let failure = error as? Failure else { return false }
        switch failure.status {
        case .usage, .noSuchMessage, .notRunning: return true
        case .badInput, .tryAgain, .configuration: return false
        }
    }

    /// Closes the circuit, even if this task is cancelled.
    ///
    /// - Returns: whether the relay has done it.
    private func reset(_ target: String) async -> Bool {
        let relay = relay
        // A separate task, because a cancelled one could not ask anything any more.
        let order = Task.detached {
            try await relay.control(target, .reset, UpstreamControlDocument(reason: "end of the drill"))
        }
        return (try? await order.value) != nil
    }
}
