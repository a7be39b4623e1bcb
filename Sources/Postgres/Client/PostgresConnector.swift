internal import CLibPQ
internal import Glibc
internal import Spool
internal import Synchronization

/// Connects to the database.
///
/// libpq resolves host names while it connects, and takes no notice of any limit while it does. So each attempt has a thread
/// of its own, and who waits for it leaves when the time is over; the thread then closes what it may still get.
package enum PostgresConnector {
    /// Waits for a connection.
    ///
    /// - Parameter attempt: what makes a connection until a point of time by ``Monotonic``; tests have one of their own.
    /// - Throws: ``PostgresError`` `library`, `settings`, `unreachable` or `timeout`.
    package static func connect(
        _ settings: PostgresSettings,
        attempt: @escaping @Sendable (PostgresSettings, _ until: Int64) throws(PostgresError) -> PostgresConnection =
            PostgresAttempt.connect
    ) throws(PostgresError) -> PostgresConnection {
        let hosts = try PostgresAttempt.hostCount(settings)
        let limit = Monotonic.now + settings.connectTimeout.wholeNanoseconds * Int64(max(1, hosts))
        let answer = Answer()
        _ = SpoolThread("db-connect") {
            answer.give(Result { () throws(PostgresError) in try attempt(settings, limit) })
        }
        // The attempt itself gives up first, unless a host name keeps it.
        guard let result = answer.wait(until: limit + graceTime) else {
            throw PostgresError(
                .timeout, "no connection to the database in time: its host name was not resolved, or it does not answer"
            )
        }
        return try result.get()
    }

    private static let graceTime: Int64 = 500_000_000

    /// Passes a connection from one thread to another, once.
    private final class Answer: @unchecked Sendable {
        // Safety: the properties are used with `condition` locked.
        private let condition = MonotonicCondition()
        private var result: Result<PostgresConnection, PostgresError>?
        private var isGivenUp = false

        func give(_ result: Result<PostgresConnection, PostgresError>) {
            condition.lock()
            if !isGivenUp { self.result = result }
            condition.unlock()
            condition.signal()
        }

        func wait(until limit: Int64) -> Result<PostgresConnection, PostgresError>? {
            condition.lock()
            defer { condition.unlock() }
            while result == nil, condition.wait(until: limit) {}
            isGivenUp = true
            return result
        }
    }
}

/// One attempt to connect, on the thread that calls.
package enum PostgresAttempt {
    /// Number of hosts in a connection string.
    static func hostCount(_ settings: PostgresSettings) throws(PostgresError) -> Int {
        let options = try parse(settings.database)
        let hosts = options["host"] ?? options["hostaddr"] ?? ""
        return hosts.split(separator: ",", omittingEmptySubsequences: false).count
    }

    /// - Parameter limit: by ``Monotonic``.
    package static func connect(
        _ settings: PostgresSettings, until limit: Int64
    ) throws(PostgresError) -> PostgresConnection {
        let pq = try LibPQ.load().functions
        let parameters = try parameters(settings)
        let names = parameters.map { strdup($0.0) } + [nil]
        let values = parameters.map { strdup($0.1) } + [nil]
        defer { for text in names + values { free(text) } }
        let handle = names.map { UnsafePointer($0) }.withUnsafeBufferPointer { names in
            values.map { UnsafePointer($0) }.withUnsafeBufferPointer { values in
                pq.connectStartParams(names.baseAddress, values.baseAddress, 0)
            }
        }
        guard let handle else { throw PostgresError(.unreachable, "there is no memory for a connection") }
        do throws(PostgresError) {
            try poll(handle, pq, until: limit)
            return PostgresConnection(handle, pq, silence: settings.silence)
        } catch {
            pq.finish(handle)
            throw error
        }
    }

    private static func poll(_ handle: OpaquePointer, _ pq: PosthorsePQ, until limit: Int64) throws(PostgresError) {
        var wanted = Int32(pq.status(handle) == PQ_CONNECTION_BAD ? PQ_POLLING_FAILED : PQ_POLLING_WRITING)
        while true {
            if wanted == PQ_POLLING_OK { return }
            guard wanted != PQ_POLLING_FAILED else {
                throw PostgresError(.unreachable, PostgresConnection.words(pq.errorMessage(handle)))
            }
            let events = wanted == PQ_POLLING_READING ? POLLIN : POLLOUT
            guard Poll.wait(pq.socket(handle), Int16(events), until: limit) else {
                throw PostgresError(.timeout, "no connection to the database in time: it does not answer")
            }
            wanted = pq.connectPoll(handle)
        }
    }

    // MARK: - Parameters

    /// Those of the connection string, and what is needed besides.
    private static func parameters(_ settings: PostgresSettings) throws(PostgresError) -> [(String, String)] {
        var options = try parse(settings.database)
        if let path = settings.passwordFile { options["password"] = try password(path) }
        let defaults = [
            "application_name": settings.applicationName, "target_session_attrs": "read-write",
            "tcp_user_timeout": "10000", "keepalives": "1", "keepalives_idle": "5", "keepalives_interval": "2",
            "keepalives_count": "3", "connect_timeout": "\(max(2, settings.connectTimeout.components.seconds))",
        ]
        options.merge(defaults) { given, _ in given }
        options["client_encoding"] = "UTF8"
        options["options"] = "\(options["options"] ?? "") -c search_path=posthorse -c statement_timeout=0"
        return options.sorted { $0.key < $1.key }
    }

    private static func password(_ path: String) throws(PostgresError) -> String {
        guard let file = fopen(path, "re") else {
            throw PostgresError(.settings, "cannot read password_file \(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var size = 0
        defer { free(line) }
        let count = getline(&line, &size, file)
        guard count > 0, let line else { throw PostgresError(.settings, "password_file \(path) is empty") }
        let text = String(decoding: UnsafeRawBufferPointer(start: line, count: count), as: UTF8.self)
        return String(text.prefix { $0 != "\n" && $0 != "\r\n" && $0 != "\r" })
    }

    /// The options that a connection string sets.
    static func parse(_ database: String) throws(PostgresError) -> [String: String] {
        let pq = try LibPQ.load().functions
        var problem: UnsafeMutablePointer<CChar>?
        guard let options = pq.conninfoParse(database, &problem) else {
            defer { pq.freemem(problem) }
            throw PostgresError(
                .settings, "[cluster] database is not understood: \(PostgresConnection.words(problem))")
        }
        defer { pq.conninfoFree(options) }
        var (found, next) = ([String: String](), options)
        while let keyword = next.pointee.keyword {
            if let value = next.pointee.val { found[String(cString: keyword)] = String(cString: value) }
            next += 1
        }
        return found
    }
}

/// poll(2) of one descriptor.
enum Poll {
    /// - Parameters:
    ///   - events: those waited for.
    ///   - limit: by ``Monotonic``.
    /// - Returns: false if nothing has happened by then.
    static func wait(_ descriptor: Int32, _ events: Int16, until limit: Int64) -> Bool {
        while true {
            let rest = limit - Monotonic.now
            guard rest > 0 else { return false }
            var entry = pollfd(fd: descriptor, events: events, revents: 0)
            let count = Glibc.poll(&entry, 1, Int32(min(rest / 1_000_000 + 1, Int64(Int32.max))))
            if count > 0 { return true }
            if count < 0, errno != EINTR { return true }
        }
    }
}
