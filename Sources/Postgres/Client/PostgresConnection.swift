internal import CLibPQ
internal import Glibc

/// A connection over libpq, in pipeline mode. It is closed with the last reference to it.
///
/// Safety of `@unchecked Sendable`: it may be handed on, but is used by one thread at a time, as ``PostgresSession`` says.
package final class PostgresConnection: PostgresSession, @unchecked Sendable {
    private let library: LibPQ
    private let notices: NoticeReceiver
    private let settings: PostgresSettings
    /// nil once the connection is of no more use.
    private var handle: OpaquePointer?
    /// Types of the parameters of each statement that the server has prepared.
    private var prepared: [String: [PQOid]] = [:]
    private var parameters = ParameterBuffer()

    /// Host and port, for people.
    package let place: String
    package let process: Int
    package let serverVersion: Int
    /// Called by ``run(_:)``, on its thread, when the database has been silent for `alarm`.
    package var onSilence: (@Sendable () -> Void)?

    /// Takes over a connection that is open, and not yet used.
    init(_ library: LibPQ, _ handle: OpaquePointer, _ notices: NoticeReceiver, _ settings: PostgresSettings) {
        let functions = library.functions
        self.library = library
        self.handle = handle
        self.notices = notices
        self.settings = settings
        place = Self.place(functions, handle)
        process = Int(functions.backendPID(handle))
        serverVersion = Int(functions.serverVersion(handle))
        _ = functions.setnonblocking(handle, 1)
        _ = functions.enterPipelineMode(handle)
    }

    deinit { close() }

    /// Ends the connection; nothing can be run any more.
    package func close() {
        guard let handle else { return }
        self.handle = nil
        library.functions.finish(handle)
    }

    /// False after a fatal error.
    package var isOpen: Bool { handle != nil }

    package var isReady: Bool {
        guard let handle else { return false }
        let functions = library.functions
        // What comes while nothing was asked is the end, or the server's last words before it.
        guard functions.consumeInput(handle) == 1, functions.isBusy(handle) == 0, notices.lastWords == nil else {
            return false
        }
        return functions.transactionStatus(handle) == Int32(PQ_TRANSACTION_IDLE)
    }

    /// Whether what is sent is encrypted.
    package var isEncrypted: Bool { handle.map { library.functions.sslInUse($0) != 0 } ?? false }

    package func run(_ queries: [PostgresQuery]) throws(PostgresError) -> [any PostgresRows] {
        try run(queries, silence: settings.silence)
    }

    func run(_ queries: [PostgresQuery], silence: Duration) throws(PostgresError) -> [any PostgresRows] {
        guard let handle else { throw PostgresError(.connection, "\(place): the connection is closed") }
        for query in queries where ParameterBuffer.size(of: query.values) >= ParameterBuffer.limit {
            throw PostgresError(
                .server, "\(place): the parameters of \(query.statement.name) are too long", state: "54000")
        }
        guard !queries.isEmpty else { return [] }
        var pipeline = Pipeline()
        try send(queries, handle, &pipeline)
        try receive(handle, &pipeline, silence)
        for (name, types) in pipeline.prepared { prepared[name] = types }
        if notices.commitWasNotReplicated {
            throw lost(.connection, "the commit did not wait for the synchronous standby: somebody cancelled it")
        }
        if let failure = pipeline.failure {
            let error = error(failure.result, queries[failure.query].statement)
            guard error.state.map(Self.isOutdated) ?? false else { throw error }
            close()
            throw PostgresError(.connection, error.message, state: error.state)
        }
        return pipeline.rows
    }

    /// The server no longer knows a prepared statement, or its table has changed since: only a new connection prepares all
    /// of them anew (invalid_sql_statement_name, feature_not_supported).
    private static func isOutdated(_ state: String) -> Bool { state == "26000" || state == "0A000" }

    // MARK: - Sending

    private func send(
        _ queries: [PostgresQuery], _ handle: OpaquePointer, _ pipeline: inout Pipeline
    ) throws(PostgresError) {
        var known = prepared
        for (index, query) in queries.enumerated() {
            parameters.fill(query.values)
            guard send(query.statement, index, handle, &known, &pipeline) else { throw lost(.connection) }
        }
        guard library.functions.pipelineSync(handle) == 1 else { throw lost(.connection) }
    }

    private func send(
        _ statement: PostgresStatement, _ index: Int, _ handle: OpaquePointer, _ known: inout [String: [PQOid]],
        _ pipeline: inout Pipeline
    ) -> Bool {
        let functions = library.functions
        let types = parameters.types
        defer { pipeline.append(.query(index)) }
        if statement.name.isEmpty {
            return parameters.withPointers { count, values, lengths, formats in
                functions.sendQueryParams(handle, statement.sql, count, types, values, lengths, formats, 1) == 1
            }
        }
        let name = Self.name(of: statement, types, &known)
        if known[name] == nil {
            guard functions.sendPrepare(handle, name, statement.sql, Int32(types.count), types) == 1 else {
                return false
            }
            known[name] = types
            pipeline.append(.preparation(name: name, types: types, query: index))
        }
        return parameters.withPointers { count, values, lengths, formats in
            functions.sendQueryPrepared(handle, name, count, values, lengths, formats, 1) == 1
        }
    }

    /// A statement first used with a null has left the type of that parameter to the server, which may take an integer for a
    /// short one. It is prepared anew, under another name, once the type is known.
    private static func name(
        of statement: PostgresStatement, _ types: [PQOid], _ known: inout [String: [PQOid]]
    ) -> String {
        var name = statement.name
        while let earlier = known[name], !zip(earlier, types).allSatisfy({ $1 == 0 || $0 == $1 }) { name += "'" }
        return name
    }

    // MARK: - Receiving

    /// Writes and reads until the server has answered all: a server whose answers nobody reads stops reading too.
    private func receive(
        _ handle: OpaquePointer, _ pipeline: inout Pipeline, _ silence: Duration
    ) throws(PostgresError) {
        let functions = library.functions
        var watch = SilenceWatch(alarm: settings.alarm, silence: silence, now: .now)
        while true {
            if try takeResults(handle, &pipeline) { return }
            let unsent = functions.flush(handle)
            guard unsent >= 0 else { throw lost(.connection) }
            let ready = try wait(handle, isWriting: unsent > 0, &watch)
            if ready & ~Int16(POLLOUT) != 0, functions.consumeInput(handle) == 0 {
                throw lost(.connection)
            }
        }
    }

    /// Takes what has come.
    ///
    /// - Returns: whether that was all.
    private func takeResults(_ handle: OpaquePointer, _ pipeline: inout Pipeline) throws(PostgresError) -> Bool {
        let functions = library.functions
        // A nil ends the results of each statement.
        var wasNil = false
        while functions.isBusy(handle) == 0 {
            guard let pointer = functions.getResult(handle) else {
                guard !wasNil else { throw lost(.connection, "libpq has no more results than the server owes") }
                wasNil = true
                continue
            }
            wasNil = false
            let result = PostgresResult(library, pointer)
            if result.status == Int(PQ_PIPELINE_SYNC) { return true }
            if result.isFatal { throw lost(result) }
            guard pipeline.received(result) else { throw lost(.connection, "the server answers what nobody asked") }
        }
        return false
    }

    /// - Returns: what can be done with the socket.
    private func wait(
        _ handle: OpaquePointer, isWriting: Bool, _ watch: inout SilenceWatch
    ) throws(PostgresError) -> Int16 {
        while true {
            switch watch.verdict(now: .now) {
            case .lost:
                throw lost(.timeout, "no answer within the time allowed")
            case .alarm:
                onSilence?()
            case .wait(let time):
                let socket = library.functions.socket(handle)
                guard socket >= 0 else { throw lost(.connection) }
                let ready = Self.poll(socket, Int16(isWriting ? POLLIN | POLLOUT : POLLIN), time)
                guard ready != 0 else { continue }
                watch.progress(now: .now)
                return ready
            }
        }
    }

    /// - Returns: what can be done; 0 if nothing within `time`, or after a signal.
    static func poll(_ socket: Int32, _ events: Int16, _ time: Duration) -> Int16 {
        var state = pollfd(fd: socket, events: events, revents: 0)
        let (seconds, attoseconds) = time.components
        let milliseconds = min(seconds, 1_000_000) * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Glibc.poll(&state, 1, Int32(max(0, milliseconds))) > 0 ? state.revents : 0
    }

    // MARK: - Errors

    private func error(_ result: PostgresResult, _ statement: PostgresStatement) -> PostgresError {
        let state = result.field(Int32(PQ_DIAG_SQLSTATE))
        let what = [statement.name, state ?? ""].filter { !$0.isEmpty }.joined(separator: ", ")
        return PostgresError(.server, "\(place): \(result.firstLine)\(what.isEmpty ? "" : " (\(what))")", state: state)
    }

    /// Closes the connection because of what the server has said last.
    private func lost(_ result: PostgresResult) -> PostgresError {
        close()
        let state = result.field(Int32(PQ_DIAG_SQLSTATE))
        if state == nil, let words = notices.lastWords {
            return PostgresError(.connection, "\(place): connection lost: \(words.message)", state: words.state)
        }
        return PostgresError(.connection, "\(place): connection lost: \(result.firstLine)", state: state)
    }

    /// Closes the connection.
    ///
    /// - Parameter reason: nil for what libpq says.
    private func lost(_ code: PostgresError.Code, _ reason: String? = nil) -> PostgresError {
        defer { close() }
        guard let handle else { return PostgresError(code, "\(place): connection lost") }
        if reason == nil, let result = lastResult(handle) { return lost(result) }
        if reason == nil, let words = notices.lastWords {
            return PostgresError(code, "\(place): connection lost: \(words.message)", state: words.state)
        }
        let words = reason ?? firstLine(text(library.functions.errorMessage(handle)))
        return PostgresError(code, "\(place): connection lost: \(words)")
    }

    /// The server may have said why, before it closed the connection.
    private func lastResult(_ handle: OpaquePointer) -> PostgresResult? {
        let functions = library.functions
        var nils = 0
        while nils < 2, functions.isBusy(handle) == 0 || functions.socket(handle) < 0 {
            guard let pointer = functions.getResult(handle) else {
                nils += 1
                continue
            }
            nils = 0
            let result = PostgresResult(library, pointer)
            if result.isFatal { return result }
            if result.status == Int(PQ_PIPELINE_SYNC) { break }
        }
        return nil
    }

    private static func place(_ functions: PosthorsePQ, _ handle: OpaquePointer) -> String {
        return describe(
            host: text(functions.host(handle)), address: text(functions.hostaddr(handle)),
            port: text(functions.port(handle)))
    }

    /// As libpq names a server, but shorter.
    static func describe(host: String, address: String, port: String) -> String {
        if host.hasPrefix("/") { return "database at \(host)/.s.PGSQL.\(port)" }
        let port = port.isEmpty ? "" : ", port \(port)"
        if address.isEmpty || address == host { return "database at \(host)\(port)" }
        return host.isEmpty ? "database at \(address)\(port)" : "database at \(host) (\(address))\(port)"
    }
}

extension PostgresResult {
    /// The server closes the connection after it, or libpq has found it closed: then no server has numbered the error.
    var isFatal: Bool {
        guard status == Int(PQ_FATAL_ERROR) else { return false }
        let severity = field(Int32(PQ_DIAG_SEVERITY))
        return severity == "FATAL" || severity == "PANIC" || field(Int32(PQ_DIAG_SQLSTATE)) == nil
    }

    var firstLine: String {
        field(Int32(PQ_DIAG_MESSAGE_PRIMARY)) ?? Postgres.firstLine(message)
    }
}

/// A text that libpq may not have.
func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }

/// What libpq says in several lines, without the advice in those behind the first.
func firstLine(_ text: String) -> String {
    String(text.prefix { $0 != "\n" })
}
