internal import Admin
internal import Audit
internal import Configuration
internal import Delivery
internal import Ingress
internal import Mail
internal import Telemetry

/// Reads relay.conf again, validates it as one, compares it with what runs, and puts the difference into force as one:
/// if anything is wrong, nothing changes. One reload at a time; others wait for their turn.
actor Reloader<Running: ReloadableRelay> {
    private let file: String?
    private let relay: Running
    private let files: FileDesk
    private let journal: ReloadJournal
    private let record: @Sendable ([AuditRecord]) async throws -> Void
    private let now: @Sendable () -> Timestamp
    private var usersFile: UsersFile?
    private var last: Task<Void, Never>?

    /// - Parameters:
    ///   - file: the relay.conf that the configuration was read from; nil if it was not read from a file.
    ///   - files: reads what is to be read.
    ///   - record: writes the audit log; if it throws, nothing is changed.
    init(
        _ file: String?, _ relay: Running, files: FileDesk = FileDesk(), journal: ReloadJournal,
        now: @escaping @Sendable () -> Timestamp, record: @escaping @Sendable ([AuditRecord]) async throws -> Void
    ) {
        (self.file, self.relay, self.files, self.journal) = (file, relay, files, journal)
        (self.now, self.record) = (now, record)
        usersFile = relay.live.configuration.openUsersFile()
    }

    /// Carries out an order.
    ///
    /// - Throws: ``UnusableConfiguration`` with all that is wrong, or `AuditError`; then nothing has changed.
    func reload(_ order: ReloadOrder) async throws -> ReloadDocument {
        try await inTurn { try await self.carryOut(order) }
    }

    /// Reads certificates and users again, if they have changed.
    func refresh() async {
        try? await inTurn { try await self.readFiles(always: false) }
    }

    /// In a task of its own: a client that hangs up must not leave a relay with half of its new settings.
    private func inTurn<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let former = last
        let task = Task {
            await former?.value
            return try await body()
        }
        last = Task { _ = await task.result }
        return try await task.value
    }

    private func carryOut(_ order: ReloadOrder) async throws -> ReloadDocument {
        guard let file else { throw AdminError(.unavailable, "this relay was started without a file") }
        do {
            let (latest, problems) = try await files.read { RelayConfiguration.check(path: file) }
            guard let latest else { throw UnusableConfiguration(problems) }
            let running = relay.live.configuration
            let warnings = problems + (await doubts(from: running, to: latest, file))
            let document = ReloadDocument(changed: running.changes(in: latest), problems: warnings)
            if order.isRehearsal {
                let target = running.reloaded(latest)
                try await opening(target, warnings, file) { try await relay.rehearse(target) }
            } else {
                try await change(running, to: latest, document, order, file)
                journal.reloaded(file, document, order)
            }
            return document
        } catch {
            if !order.isRehearsal { journal.failed(file, error, order) }
            throw error
        }
    }

    private func change(
        _ running: RelayConfiguration, to latest: RelayConfiguration, _ document: ReloadDocument, _ order: ReloadOrder,
        _ file: String
    ) async throws {
        let target = running.reloaded(latest)
        let change = try await opening(target, document.problems, file) { try await relay.prepare(target) }
        do {
            try await record(AuditRecord.reload(document, of: file, order, at: now()))
        } catch {
            await relay.discard(change)
            throw error
        }
        await relay.commit(target, change)
        usersFile = target.openUsersFile()
        try? await readFiles(always: true)
    }

    /// Does what may fail to open a listener, which is a problem of the file like any other.
    private func opening<Result>(
        _ configuration: RelayConfiguration, _ warnings: [ConfigurationProblem], _ file: String,
        _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as IngressError {
            throw UnusableConfiguration(warnings + [error.problem(of: configuration, file)])
        }
    }

    /// Warnings about mail in doubt at upstreams that are no longer named.
    private func doubts(
        from running: RelayConfiguration, to latest: RelayConfiguration, _ file: String
    ) async -> [ConfigurationProblem] {
        let names = Set(running.delivery.upstreams.map(\.name)).subtracting(latest.delivery.upstreams.map(\.name))
        guard !names.isEmpty else { return [] }
        return await relay.doubts(at: names).sorted { $0.key < $1.key }.map { name, count in
            ConfigurationProblem(
                .warning, file: file, key: "upstream.name",
                message: "\(count) \(count == 1 ? "message" : "messages") in doubt at \(name), which is not named any "
                    + "more, may arrive twice: such mail goes through the others at once",
                remedy: "see \"posthorse queue list --state in_doubt\"")
        }
    }

    private func readFiles(always: Bool) async throws {
        try await files.read { [relay] in relay.readCertificates(always: always) }
        guard let former = usersFile else { return }
        let look = try await files.read { former.look() }
        usersFile = look.file
        switch look.users {
        case .success(.none): break
        case .success(.some(let users)): replace(users, look.file, always: always)
        case .failure(let problems): journal.refreshFailed(look.file.path, problems)
        }
    }

    private func replace(_ users: [UserSettings], _ file: UsersFile, always: Bool) {
        relay.live.replace(usersFilePlaces: file.environmentPlaces)
        let isNew = users != relay.live.configuration.ingress.usersOfFile
        if isNew { relay.replace(users: users) }
        if isNew || always { journal.refreshed(file.path) }
    }
}

extension UsersFile {
    /// Reads the file if it has changed.
    ///
    /// - Returns: what is to look next time, and what was found.
    fileprivate func look() -> (file: UsersFile, users: Result<[UserSettings]?, ConfigurationProblems>) {
        var file = self
        do throws(ConfigurationProblems) {
            let users = try file.readIfChanged()
            return (file, .success(users))
        } catch {
            return (file, .failure(error))
        }
    }
}

extension IngressError {
    /// The same, said of the file.
    fileprivate func problem(of configuration: RelayConfiguration, _ file: String) -> ConfigurationProblem {
        ConfigurationProblem(
            file: file, line: configuration.line(ofListener: isAbout), key: key, message: message,
            remedy: code == .addressInUse ? "change the address, or end what listens there" : nil)
    }

    /// The key that it is about.
    fileprivate var key: String {
        switch code {
        case .badCertificate: "listener.certificate"
        case .badNetwork: "listener.allow"
        case _: "listener.address"
        }
    }
}

extension RelayConfiguration {
    /// nil if there is none.
    fileprivate func openUsersFile() -> UsersFile? {
        usersFile.map { UsersFile(path: $0, taken: Set(ingress.users.map(\.name)), routes: routeNames) }
    }
}
