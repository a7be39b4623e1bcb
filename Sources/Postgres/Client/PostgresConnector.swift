internal import CLibPQ
internal import Glibc
internal import Spool

/// Makes connections.
///
/// libpq looks up names before it returns from its asynchronous connect, however long that takes, so names are looked up by
/// threads that nobody has to wait for; the rest obeys the time allowed.
package enum PostgresConnector {
    /// Waits for each host as long as the settings allow. Call it only where a thread may block.
    ///
    /// - Throws: ``PostgresError`` that says of each host why it was not taken.
    package static func connect(_ settings: PostgresSettings) throws(PostgresError) -> PostgresConnection {
        try connect(settings, resolver: .system)
    }

    /// Connects on a thread of its own.
    ///
    /// - Parameter done: called by that thread.
    package static func connect(
        _ settings: PostgresSettings, done: @escaping @Sendable (Result<PostgresConnection, PostgresError>) -> Void
    ) {
        _ = SpoolThread("database") {
            done(Result { () throws(PostgresError) in try connect(settings) })
        }
    }

    static func connect(
        _ settings: PostgresSettings, resolver: NameResolver
    ) throws(PostgresError) -> PostgresConnection {
        let library = try LibPQ.load()
        let options = try ConnectionOptions(settings, library)
        let time = options.connectTimeout ?? settings.connectTimeout
        var errors: [PostgresError] = []
        for host in options.hosts {
            let attempt = ConnectionAttempt(
                library: library, options: options, settings: settings, host: host, deadline: .now + time)
            do throws(PostgresError) {
                return try attempt.connect(resolver)
            } catch {
                errors.append(error)
            }
        }
        if errors.count == 1 { throw errors[0] }
        let areTimeouts = errors.allSatisfy { $0.code == .timeout }
        throw PostgresError(areTimeouts ? .timeout : .unreachable, errors.map(\.message).joined(separator: "; "))
    }
}

/// The attempt to connect to one host, at all of its addresses.
struct ConnectionAttempt {
    let library: LibPQ
    let options: ConnectionOptions
    let settings: PostgresSettings
    let host: ConnectionOptions.Host
    let deadline: ContinuousClock.Instant

    func connect(_ resolver: NameResolver) throws(PostgresError) -> PostgresConnection {
        let candidates = try candidates(resolver)
        var last: PostgresError?
        for (index, candidate) in candidates.enumerated() {
            let now = ContinuousClock.now
            let share = now.duration(to: deadline) / (candidates.count - index)
            do throws(PostgresError) {
                return try open(candidate, until: now + share)
            } catch {
                last = error
            }
        }
        throw last!
    }

    /// The host with each of its addresses; never empty.
    private func candidates(_ resolver: NameResolver) throws(PostgresError) -> [ConnectionOptions.Host] {
        guard let name = host.unresolved else { return [host] }
        switch resolver.addresses(of: name, until: deadline) {
        case .found(let addresses):
            return addresses.map { .init(name: name, address: $0, port: host.port) }
        case .failed(let reason):
            throw PostgresError(.unreachable, "\(place(of: host)): \(reason)")
        case .late:
            throw PostgresError(.timeout, "\(place(of: host)): the name was not resolved in time")
        }
    }

    private func open(
        _ host: ConnectionOptions.Host, until end: ContinuousClock.Instant
    ) throws(PostgresError) -> PostgresConnection {
        let functions = library.functions
        guard let handle = start(host) else { throw PostgresError(.unreachable, "out of memory") }
        let notices = NoticeReceiver(library)
        notices.listen(to: handle)
        do throws(PostgresError) {
            try establish(handle, host, until: end)
        } catch {
            functions.finish(handle)
            throw error
        }
        let connection = PostgresConnection(library, handle, notices, settings)
        let setup = PostgresStatement(
            "", "SELECT set_config('search_path', 'posthorse', false), set_config('jit', 'off', false)")
        _ = try connection.run(
            [PostgresQuery(setup)], silence: max(.milliseconds(1), ContinuousClock.now.duration(to: end)))
        return connection
    }

    private func start(_ host: ConnectionOptions.Host) -> OpaquePointer? {
        let parameters = options.parameters(for: host)
        let keywords = parameters.map { strdup($0.keyword) }
        let values = parameters.map { strdup($0.value) }
        defer { for text in keywords + values { free(text) } }
        return library.functions.connectStartParams(
            keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 0)
    }

    /// Goes through TCP, TLS and authentication (libpq, 34.2, PQconnectPoll).
    private func establish(
        _ handle: OpaquePointer, _ host: ConnectionOptions.Host, until end: ContinuousClock.Instant
    ) throws(PostgresError) {
        let functions = library.functions
        var step = functions.status(handle) == Int32(PQ_CONNECTION_BAD) ? PQ_POLLING_FAILED : PQ_POLLING_WRITING
        while step != PQ_POLLING_OK {
            guard step != PQ_POLLING_FAILED else {
                throw PostgresError(.unreachable, Self.reason(text(functions.errorMessage(handle))))
            }
            let time = ContinuousClock.now.duration(to: end)
            guard time > .zero else {
                throw PostgresError(.timeout, "\(place(of: host)): no connection within the time allowed")
            }
            let events = step == PQ_POLLING_READING ? POLLIN : POLLOUT
            guard PostgresConnection.poll(functions.socket(handle), Int16(events), time) != 0 else { continue }
            step = numericCast(functions.connectPoll(handle))
        }
    }

    private func place(of host: ConnectionOptions.Host) -> String {
        PostgresConnection.describe(host: host.name ?? "", address: host.address ?? "", port: host.port ?? "")
    }

    /// What libpq says, on one line.
    private static func reason(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).map { $0.drop { $0 == "\t" || $0 == " " } }.joined(separator: " ")
    }
}
