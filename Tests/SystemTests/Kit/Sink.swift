import Foundation
import Glibc
import TestKit

/// A test upstream of one scenario and its records, which outlive the process.
final class Sink {
    let directory: TemporaryDirectory
    private(set) var address: String
    private(set) var process: Program
    private let keepsContent: Bool

    /// Starts it on a loopback address that no other scenario uses, so that it can come back on the same port.
    convenience init(_ options: String..., keepsContent: Bool = false) throws {
        try self.init(options: options, keepsContent: keepsContent)
    }

    /// - Parameter port: nil for a free one.
    init(options: [String], port: UInt16? = nil, keepsContent: Bool = false) throws {
        directory = try TemporaryDirectory()
        self.keepsContent = keepsContent
        process = try Self.start(directory.path, "\(Loopback.next()):\(port ?? 0)", options, keepsContent)
        address = try Self.address(process)
    }

    /// A running process could create files in its directory while that is removed.
    deinit {
        try? process.killNow()
    }

    private static func start(
        _ path: String, _ address: String, _ options: [String], _ keepsContent: Bool
    ) throws -> Program {
        let store = keepsContent ? ["--store", path + "/store"] : []
        return try Program(
            Posthorse.executable,
            ["sink", "--listen", address, "--log", path + "/log", "--print", "--count"] + store + options)
    }

    private static func address(_ process: Program) throws -> String {
        try process.waitForOutput("address") { $0.hasPrefix("127.") ? $0 : nil }
    }

    var host: String { String(address.prefix { $0 != ":" }) }
    var port: UInt16 { UInt16(address.drop { $0 != ":" }.dropFirst()) ?? 0 }

    func upstream(_ name: String, _ lines: String...) -> RelayConfig.Upstream {
        upstream(name, lines: lines)
    }

    func upstream(_ name: String, lines: [String]) -> RelayConfig.Upstream {
        RelayConfig.Upstream(name: name, address: address, lines: lines)
    }

    /// Stops it; returns what it has seen.
    func end() throws -> SinkTotals {
        process.signal(SIGTERM)
        _ = try process.waitForExit()
        guard let line = process.output.current.lines.last, line.hasPrefix("{") else {
            throw ScenarioError("the sink has printed no totals\n\(process.lastWords)")
        }
        return try JSONDecoder().decode(SinkTotals.self, from: Data(line.utf8))
    }

    /// Restarts it at the same address; records continue.
    func restart(_ options: String...) throws {
        process = try Self.start(directory.path, address, options, keepsContent)
        _ = try Self.address(process)
    }

    func killNow() throws {
        try process.killNow()
    }

    /// Turns its faults on or off, and waits until it has done so.
    func toggleFaults() throws {
        let seen = process.errors.current.lines.count
        process.signal(SIGUSR2)
        _ = try process.waitForErrors("word of its faults", from: seen) { lines in
            lines.contains { $0.hasPrefix("posthorse sink: faults are ") } ? true : nil
        }
    }

    /// Waits until this process of the sink has accepted this many messages.
    func wait(for count: Int, within limit: Duration = .seconds(60)) throws {
        let found = process.output.wait(within: limit) { output -> Bool? in
            if output.lines.count > count { return true }
            return output.hasEnded ? false : nil
        }
        guard found == true else {
            throw ScenarioError("the sink has taken \(taken) of \(count) messages within \(limit)")
        }
    }

    /// Messages accepted by this process of the sink.
    var taken: Int { process.output.current.lines.count - 1 }

    /// Everything accepted here, by all processes.
    func books() throws -> [SinkLine] {
        guard let text = try? String(contentsOfFile: directory.path + "/log", encoding: .utf8) else { return [] }
        return try text.split(separator: "\n").map { try JSONDecoder().decode(SinkLine.self, from: Data($0.utf8)) }
    }

    func content(of line: SinkLine) throws -> Data {
        guard let file = line.file else { throw ScenarioError("the sink keeps no content") }
        return try Data(contentsOf: URL(fileURLWithPath: directory.path + "/store/" + file))
    }
}

/// One line of a sink's log.
struct SinkLine: Decodable {
    var queue_id: String?
    var message_id: String?
    var sender: String
    var recipients: [String]
    var size: Int
    var replied: Bool
    var file: String?
    var body: String
    var mail_parameters: String?
    var rcpt_parameters: [String]?
    var client: String?
    var user: String?
    var tls: String?
    var resumed: Bool?
}

/// What a sink prints at its end.
struct SinkTotals: Decodable {
    var messages: Int
    var faults: Int
    var bad_commands: Int
    var behind_starttls: Int
    var tls_sessions: Int
    var tls_resumed: Int
    var tls_failed: Int
    var logins: Int
    var logins_refused: Int
    var plaintext_mails: Int
}

/// Addresses of 127.0.0.0/8, each handed out once.
enum Loopback {
    private static let count = Watched(0)

    static func next() -> String {
        let number = count.change { count in
            count += 1
            return count
        }
        let process = Int(getpid())
        return "127.\(1 + process % 250).\(1 + number / 250).\(1 + number % 250)"
    }
}
