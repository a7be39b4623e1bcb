import Admin
import Foundation
import Mail
import NIOCore
import Spool
import TestKit
import Testing

@Suite("The queue of a stopped relay")
struct StoppedRelayTests {
    static let id = QueueID(rawValue: 77)

    @Test("list, show, cat and stats read the spool, and an unknown message ends with 66")
    func reads() async throws {
        let directory = try TemporaryDirectory()
        _ = try directory.configuration()
        try await Self.fill(directory.path + "/spool")
        let list = try Program.run(["queue", "list", "--json"], in: directory.path)
        #expect(list.status == 0, "\(list.errors)")
        let message = try JSONDecoder().decode(MessageDocument.self, from: Data(list.output.utf8))
        #expect(message.queueID == Self.id.description)
        #expect(message.recipients.map(\.address) == ["r@b.example"])
        let table = try Program.run(["queue", "list"], in: directory.path)
        #expect(table.output.contains(Self.id.description) && table.output.contains("r@b.example"))
        let show = try Program.run(["queue", "show", Self.id.description], in: directory.path)
        #expect(show.output.contains("<r@b.example>") && show.output.contains("client.example"))
        let cat = try Program.run(["queue", "cat", Self.id.description], in: directory.path)
        #expect(cat.output == "Received: x\r\nSubject: y\r\n\r\n.dot\r\n")
        let stats = try Program.run(["queue", "stats", "--json"], in: directory.path)
        let figures = try JSONDecoder().decode(StatisticsDocument.self, from: Data(stats.output.utf8))
        #expect(figures.messages == 1 && figures.recipients == 1 && figures.byState["queued"] == 1)
        let unknown = try Program.run(["queue", "show", QueueID(rawValue: 78).description], in: directory.path)
        #expect(unknown.status == 66)
        #expect(unknown.errors.hasPrefix("posthorse: no message 000000000002E"))
    }

    @Test("does not say that a message is unknown if a part of the history cannot be read: 65")
    func damagedHistory() async throws {
        let directory = try TemporaryDirectory()
        _ = try directory.configuration()
        try await Self.fill(directory.path + "/spool")
        let history = directory.path + "/spool/history"
        try FileManager.default.createDirectory(atPath: history, withIntermediateDirectories: true)
        let run = history + "/000000000001-000000000002.run"
        try Data("no run".utf8).write(to: URL(fileURLWithPath: run))
        let unknown = try Program.run(["queue", "show", QueueID(rawValue: 78).description], in: directory.path)
        #expect(unknown.status == 65)
        #expect(unknown.errors.hasPrefix("posthorse: no message 000000000002E"))
        #expect(unknown.errors.contains(run))
        #expect(try Program.run(["queue", "show", Self.id.description], in: directory.path).status == 0)
    }

