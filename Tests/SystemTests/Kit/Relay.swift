import Foundation
import Glibc
import TestKit

/// The relay of one scenario: a configuration and a spool in a directory of its own, and the process while it runs.
final class Relay {
    let directory: TemporaryDirectory
    let spoolPath: String
    let configPath: String
    private(set) var process: Program
    private(set) var port: UInt16 = 0

    /// Starts it and waits until it is ready.
    ///
    /// - Parameter descriptors: hard limit of its descriptors; nil for that of the tests.
    convenience init(
        _ config: RelayConfig, spoolPath: String? = nil, environment: [String: String] = [:], descriptors: Int? = nil
    ) throws {
        try self.init(starting: config, spoolPath: spoolPath, environment: environment, descriptors: descriptors)
        try waitUntilReady()
    }

    /// Starts it; it may end before it is ready.
    init(
        starting config: RelayConfig, spoolPath: String? = nil, environment: [String: String] = [:],
        descriptors: Int? = nil
    ) throws {
        directory = try TemporaryDirectory()
        self.spoolPath = spoolPath ?? directory.path + "/spool"
        configPath = directory.path + "/relay.conf"
        try Self.write(config.text(in: directory.path, spoolPath: self.spoolPath), to: configPath)
        process = try Self.serve(configPath, environment, descriptors: descriptors)
    }

    /// A running process could create files in its directory while that is removed.
    deinit {
        try? process.killNow()
    }

    /// Readable by its owner only, because it may contain users.
    private static func write(_ text: String, to path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    private static func serve(
        _ path: String, _ environment: [String: String], descriptors: Int? = nil
    ) throws -> Program {
        let arguments = ["serve", "--config", path]
        guard let descriptors else {
            return try Program(Posthorse.executable, arguments, environment: environment)
        }
        let limited = ["-c", "ulimit -n \(descriptors); exec \"$0\" \"$@\"", Posthorse.executable] + arguments
        return try Program("/bin/sh", limited, environment: environment)
    }

    func waitUntilReady(within limit: Duration = .seconds(30)) throws {
        port = try process.waitForErrors("line \"listening\"", within: limit) { lines in
            lines.first { Self.tells($0, "listening") }.flatMap(Self.port)
        }
        _ = try process.waitForErrors("line \"ready\"") {
            $0.contains { Self.tells($0, "ready") } ? true : nil
        }
    }

    /// Whether a log line, in either format, belongs to an event.
    private static func tells(_ line: String, _ event: String) -> Bool {
        line.contains("\"event\":\"\(event)\"") || line.split(separator: " ").contains { $0 == event }
    }

    static func port(_ line: String) -> UInt16? {
        guard let key = line.range(of: "127.0.0.1:") else { return nil }
        return UInt16(line[key.upperBound...].prefix { $0.isNumber })
    }

    /// Restarts it on the same spool, after its end.
    func restart(_ config: RelayConfig? = nil, environment: [String: String] = [:], isReady: Bool = true) throws {
        _ = try process.waitForExit()
        if let config {
            try Self.write(config.text(in: directory.path, spoolPath: spoolPath), to: configPath)
        }
        process = try Self.serve(configPath, environment)
        if isReady { try waitUntilReady() }
    }

    /// Stops it as a service manager would.
    @discardableResult
    func stop(within limit: Duration = .seconds(20)) throws -> Program.Exit {
        process.signal(SIGTERM)
        return try process.waitForExit(within: limit)
    }

    func connect() throws -> SMTPConnection {
        try SMTPConnection(port: port)
    }

    // MARK: - Log

    func count(_ event: String) -> Int {
        process.errors.current.events[event] ?? 0
    }

    func wait(for count: Int = 1, _ event: String, within limit: Duration = .seconds(60)) throws {
        let found = process.errors.wait(within: limit) { output -> Bool? in
            if output.events[event] ?? 0 >= count { return true }
            return output.hasEnded ? false : nil
        }
        guard found == true else {
            throw ScenarioError(
                "\(self.count(event)) of \(count) lines \"\(event)\" within \(limit)\n\(process.lastWords)")
        }
    }

    /// The lines of an event, decoded.
    func lines(_ event: String) -> [LogLine] {
        process.errors.current.lines.lazy.filter { $0.contains("\"event\":\"\(event)\"") }.compactMap(LogLine.init)
    }

    // MARK: - Commands

    func command(_ words: String...) throws -> Posthorse.Result {
        try command(words)
    }

    func command(_ words: [String], environment: [String: String] = [:]) throws -> Posthorse.Result {
        let program = try Program(Posthorse.executable, words + ["--config", configPath], environment: environment)
        let exit = try program.waitForExit()
        return Posthorse.Result(exit: exit, output: program.output.current.lines, errors: program.errors.current.lines)
    }

    /// Output of `queue list --json`, from the relay or, if it is not running, from its spool.
    func queue() throws -> [QueueLine] {
        let result = try command("queue", "list", "--json")
        guard result.exit == .code(0) else {
            throw ScenarioError("queue list: \(result.exit) \(result.errors.joined(separator: "\n"))")
        }
        return try result.output.map { try JSONDecoder().decode(QueueLine.self, from: Data($0.utf8)) }
    }
}

/// One log line.
struct LogLine: Decodable {
    var event: String
    var to: [String]?
    var id: String?
    var upstream: String?
    var reply: String?
    var error: String?
    var reason: String?
    var interrupted: Int?
    var messages: Int?
    var took_ms: Double?
    var delay_ms: Double?
    var by_ms: Double?
    var tls: String?
    var phase: String?
    var next: String?
    var new: String?
    var user: String?
    var client: String?
    var mechanism: String?
    var address: String?

    init?(_ text: String) {
        guard let line = try? JSONDecoder().decode(Self.self, from: Data(text.utf8)) else { return nil }
        self = line
    }
}

/// One line of `queue list --json`, by the documented names.
struct QueueLine: Decodable {
    struct Recipient: Decodable {
        var address: String
        var state: String
        var attempts: Int
        var next_attempt_at: String?
        var upstream: String?
        var last_reply: String?
    }

    var queue_id: String
    var message_id: String
    var received_at: String
    var size: Int
    var sender: String
    var priority: String
    var state: String
    var recipients: [Recipient]
}
