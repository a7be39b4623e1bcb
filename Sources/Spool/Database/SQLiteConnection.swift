internal import Mail
internal import CSQLite
internal import Glibc

/// A connection to the database, used by one thread at a time.
final class SQLiteConnection {
    enum Access {
        case write
        /// Reads a database that this process has open for writing elsewhere.
        case read
        /// Reads a database that may not be open anywhere, and changes nothing.
        case inspect
    }

    /// Done once, before SQLite is used; fails harmlessly if the process has used it before.
    private static let configured = posthorse_sqlite3_disable_memory_statistics() == SQLITE_OK

    let handle: OpaquePointer
    private let path: String

    /// - Parameter vfs: the registered file system to use instead of SQLite's own.
    /// - Throws: ``SpoolError`` with SQLite's message.
    init(path: String, access: Access, cache: Int = 512, vfs: String? = nil) throws(SpoolError) {
        self.path = path
        _ = Self.configured
        var handle: OpaquePointer?
        if access == .write, vfs == nil { try PrivateFile.prepare(database: path) }
        let result = Self.open(path, access, vfs, &handle)
        guard let handle else { throw SpoolError(.inputOutput, "cannot open \(path): out of memory") }
        self.handle = handle
        guard result == SQLITE_OK else { throw error("open") }
        sqlite3_busy_timeout(handle, 5000)
        try execute("PRAGMA cache_size = -\(cache); PRAGMA temp_store = MEMORY")
        switch access {
        case .write: break
        case .read, .inspect: try execute("PRAGMA query_only = 1; PRAGMA wal_autocheckpoint = 0")
        }
    }

    deinit {
        sqlite3_close_v2(handle)
    }

    private static func open(
        _ path: String, _ access: Access, _ vfs: String?, _ handle: inout OpaquePointer?
    ) -> Int32 {
        let flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE
        switch access {
        case .write:
            return sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs)
        case .read:
            return sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_READWRITE, vfs)
        case .inspect:
            // Without a write-ahead log the file alone is complete, and nothing needs to be created beside it.
            var status = stat()
            guard stat(path + "-wal", &status) != 0 || status.st_size == 0 else {
                return sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_READONLY, vfs)
            }
            let uri = "file:\(escaped(path))?immutable=1"
            return sqlite3_open_v2(uri, &handle, flags | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, vfs)
        }
    }

    /// A path escaped for a URI.
    private static func escaped(_ path: String) -> String {
        path.map { ["%": "%25", "?": "%3f", "#": "%23"][$0] ?? String($0) }.joined()
    }

    func execute(_ sql: String) throws(SpoolError) {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw error("run “\(sql)”") }
    }

    func prepare(_ sql: String) throws(SpoolError) -> SQLiteStatement {
        var statement: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        guard sqlite3_prepare_v3(handle, sql, -1, flags, &statement, nil) == SQLITE_OK, let statement else {
            throw error("prepare “\(sql)”")
        }
        return SQLiteStatement(statement, self)
    }

    /// The integer result of a query; 0 for NULL or no row.
    func integer(_ sql: String) throws(SpoolError) -> Int {
        let statement = try prepare(sql)
        return try statement.next() ? statement.integer(0) : 0
    }

    /// Runs `body` in a read transaction, so that everything it reads is consistent.
    func reading<Result>(_ body: () throws(SpoolError) -> Result) throws(SpoolError) -> Result {
        try execute("BEGIN")
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
            throw error
        }
    }

    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Number of rows changed by the last statement.
    var changes: Int { Int(sqlite3_changes(handle)) }

    /// Copies as much of the log into the database as possible without waiting.
    ///
    /// - Parameter truncating: whether to truncate the log file, if nobody is reading from it.
    /// - Returns: pages in the log, and how many of them are now in the database.
    func checkpoint(truncating: Bool = false) throws(SpoolError) -> (log: Int, copied: Int) {
        var log: Int32 = 0
        var copied: Int32 = 0
        let mode = truncating ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE
        let result = sqlite3_wal_checkpoint_v2(handle, nil, mode, &log, &copied)
        guard result == SQLITE_OK || (truncating && result == SQLITE_BUSY) else { throw error("checkpoint") }
        return (Int(log), Int(copied))
    }

    /// The last error of this connection.
    func error(_ doing: String) -> SpoolError {
        let result = sqlite3_extended_errcode(handle)
        let text = String(cString: sqlite3_errmsg(handle))
        let code: SpoolError.Code
        switch result & 0xff {
        case SQLITE_FULL: code = .full
        case SQLITE_CORRUPT, SQLITE_NOTADB: code = .corrupt
        case SQLITE_IOERR where SpoolError.roomErrors.contains(sqlite3_system_errno(handle)): code = .full
        default: code = .inputOutput
        }
        return SpoolError(code, "cannot \(doing) in \(path): \(text) (\(result))")
    }
}