    @Test(
        "An audit log without its key, with something else for a key, or with a key alone is wrong: 65, and what is wrong",
        arguments: [
            ("x", nil, "audit.key is missing"),
            ("x", "no key", "audit.key is no key of an audit log"),
            (nil, "no key", "there is no audit log at"),
        ] as [(String?, String?, String)])
    func audit(log: String?, key: String?, words: String) throws {
        let directory = try TemporaryDirectory()
        _ = try directory.configuration()
        let spool = directory.path + "/spool"
        try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: true)
        for (name, text) in [("audit.log", log), ("audit.key", key)] {
            try text?.write(toFile: "\(spool)/\(name)", atomically: false, encoding: .utf8)
        }
        let result = try Program.run(["audit", "verify"], in: directory.path)
        #expect(result.status == 65 && result.output.isEmpty)
        #expect(result.errors.hasPrefix("posthorse: ") && result.errors.contains(words), "\(result.errors)")
        #expect(!result.errors.contains("not running"))
    }

    @Test("A moment that is none: what one looks like", arguments: [["audit", "list"], ["history", "search"]])
    func moments(words: [String]) throws {
        let directory = try TemporaryDirectory()
        let result = try Program.run(words + ["--since", "noon"], in: directory.path)
        #expect(result.status == 64)
        let line = result.errors.split(separator: "\n").first ?? ""
        #expect(line.contains("noon") && line.contains("a local date such as 2026-11-24"), "\(result.errors)")
    }

    @Test("Filters, --count and --by work on the spool too")
    func filters() async throws {
        let directory = try TemporaryDirectory()
        _ = try directory.configuration()
        try await Self.fill(directory.path + "/spool")
        func output(_ words: String...) throws -> String {
            try Program.run(["queue"] + words, in: directory.path).output
        }
        #expect(try output("list", "--count") == "1\n")
        #expect(try output("list", "--count", "--domain", "B.example") == "1\n")
        #expect(try output("list", "--count", "--domain", "example") == "0\n")
        #expect(try output("list", "--count", "--sender", "<>", "--state", "queued", "--older-than", "1s") == "1\n")
        #expect(try output("list", "--state", "held") == "No messages.\n")
        #expect(try output("list", Self.id.description, "--json").contains("\"queue_id\":\"\(Self.id)\""))
        #expect(try output("stats", "--by", "domain").contains("1         1    29"))
        #expect(
            try output("stats", "--by", "age").split(separator: "\n").map { $0.split(separator: " ").last } == [
                "DOMAIN", "all", "b.example",
            ])
        #expect(try output("stats", "--domain", "c.example", "--json").contains("\"messages\":0"))
        let missing = try Program.run(["queue", "list", Self.id.description, "0000000000001"], in: directory.path)
        #expect(missing.status == 66 && missing.errors.contains("no message 0000000000001"))
        #expect(missing.output.contains(Self.id.description))
    }

    @Test("A message is exported from the spool, into a new file that only its owner may read")
    func export() async throws {
        let directory = try TemporaryDirectory()
        _ = try directory.configuration()
        try await Self.fill(directory.path + "/spool")
        let target = directory.path + "/out"
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: false)
        func run(_ words: String...) throws -> Program {
            try Program.run(["queue"] + words, in: directory.path)
        }
        let file = "\(target)/\(Self.id).eml"
        #expect(try run("export", "--all", "--to", target).output == "\(file)\n")
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.hasPrefix("X-Envelope-Version: 1\r\n"))
        #expect(
            text.contains("X-Envelope-Sender: <>\r\n")
                && text.contains("X-Envelope-Recipient: queued <r@b.example>\r\n"))
        #expect(text.hasSuffix("Received: x\r\nSubject: y\r\n\r\n.dot\r\n"))
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        let again = try run("export", Self.id.description, "--to", target)
        #expect(again.status == 65 && again.errors.contains("is there already"))
        #expect(try run("export", "--state", "queued", "--format", "mbox", "--to", target).status == 0)
        let names = try FileManager.default.contentsOfDirectory(atPath: target).sorted()
        #expect(names == ["\(Self.id).eml", "queue.mbox"])
        let check = try run("import", "--dry-run", target)
        #expect(check.status == 0 && check.output.split(separator: "\n").count == 2, "\(check.errors)")
        #expect(check.output.contains("from <>, 1 recipient, 33 octets"))
        #expect(try run("import", target).status == 69)
        #expect(try run("export", "0000000000001", "--to", target).status == 66)
    }

    @Test("A reader that stops reading ends the program silently")
    func closedPipe() async throws {
        let directory = try TemporaryDirectory()
        _ = try directory.configuration()
        try await Self.fill(directory.path + "/spool")
        let (output, errors) = (Pipe(), Pipe())
        try output.fileHandleForReading.close()
        let child = try Child(
            [Program.path, "queue", "list"], directory: directory.path,
            output: output.fileHandleForWriting.fileDescriptor,
            errors: errors.fileHandleForWriting.fileDescriptor)
        try errors.fileHandleForWriting.close()
        let status = child.waitForExit()
        #expect(try errors.fileHandleForReading.readToEnd() ?? Data() == Data())
        #expect(status == 0)
    }

    /// Creates a spool with one message in it.
    private static func fill(_ path: String) async throws {
        var settings = SpoolSettings()
        settings.path = path
        settings.minFreeSpace = 0
        let spool = try SQLiteSpool.open(settings) { _ in }
        let (completions, continuation) = AsyncStream.makeStream(of: SpoolCompletion.self)
        let port = spool.openPort(arrivals: false) { batch in
            for completion in batch { continuation.yield(completion) }
        }
        let message = SpooledMessage(
            id: id, receivedAt: Timestamp(milliseconds: 1_795_255_200_123), sender: .null, body: .sevenBit,
            priority: .normal, messageID: "<m@a.example>", origin: "client.example [127.0.0.1]", size: 29,
            recipients: [Recipient(address: Address(unchecked: "r@b.example"))])
        let new = NewMessage(
            message: message, header: ByteBuffer(string: "Received: x\r\n"),
            content: .whole(ByteBuffer(string: "Subject: y\r\n\r\n..dot\r\n")))
        spool.submit([.accept(new, ticket: 1)], from: port)
        for await _ in completions { break }
        await spool.close()
    }
}
