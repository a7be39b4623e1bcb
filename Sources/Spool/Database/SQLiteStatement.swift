internal import CSQLite

/// A prepared statement, kept as long as its connection. Parameters count from 1, columns from 0.
final class SQLiteStatement {
    private let handle: OpaquePointer
    private unowned let connection: SQLiteConnection

    init(_ handle: OpaquePointer, _ connection: SQLiteConnection) {
        self.handle = handle
        self.connection = connection
    }

    deinit {
        sqlite3_finalize(handle)
    }

    func bind(_ index: Int32, _ value: Int) {
        sqlite3_bind_int64(handle, index, Int64(value))
    }

    func bind(_ index: Int32, _ value: Int?) {
        if let value { bind(index, value) } else { sqlite3_bind_null(handle, index) }
    }

    /// Binds text by copying it.
    func bind(_ index: Int32, _ text: String) {
        var text = text
        text.withUTF8 {
            // An empty buffer may have no address, which SQLite would take for NULL.
            _ = posthorse_sqlite3_bind_text_transient(
                handle, index, $0.baseAddress.map { UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) } ?? empty,
                UInt64($0.count))
        }
    }

    func bind(_ index: Int32, _ text: String?) {
        if let text { bind(index, text) } else { sqlite3_bind_null(handle, index) }
    }

    /// Binds octets without copying: they must stay in place until the statement has been stepped.
    func bind(_ index: Int32, borrowed bytes: UnsafeRawBufferPointer) {
        _ = posthorse_sqlite3_bind_blob_static(handle, index, bytes.baseAddress ?? emptyBytes, UInt64(bytes.count))
    }

    /// Binds text without copying, like ``bind(_:borrowed:)``.
    func bind(_ index: Int32, borrowedText bytes: UnsafeRawBufferPointer) {
        _ = posthorse_sqlite3_bind_text_static(
            handle, index, (bytes.baseAddress ?? emptyBytes).assumingMemoryBound(to: CChar.self), UInt64(bytes.count))
    }

    /// Binds octets by copying them.
    func bind(_ index: Int32, copied bytes: [UInt8]) {
        bytes.withUnsafeBytes {
            _ = posthorse_sqlite3_bind_blob_transient(handle, index, $0.baseAddress ?? emptyBytes, UInt64($0.count))
        }
    }

    func bindNull(_ index: Int32) {
        sqlite3_bind_null(handle, index)
    }

    /// Runs a statement without results, and resets it.
    func run() throws(SpoolError) {
        let result = sqlite3_step(handle)
        if result == SQLITE_DONE || result == SQLITE_ROW {
            sqlite3_reset(handle)
            return
        }
        throw failed()
    }

    /// ``run()`` for contexts that cannot throw.
    func attempt() -> Result<Void, SpoolError> {
        do throws(SpoolError) {
            return .success(try run())
        } catch {
            return .failure(error)
        }
    }

    /// Clears all parameters, so that none refers to freed octets.
    func clear() {
        sqlite3_clear_bindings(handle)
    }

    /// Advances to the next row; after the last one resets the statement and returns false.
    func next() throws(SpoolError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE:
            sqlite3_reset(handle)
            return false
        default: throw failed()
        }
    }

    /// Resets the statement before its last row.
    func reset() {
        sqlite3_reset(handle)
    }

    private func failed() -> SpoolError {
        let error = connection.error("write or read")
        sqlite3_reset(handle)
        return error
    }

    func integer(_ column: Int32) -> Int {
        Int(sqlite3_column_int64(handle, column))
    }

    func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    func text(_ column: Int32) -> String {
        withBytes(column) { String(decoding: $0, as: UTF8.self) }
    }

    /// The octets of a column, valid until the statement goes on to its next row.
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer { withBytes(column) { $0 } }

    /// The octets of a column, valid within `body`.
    func withBytes<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let start = sqlite3_column_blob(handle, column)
        return body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }
}

// An address for empty values; never written to, never read.
private nonisolated(unsafe) let emptyBytes = UnsafeRawPointer(
    UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))
private nonisolated(unsafe) let empty = emptyBytes.assumingMemoryBound(to: CChar.self)
