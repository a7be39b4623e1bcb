internal import Configuration
internal import Ingress
internal import ServiceLifecycle
internal import Synchronization
internal import Telemetry
internal import UnixSignals

/// Keeps certificates and users up to date while the relay runs: reloads their files on SIGHUP, and when they have
/// changed. Files with errors change nothing, and are reported once. On SIGHUP it also reports whether relay.conf
/// differs from the running configuration.
final class ReloadService: Service {
    /// Interval for checking the files; a check is a few calls of `stat`.
    private static let interval = Duration.seconds(5)

    private let ingress: IngressServer
    private let users: [UserSettings]
    private let usersFile: Mutex<UsersFile?>
    private let events: @Sendable (IngressEvent) -> Void
    private let file: String?
    private let running: ConfigurationSnapshot
    private let log: EventLog

    /// - Parameter file: the relay.conf that the configuration was read from; nil if it was not read from a file.
    init(
        _ configuration: RelayConfiguration, from file: String?, ingress: IngressServer, log: EventLog,
        events: @escaping @Sendable (IngressEvent) -> Void
    ) {
        self.ingress = ingress
        self.events = events
        self.file = file
        self.log = log
        running = ConfigurationSnapshot(configuration)
        users = configuration.ingress.users
        let taken = Set(users.map(\.name))
        usersFile = Mutex(
            configuration.usersFile.map { UsersFile(path: $0, taken: taken, routes: configuration.routeNames) })
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.watch() }
                group.addTask { await self.obey() }
            }
        }
    }

    private func watch() async {
        while (try? await Task.sleep(for: Self.interval)) != nil { reload(always: false) }
    }

    private func obey() async {
        for await _ in await UnixSignalsSequence(trapping: .sighup) {
            reload(always: true)
            compare()
        }
    }

    /// Reports the changes of relay.conf that only a restart can apply, or why it could not be read.
    private func compare() {
        guard let file else { return }
        let (latest, problems) = RelayConfiguration.check(path: file)
        guard let latest else {
            let errors = problems.filter { $0.severity == .error }.map(\.description)
            return events(.reloadFailed(what: file, reason: errors.joined(separator: "; ")))
        }
        let changes = running.changes(in: ConfigurationSnapshot(latest))
        guard !changes.isEmpty else { return }
        log.log(.warning, "restart_needed") { line in
            line.field("what", file)
            line.field("changed", changes.joined(separator: "; "))
        }
    }

    private func reload(always: Bool) {
        ingress.reloadCertificates(always: always)
        guard let path = usersFile.withLock({ $0?.path }) else { return }
        do throws(ConfigurationProblems) {
            let isNew = try usersFile.withLock { file throws(ConfigurationProblems) in
                try file?.reload(into: ingress.directory, with: users, always: always)
            }
            if isNew == true { events(.reloaded(what: path)) }
        } catch {
            events(.reloadFailed(what: path, reason: "\(error)"))
        }
    }
}
