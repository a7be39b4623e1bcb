import Foundation
import Glibc

/// A PostgreSQL server in a temporary directory, ended with the last reference to it. It belongs to an ordinary user: root
/// may not run one.
package final class PostgresServer: Sendable {
    package struct Problem: Error, CustomStringConvertible {
        package let description: String
    }

    /// How a server is stopped.
    package enum Stop: String, Sendable {
        /// Connections are ended, what was committed is written.
        case fast
        /// At once, as by a power cut that spares the disk.
        case immediate
    }

    private static let programs = "/usr/lib/postgresql/15/bin"

    package let directory: TemporaryDirectory
    /// TCP port on 127.0.0.1; 0 for none.
    package let port: Int

    /// Makes a cluster and starts it.
    ///
    /// - Parameters:
    ///   - port: to listen on at 127.0.0.1, besides the socket in its directory; 0 for none.
    ///   - settings: lines of postgresql.conf.
    package init(port: Int = 0, settings: [String] = []) throws {
        guard geteuid() != 0 else {
            throw Problem(description: "root may not run PostgreSQL: run the tests by Tests/run")
        }
        directory = try TemporaryDirectory()
        self.port = port
        try Self.run(
            [
                "\(Self.programs)/initdb", "--no-sync", "-A", "trust", "-U", "posthorse", "--locale=C.UTF-8", "-E",
                "UTF8",
                "-D", data,
            ])
        let fixed = [
            "listen_addresses = '\(port == 0 ? "" : "127.0.0.1")'", "port = \(port == 0 ? 5432 : port)",
            "unix_socket_directories = '\(directory.path)'", "logging_collector = off", "shared_buffers = '32MB'",
            "max_connections = 40",
        ]
        let lines = (fixed + settings).joined(separator: "\n") + "\n"
        try Self.append(lines, to: data + "/postgresql.conf")
        try start()
    }

    deinit { stop(.immediate) }

    package var data: String { directory.path + "/data" }

    private var log: String { directory.path + "/log" }

    /// A connection string for its socket.
    package var database: String {
        "host=\(directory.path) port=\(port == 0 ? 5432 : port) user=posthorse dbname=postgres"
    }

    package func start() throws {
        try Self.run(["\(Self.programs)/pg_ctl", "-D", data, "-l", log, "-w", "-t", "60", "start"])
    }

    package func stop(_ how: Stop = .fast) {
        try? Self.run(["\(Self.programs)/pg_ctl", "-D", data, "-m", how.rawValue, "-w", "-t", "60", "stop"])
    }

    /// Number of the server's first process.
    package var process: pid_t? {
        let text = try? String(contentsOfFile: data + "/postmaster.pid", encoding: .utf8)
        return text?.split(separator: "\n").first.flatMap { pid_t($0) }
    }

    /// Runs SQL; returns what it prints, without alignment.
    @discardableResult
    package func execute(_ sql: String) throws -> String {
        try Self.run(["\(Self.programs)/psql", database, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql])
    }

    private static func append(_ text: String, to path: String) throws {
        guard let file = FileHandle(forWritingAtPath: path) else {
            throw Problem(description: "cannot write \(path)")
        }
        defer { try? file.close() }
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
    }

    /// - Returns: what it has written to standard output.
    @discardableResult
    private static func run(_ command: [String]) throws -> String {
        let place = try TemporaryDirectory()
        let path = place.path + "/output"
        let output = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(output) }
        let child = try Child(command, output: output, errors: output)
        let code = child.waitForExit()
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        guard code == 0 else { throw Problem(description: "\(command.joined(separator: " ")): \(text)") }
        return text.trimmingCharacters(in: .newlines)
    }
}
