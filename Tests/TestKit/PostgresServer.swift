import Foundation
import Glibc
internal import Synchronization

/// A PostgreSQL of a test, in a temporary directory. It is stopped with the last reference to it.
///
/// Safety of `@unchecked Sendable`: what changes is used by one thread at a time, that of the test.
package final class PostgresServer: @unchecked Sendable {
    package struct Problem: Error, CustomStringConvertible {
        package let description: String
    }

    package enum Stop: Sendable {
        /// Connections are closed, transactions rolled back.
        case fast
        /// As after a crash: the next start recovers from the log.
        case immediate

        fileprivate var signal: Int32 { self == .fast ? SIGINT : SIGQUIT }
    }

    package static let user = "posthorse"

    private let place: TemporaryDirectory
    private let settings: [String]
    private var child: Child?
    private let output = Mutex(OutputState())
    /// TCP on 127.0.0.1; the Unix socket has this number too.
    package let port: Int

    private struct OutputState {
        var text = ""
        var hasEnded = false
    }

    /// Its directory for data.
    package var data: String { place.path + "/data" }
    /// The directory of its Unix socket.
    package var directory: String { place.path }

    /// Starts a server with an empty database `posthorse`, whose owner, also called `posthorse`, needs no password.
    ///
    /// - Parameters:
    ///   - tcp: listens on 127.0.0.1 too.
    ///   - fsync: writes as a server in production would.
    ///   - settings: lines such as `max_connections=10`.
    ///   - access: lines of pg_hba.conf; nil for everybody on this machine.
    package init(tcp: Bool = false, fsync: Bool = true, settings: [String] = [], access: [String]? = nil) throws {
        place = try TemporaryDirectory()
        port = tcp ? try Self.freePort() : 5432
        self.settings =
            [
                "listen_addresses=\(tcp ? "127.0.0.1" : "")", "port=\(port)", "unix_socket_directories=\(place.path)",
                "fsync=\(fsync ? "on" : "off")", "dynamic_shared_memory_type=mmap", "timezone=UTC",
                "log_timezone=UTC", "log_line_prefix=%p ",
            ] + settings
        try PostgresTemplate.copy(to: place.path + "/data")
        if let access {
            try (access.joined(separator: "\n") + "\n").write(
                toFile: data + "/pg_hba.conf", atomically: true, encoding: .utf8)
        }
        try start()
    }

    /// Starts a server that follows another one, and commits of that wait for it from now on.
    package init(standbyOf primary: PostgresServer) throws {
        place = try TemporaryDirectory()
        port = primary.port
        settings = [
            "listen_addresses=", "port=\(port)", "unix_socket_directories=\(place.path)",
            "dynamic_shared_memory_type=mmap", "timezone=UTC", "log_timezone=UTC", "log_line_prefix=%p ",
        ]
        _ = try PostgresPrograms.run(
            "pg_basebackup",
            [
                "-D", place.path + "/data", "-h", primary.directory, "-p", "\(primary.port)", "-U", Self.user,
                "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
            ])
        try start()
        try primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        try primary.execute("SELECT pg_reload_conf()")
        try primary.wait(for: "EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')")
    }

    deinit { stop(.immediate) }

    /// Makes a standby the primary.
    package func promote() throws { try execute("SELECT pg_promote()") }

    /// Waits until an SQL condition is true.
    package func wait(for condition: String) throws {
        try execute(
            """
            DO $$ BEGIN
                WHILE NOT (\(condition)) LOOP
                    PERFORM pg_sleep(0.01);
                    PERFORM pg_stat_clear_snapshot();
                END LOOP;
            END $$
            """)
    }

    /// A connection string for the Unix socket.
    package var conninfo: String { "host=\(place.path) port=\(port) user=\(Self.user) dbname=posthorse" }
    /// A connection string for TCP.
    package var tcpConninfo: String { "host=127.0.0.1 port=\(port) user=\(Self.user) dbname=posthorse" }

    /// What the server has written to its log.
    package var log: String { output.withLock(\.text) }

    /// The postmaster; nil while it is stopped.
    package var pid: pid_t? { child?.pid }

    package func start() throws {
        precondition(child == nil)
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Problem(description: "no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let program = try PostgresPrograms.path(of: "postgres")
        let command = [program, "-D", data] + settings.flatMap { ["-c", $0] }
        output.withLock { $0 = OutputState() }
        do {
            child = try Child(command, environment: PostgresPrograms.environment, output: ends[1], errors: ends[1])
        } catch {
            Glibc.close(ends[0])
            Glibc.close(ends[1])
            throw error
        }
        Glibc.close(ends[1])
        try waitUntilReady(reading: ends[0])
    }

    /// Waits until it has ended.
    package func stop(_ stop: Stop = .fast) {
        guard let child else { return }
        child.kill(stop.signal)
        child.waitForExit()
        self.child = nil
    }

    package func restart(_ stop: Stop = .fast) throws {
        self.stop(stop)
        try start()
    }

    /// Runs statements by psql, as a superuser.
    ///
    /// - Returns: rows a line each, columns separated by `|`.
    @discardableResult
    package func execute(_ sql: String, database: String = "posthorse") throws -> String {
        let target = "host=\(place.path) port=\(port) user=\(Self.user) dbname=\(database)"
        return try PostgresPrograms.run(
            "psql", ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", target, "-c", sql])
    }

    private func waitUntilReady(reading descriptor: Int32) throws {
        let ready = DispatchSemaphore(value: 0)
        Thread.detachNewThread { [weak self] in
            var buffer = [UInt8](repeating: 0, count: 4096)
            var isReady = false
            var text = ""
            while true {
                let count = Glibc.read(descriptor, &buffer, buffer.count)
                guard count > 0 else { break }
                text += String(decoding: buffer[..<count], as: UTF8.self)
                self?.output.withLock { $0.text = text }
                if !isReady, text.contains("database system is ready to accept") {
                    isReady = true
                    ready.signal()
                }
            }
            Glibc.close(descriptor)
            self?.output.withLock { $0.hasEnded = true }
            if !isReady { ready.signal() }
        }
        ready.wait()
        guard !output.withLock(\.hasEnded) || log.contains("ready to accept") else {
            let text = log
            stop(.immediate)
            throw Problem(description: "PostgreSQL does not start: \(text)")
        }
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { Glibc.close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
            }
        }
        guard result == 0 else { throw Problem(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
