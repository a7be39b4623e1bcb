import Foundation
import Glibc
import TestKit
import Testing

@Suite("The demo", .scenario)
struct DemoTests {
    @Test(
        "it prints its commands, shows deliveries, and leaves nothing behind after Ctrl-C",
        arguments: [SIGINT, SIGTERM])
    func demo(_ end: Int32) throws {
        let demo = try Program(Posthorse.executable, ["demo", "--port", "0"])
        let address = try demo.waitForOutput("address") { Self.word(after: "Posthorse takes mail at ", in: $0) }
        let directory = try demo.waitForOutput("directory") { Self.word(after: "Everything is in ", in: $0) }
            .trimmingCharacters(in: ["."])
        let primary = try demo.waitForOutput("kill") { Self.word(after: "kill ", in: $0) }
        let config = try demo.waitForOutput("queue list") { Self.word(after: "queue list --config ", in: $0) }
        let children = try Self.children(of: demo.pid)
        #expect(children.count == 4)
        try demo.waitForOutput("round trip", within: .seconds(60)) {
            $0.contains("Mail through primary arrives in the mailbox of ") ? () : nil
        }

        let client = try SMTPConnection(port: try #require(UInt16(address.split(separator: ":")[1])))
        try client.greet()
        #expect(try client.deliver(TestMail(tag: "demo")).hasPrefix("250 "))
        try demo.waitForOutput("delivery") { $0.contains("delivered ") && $0.contains("primary") ? () : nil }
        kill(try #require(pid_t(primary)), SIGTERM)
        try demo.waitForOutput("end of the primary") { $0.contains("The primary has stopped") ? () : nil }
        #expect(try client.deliver(TestMail(tag: "again")).hasPrefix("250 "))
        try demo.waitForOutput("delivery") { $0.contains("delivered ") && $0.contains("secondary") ? () : nil }
        // A probe for the primary may wait for it.
        let queue = try Posthorse.run("queue", "list", "--json", "--config", config).output
        #expect(queue.allSatisfy { $0.contains("probe@example.net") })

        let page = try demo.waitForOutput("page") { Self.word(after: "http://", in: $0) }
        let token = try demo.waitForOutput("token") { Self.word(after: "ph_", in: $0) }
        let first = try Tool.run("curl", "-s", "-i", "http://\(page)")
        #expect(first.hasPrefix("HTTP/1.1 200") && first.contains("<!doctype html>"))
        let health = try Tool.run(
            "curl", "-s", "-H", "Authorization: Bearer ph_\(token)", "http://\(page)v1/upstreams")
        #expect(health.contains("\"name\":\"secondary\""))

        let trip = try demo.waitForOutput("trip") { Self.word(after: "upstream trip ", in: $0) }
        #expect(try Posthorse.run("upstream", "trip", trip, "--for", "10s", "--config", config).exit == .code(0))

        demo.signal(end)
        #expect(try demo.waitForExit() == .code(0))
        for child in children { #expect(kill(child, 0) != 0 && errno == ESRCH) }
        #expect(!FileManager.default.fileExists(atPath: directory))
    }

    @Test("it leaves nothing behind when nobody reads its output any more", arguments: [SIGINT, SIGHUP, nil])
    func lostOutput(_ end: Int32?) throws {
        var ends: [Int32] = [-1, -1]
        // No child of a concurrent test may inherit it.
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
        let demo = try Program(Posthorse.executable, ["demo", "--port", "0"], standardOutput: ends[1])
        close(ends[1])
        let reader = FileHandle(fileDescriptor: ends[0])
        var text = ""
        while !text.contains("Ctrl-C ends the demo"), case let data = reader.availableData, !data.isEmpty {
            text += String(decoding: data, as: UTF8.self)
        }
        let lines = text.split(separator: "\n").map(String.init)
        let directory = try #require(lines.compactMap { Self.word(after: "Everything is in ", in: $0) }.first)
            .trimmingCharacters(in: ["."])
        let children = try Self.children(of: demo.pid)
        #expect(children.count == 4)
        try reader.close()

        if let end { demo.signal(end) }
        #expect(try demo.waitForExit() == .code(0))
        for child in children { #expect(kill(child, 0) != 0 && errno == ESRCH) }
        #expect(!FileManager.default.fileExists(atPath: directory))
    }

    @Test("its commands can be pasted in another directory, without posthorse in PATH")
    func pasted() throws {
        let demo = try Program(Posthorse.executable, ["demo", "--port", "0"])
        _ = try demo.waitForOutput("the end of the guide") { $0.contains("Ctrl-C ends the demo") ? () : nil }
        let commands = demo.output.current.lines.filter { $0.contains(" --config ") }.map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        #expect(commands.count == 5)
        for command in commands {
            let shell = try Program(
                "/bin/sh", ["-c", "cd / && exec \(command)"], environment: ["PATH": "/nonexistent"])
            #expect(try shell.waitForExit() == .code(0), "\(command)")
        }
        demo.signal(SIGINT)
        #expect(try demo.waitForExit() == .code(0))
    }

    private static func word(after text: String, in line: String) -> String? {
        guard let range = line.range(of: text) else { return nil }
        return String(line[range.upperBound...].prefix { $0 != " " })
    }

    private static func children(of pid: pid_t) throws -> [pid_t] {
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")
        return threads.flatMap { thread in
            let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(thread)/children", encoding: .utf8)) ?? ""
            return text.split(separator: " ").compactMap { pid_t($0) }
        }
    }
}
