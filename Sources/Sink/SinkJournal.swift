#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Records each message before it is answered: in the log, in the store, and on standard output.
///
/// Each line is one `write` to a file opened for appending, so a killed sink has lost no message that it answered.
/// Nothing is synced: records survive the process, not the machine.
struct SinkJournal: Sendable {
    private let log: CInt?
    private let store: String?
    private let printsMessages: Bool

    /// - Throws: `SinkError` if the log cannot be opened or the store directory cannot be created.
    init(_ settings: SinkSettings) throws {
        store = settings.storePath
        printsMessages = settings.printsMessages
        if let path = settings.storePath, mkdir(path, 0o755) != 0, errno != EEXIST {
            throw SinkError.file(path: path, errno: errno)
        }
        log = try settings.logPath.map { try Self.open($0, O_WRONLY | O_CREAT | O_APPEND) }
    }

    /// Records one message.
    ///
    /// - Throws: `SinkError` if it could not be written; then the message must not be answered with 250.
    func record(_ message: SinkMessage, content: [UInt8]) throws {
        var message = message
        if let store {
            let name = "\(getpid())-\(message.number).eml"
            try Self.save(content, as: store + "/" + name)
            message.file = name
        }
        if let log { try Self.write(Array((message.json + "\n").utf8), to: log, path: "log") }
        if printsMessages { Self.show(message.text) }
    }

    func close() {
        if let log { _ = Self.closeFile(log) }
    }

    /// Writes a line to standard output at once; a vanished reader is not an error.
    static func show(_ line: String) {
        try? write(Array((line + "\n").utf8), to: STDOUT_FILENO, path: "standard output")
    }

    /// Writes a line to standard error.
    static func complain(_ line: String) {
        try? write(Array(("posthorse sink: " + line + "\n").utf8), to: STDERR_FILENO, path: "standard error")
    }

    /// Writes under a temporary name first, so that a file in the store is always complete.
    private static func save(_ content: [UInt8], as path: String) throws {
        let temporary = path + ".part"
        let file = try open(temporary, O_WRONLY | O_CREAT | O_TRUNC)
        defer { _ = closeFile(file) }
        try write(content, to: file, path: temporary)
        guard rename(temporary, path) == 0 else { throw SinkError.file(path: path, errno: errno) }
    }

    private static func open(_ path: String, _ flags: CInt) throws -> CInt {
        #if canImport(Glibc)
        let file = Glibc.open(path, flags | O_CLOEXEC, 0o644)
        #else
        let file = Darwin.open(path, flags | O_CLOEXEC, 0o644)
        #endif
        guard file >= 0 else { throw SinkError.file(path: path, errno: errno) }
        return file
    }

    private static func write(_ bytes: [UInt8], to file: CInt, path: String) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { bytes in
                #if canImport(Glibc)
                Glibc.write(file, bytes.baseAddress, bytes.count)
                #else
                Darwin.write(file, bytes.baseAddress, bytes.count)
                #endif
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw SinkError.file(path: path, errno: errno) }
            rest = rest.dropFirst(written)
        }
    }

    private static func closeFile(_ file: CInt) -> CInt {
        #if canImport(Glibc)
        Glibc.close(file)
        #else
        Darwin.close(file)
        #endif
    }
}
