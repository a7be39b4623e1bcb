internal import Ingress
internal import NIOPosix
internal import ServiceLifecycle

/// Ends suspicions whose time is over, and saves what has been learned of users, once a minute and at the end.
struct GuardWatch: Service {
    let guardian: UserGuard
    let store: HabitStore

    static let interval = Duration.seconds(60)

    func run() async throws {
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.interval) }
            guardian.look()
            await save()
        }
        await save()
    }

    /// On a thread that may wait for the disk.
    private func save() async {
        guard guardian.isUsed else { return }
        let (habits, store) = (guardian.habits, store)
        try? await NIOThreadPool.singleton.runIfActive { store.save(habits) }
    }
}
