internal import CLibPQ
internal import Glibc
internal import Spool

/// A connection by libpq, in pipeline mode; used by one thread at a time.
package final class PostgresConnection: PostgresSession, @unchecked Sendable {
    // Safety: whoever has the connection uses it from one thread at a time; it is handed over, not shared.

    private let handle: OpaquePointer
    private let pq: PosthorsePQ
    private let silence: Int64
    private var prepared: Set<String> = []
    private var hasFailed = false
    /// Called once per statement group that the server leaves without an answer for this long.
    package var onSilence: (after: Duration, call: () -> Void)?

    init(_ handle: OpaquePointer, _ pq: PosthorsePQ, silence: Duration) {
        self.handle = handle
        self.pq = pq
        self.silence = silence.wholeNanoseconds
        _ = pq.setNoticeProcessor(handle, { _, _ in }, nil)
        _ = pq.setnonblocking(handle, 1)
        _ = pq.enterPipelineMode(handle)
    }

    deinit { pq.finish(handle) }

    package var process: Int { Int(pq.backendPID(handle)) }
    package var serverVersion: Int { Int(pq.serverVersion(handle)) }

    /// The server that it leads to, as `HOST:PORT` or the path of its socket.
    package var host: String {
        let host = pq.host(handle).map { String(cString: $0) } ?? ""
        let port = pq.port(handle).map { String(cString: $0) } ?? ""
        return host.hasPrefix("/") ? "\(host)/.s.PGSQL.\(port)" : "\(host):\(port)"
    }

    // MARK: - Statements

    package func run(_ queries: [PostgresQuery]) throws(PostgresError) -> [any PostgresRows] {
        guard !hasFailed else { throw PostgresError(.connection, "the connection to the database is lost") }
        var expected: [Expected] = []
        for query in queries { try send(query, &expected) }
        guard pq.pipelineSync(handle) == 1 else { throw lost() }
        return try receive(expected)
    }

    /// What is to come back.
    private enum Expected {
        case preparation(String)
        case rows
    }

    private func send(_ query: PostgresQuery, _ expected: inout [Expected]) throws(PostgresError) {
        let statement = query.statement
        if prepared.insert(statement.name).inserted {
            guard pq.sendPrepare(handle, statement.name, statement.sql, 0, nil) == 1 else { throw lost() }
            expected.append(.preparation(statement.name))
        }
        var parameters = PostgresParameters(query.values)
        let isSent = parameters.withPointers { count, values, lengths, formats in
            pq.sendQueryPrepared(handle, statement.name, count, values, lengths, formats, 1)
        }
        guard isSent == 1 else { throw lost() }
        expected.append(.rows)
    }

    private func receive(_ expected: [Expected]) throws(PostgresError) -> [any PostgresRows] {
        var (results, failure) = ([any PostgresRows](), PostgresError?.none)
        var watch = Watch(silence: silence, onSilence: onSilence)
        for item in expected {
            let rows = try nextResult(&watch)
            let error = error(of: rows)
            if failure == nil { failure = error }
            switch item {
            case .preparation(let name):
                if !rows.isFine { prepared.remove(name) }
            case .rows: results.append(rows)
            }
            // The end of what this statement has to say.
            while let more = try result(&watch) { more.clear() }
        }
        guard let sync = try result(&watch), sync.status == PQ_PIPELINE_SYNC else { throw lost() }
        if let failure { throw fail(failure) }
        return results
    }

    private func nextResult(_ watch: inout Watch) throws(PostgresError) -> PostgresResult {
        guard let rows = try result(&watch) else { throw lost() }
        return rows
    }

    /// The next result; nil at the end of those of one statement.
    private func result(_ watch: inout Watch) throws(PostgresError) -> PostgresResult? {
        while true {
            // What is read meanwhile makes room for what is written: with a large group both sides would wait for ever.
            let unsent = pq.flush(handle)
            guard unsent >= 0 else { throw lost() }
            if pq.isBusy(handle) == 0 { break }
            let events = unsent > 0 ? POLLIN | POLLOUT : POLLIN
            guard watch.wait(pq.socket(handle), Int16(events)) else {
                hasFailed = true
                throw PostgresError(.connection, "the database at \(host) does not answer")
            }
            guard pq.consumeInput(handle) == 1 else { throw lost() }
        }
        guard let result = pq.getResult(handle) else {
            guard pq.status(handle) == PQ_CONNECTION_OK else { throw lost() }
            return nil
        }
        return PostgresResult(result, pq)
    }

    // MARK: - Errors

    private func error(of rows: PostgresResult) -> PostgresError? {
        guard !rows.isFine, rows.status != PQ_PIPELINE_ABORTED else { return nil }
        return PostgresError(.server, rows.message, state: rows.state)
    }

    private func fail(_ error: PostgresError) -> PostgresError {
        guard error.isFatal || pq.status(handle) != PQ_CONNECTION_OK else { return error }
        hasFailed = true
        return PostgresError(.connection, "the connection to the database at \(host) is lost: \(error.message)")
    }

    private func lost() -> PostgresError {
        hasFailed = true
        return PostgresError(
            .connection, "the connection to the database at \(host) is lost: \(Self.words(pq.errorMessage(handle)))")
    }

    /// What libpq says, on one line.
    static func words(_ text: UnsafePointer<CChar>?) -> String {
        guard let text else { return "no reason is known" }
        let lines = String(cString: text).split { $0.isNewline || $0 == "\t" }
        return lines.isEmpty ? "no reason is known" : lines.joined(separator: " ")
    }

    /// How long the server says nothing.
    private struct Watch {
        private let limit: Int64
        private var notice: Int64
        private let call: (() -> Void)?

        init(silence: Int64, onSilence: (after: Duration, call: () -> Void)?) {
            let now = Monotonic.now
            limit = now + silence
            notice = onSilence.map { now + $0.after.wholeNanoseconds } ?? .max
            call = onSilence?.call
        }

        /// - Returns: false once it has been too long.
        mutating func wait(_ descriptor: Int32, _ events: Int16) -> Bool {
            if Poll.wait(descriptor, events, until: min(limit, notice)) { return true }
            guard notice < limit else { return false }
            notice = .max
            call?()
            return Poll.wait(descriptor, events, until: limit)
        }
    }
}

