package import Mail
package import NIOCore
package import Outbound
package import Spool
internal import Synchronization

/// Sends what is in the outbox, for as long as it runs: a thin shell around one ``OutboxMachine`` per webhook.
///
/// One task has the machines; requests and reads of the outbox are its children, and report to it.
package final class WebhookCourier: Sendable {
    /// Makes the client of a webhook; fails if its authorities cannot be read.
    package typealias MakeClient = @Sendable (WebhookSettings) throws(WebError) -> any WebClient

    package struct Means: Sendable {
        package let outbox: any OutboxStore
        /// Names of the webhooks that the outbox holds anything for.
        package let held: @Sendable () -> [String]
        package let eventLoop: any EventLoop
        package let makeClient: MakeClient
        /// The clock that nobody can set.
        package let steady: @Sendable () -> Timestamp
        /// The system's.
        package let wall: @Sendable () -> Timestamp
        /// Called on any thread; must not block.
        package let report: @Sendable (String, WebhookNews) -> Void
        package var random: @Sendable () -> Double = { .random(in: 0...1) }
        var backoff = Backoff()

        package init(
            outbox: any OutboxStore, held: @escaping @Sendable () -> [String], eventLoop: any EventLoop,
            makeClient: @escaping MakeClient,
            steady: @escaping @Sendable () -> Timestamp, wall: @escaping @Sendable () -> Timestamp,
            report: @escaping @Sendable (String, WebhookNews) -> Void
        ) {
            self.outbox = outbox
            self.held = held
            self.eventLoop = eventLoop
            self.makeClient = makeClient
            self.steady = steady
            self.wall = wall
            self.report = report
        }
    }

    private let means: Means
    private let signals: AsyncStream<CourierSignal>
    private let signal: AsyncStream<CourierSignal>.Continuation
    private let statuses = Mutex<[String: WebhookStatus]>([:])

    package init(_ webhooks: [WebhookSettings], _ means: Means) {
        self.means = means
        (signals, signal) = AsyncStream.makeStream()
        signal.yield(.replaced(webhooks))
    }

    // MARK: - From outside

    /// Events were added for these webhooks. Cheap.
    package func wake(_ webhooks: Set<String>) { signal.yield(.woken(webhooks)) }

    /// Sends to these webhooks from now on; what is under way goes on.
    package func replace(with webhooks: [WebhookSettings]) { signal.yield(.replaced(webhooks)) }

    /// An operator has changed the outbox of this webhook.
    package func restart(_ webhook: String) { signal.yield(.restarted(webhook)) }

    /// How receivers stand, by name.
    package var status: [String: WebhookStatus] { statuses.withLock { $0 } }

    /// Ends ``run()``. What is under way is given up, and sent again after the next start.
    package func stop() { signal.finish() }

    /// Returns after ``stop()``, or when the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            var desk = CourierDesk(means, signal)
            desk.sweepLater()
            for await signal in signals {
                desk.handle(signal)
                for work in desk.work() { group.addTask { await work() } }
                let status = desk.status
                statuses.withLock { $0 = status }
            }
            desk.end()
            group.cancelAll()
        }
    }
}
