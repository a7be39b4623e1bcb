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
        #expect(children.count == 3)

        let client = try SMTPConnection(port: try #require(UInt16(address.split(separator: ":")[1])))
        try client.greet()
        #expect(try client.deliver(TestMail(tag: "demo")).hasPrefix("250 "))
        try demo.waitForOutput("delivery") { $0.contains("delivered ") && $0.contains("primary") ? () : nil }
        kill(try #require(pid_t(primary)), SIGTERM)
        try demo.waitForOutput("end of the primary") { $0.contains("The primary has stopped") ? () : nil }
        #expect(try client.deliver(TestMail(tag: "again")).hasPrefix("250 "))
        try demo.waitForOutput("delivery") { $0.contains("delivered ") && $0.contains("secondary") ? () : nil }
        #expect(try Posthorse.run("queue", "list", "--config", config).output == ["No messages."])

        let trip = try demo.waitForOutput("trip") { Self.word(after: "upstream trip ", in: $0) }
        #expect(try Posthorse.run("upstream", "trip", trip, "--for", "10s", "--config", config).exit == .code(0))

        demo.signal(end)
        #expect(try demo.waitForExit() == .code(0))
        for child in children { #expect(kill(child, 0) != 0 && errno == ESRCH) }
        #expect(!FileManager.default.fileExists(atPath: directory))
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