/// A result of libpq, which it frees with the object.
final class PostgresResult: PostgresRows {
    private var result: OpaquePointer?
    private let pq: PosthorsePQ
    let status: Int32

    init(_ result: OpaquePointer, _ pq: PosthorsePQ) {
        self.result = result
        self.pq = pq
        status = pq.resultStatus(result)
    }

    deinit { clear() }

    func clear() {
        if let result { pq.clear(result) }
        result = nil
    }

    var isFine: Bool { status == PQ_TUPLES_OK || status == PQ_COMMAND_OK || status == PQ_EMPTY_QUERY }

    /// SQLSTATE
    var state: String? { field(PQ_DIAG_SQLSTATE) }

    var message: String {
        let detail = field(PQ_DIAG_MESSAGE_DETAIL).map { " (\($0))" } ?? ""
        return (field(PQ_DIAG_MESSAGE_PRIMARY) ?? PostgresConnection.words(pq.resultErrorMessage(result))) + detail
    }

    private func field(_ code: some BinaryInteger) -> String? {
        pq.resultErrorField(result, Int32(code)).map { String(cString: $0) }
    }

    var count: Int { Int(pq.ntuples(result)) }

    var affected: Int { pq.cmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0 }

    func isNull(_ row: Int, _ column: Int) -> Bool { pq.getisnull(result, Int32(row), Int32(column)) != 0 }

    func octets(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: pq.getvalue(result, Int32(row), Int32(column)),
            count: Int(pq.getlength(result, Int32(row), Int32(column))))
    }

    func integer(_ row: Int, _ column: Int) -> Int {
        let octets = octets(row, column)
        guard let first = octets.first else { return 0 }
        guard octets.count > 1 else { return Int(first) }
        return octets.dropFirst().reduce(Int(Int8(bitPattern: first))) { $0 << 8 | Int($1) }
    }
}
