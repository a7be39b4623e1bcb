internal import Admin
internal import Audit
internal import Mail
internal import ServiceLifecycle
internal import TLS
internal import UnixSignals

/// Reloads without being asked by the API: relay.conf on SIGHUP, and with `watch` when it has changed; certificates and
/// users when their files have.
struct ReloadService: Service {
    /// Interval for looking at certificates and users; a look is a few calls of `stat`.
    private static let interval = Duration.seconds(5)
    /// Interval for looking at relay.conf; it is read once it has stayed the same for one.
    private static let watchInterval = Duration.seconds(1)

    /// Who orders what a signal has asked for.
    static let signal = "signal"

    let file: String?
    /// Of the file as it was read at the start.
    let stamp: FileStamp?
    let reloader: Reloader<RunningRelay>
    let progress: RelayProgress
    /// Whether relay.conf is watched now.
    let watches: @Sendable () -> Bool

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.refresh() }
                group.addTask { await self.obey() }
                group.addTask { await self.watch() }
            }
        }
    }

    private func refresh() async {
        while (try? await Task.sleep(for: Self.interval)) != nil { await reloader.refresh() }
    }

    private func obey() async {
        for await _ in await UnixSignalsSequence(trapping: .sighup) {
            guard file != nil, await progress.waitUntilReady() else { continue }
            // What comes of it is in the log.
            _ = try? await reloader.reload(ReloadOrder(who: Self.signal))
        }
    }

    private func watch() async {
        guard let file, await progress.waitUntilReady() else { return }
        var watcher = FileWatcher(stamp)
        while (try? await Task.sleep(for: Self.watchInterval)) != nil {
            let hasChanged = watcher.hasChanged(FileStamp(of: file))
            guard hasChanged, watches() else { continue }
            _ = try? await reloader.reload(ReloadOrder(who: AuditRecord.relay, reason: "relay.conf has changed"))
        }
    }
}
