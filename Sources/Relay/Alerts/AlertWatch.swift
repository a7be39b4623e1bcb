internal import Alerts
internal import Configuration
internal import Notifiers
internal import ServiceLifecycle
internal import Upstreams

/// Looks at the alerts once a second, tells who is to be told, and saves how they stand. Nobody waits for it, and it waits
/// for nobody: whoever is told has a task of its own.
struct AlertWatch: Service {
    let board: AlertBoard
    let store: AlertStore
    let maker: NotifierMaker
    /// relay.conf, and its routes.
    let configuration: @Sendable () -> (RelayConfiguration, RouteTable)
    let collector: AlertCollector
    let queue: QueueWatch
    /// Whether the relay works: while it starts or stops, its parts say nothing that counts.
    let isReady: @Sendable () -> Bool

    static let interval = Duration.seconds(1)

    func run() async throws {
        await withDiscardingTaskGroup { tasks in
            var collector = collector
            tasks.addTask { await queue.run { configuration().0.alerts.isAboutQueue } }
            while !Task.isCancelled, !Task.isShuttingDownGracefully {
                if isReady() { await look(&collector) }
                let due = board.takeDue()
                // Saved before it is told: a relay that dies in between tells it again rather than never.
                save()
                for entry in due { tasks.addTask { await tell(entry) } }
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.interval) }
            }
            // What is not told by now is in the file, and told by the next relay.
            tasks.cancelAll()
        }
        save()
        await store.flush()
    }

    private func look(_ collector: inout AlertCollector) async {
        let (settings, routes) = configuration()
        let facts = await collector.facts(settings, routes)
        if isReady() { board.look(facts) }
    }

    private func save() {
        if let file = board.takeNews() { store.save(file) }
    }

    private func tell(_ entry: AlertOutbox.Entry) async {
        do {
            try await notifier(entry.sink).tell(entry.notification)
            board.told(entry, nil)
        } catch is CancellationError {
            return
        } catch {
            guard !Task.isCancelled else { return }
            board.told(entry, NotifierFailure(error))
        }
    }

    /// Made each time: settings and files may have changed.
    private func notifier(_ name: String) throws -> any Notifier {
        guard let settings = board.settings.sinks.first(where: { $0.name == name }) else {
            throw NotifierFailure("relay.conf names it no longer", isFinal: true)
        }
        return try maker.notifier(settings)
    }
}

extension AlertSettings {
    /// Whether an alert needs to know how the queue is.
    fileprivate var isAboutQueue: Bool {
        rules.contains { [AlertKind.queueAge, .queueDepth, .inDoubt].contains($0.kind) }
    }
}
