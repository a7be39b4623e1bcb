import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import Sink

@Suite("A sink that delivers", .timeLimit(.minutes(5)))
struct SinkDeliveryTests {
    private static let recipient = "probe@example.net"

    /// A sink with mailboxes.
    private static func mailboxes(_ faults: String..., passwordFile: String? = nil) async throws -> SinkServer {
        var settings = SinkSettings()
        settings.name = "mailbox"
        settings.destination = .mailboxes(host: "127.0.0.1", port: 0, passwordFile: passwordFile)
        settings.faults = try faults.map { try SinkFault($0) }
        return try await SinkServer.start(settings)
    }

    /// Another one that delivers there.
    private static func relay(to mailboxes: SinkServer, _ faults: String...) async throws -> SinkServer {
        var settings = SinkSettings()
        settings.name = "primary"
        settings.destination = .relay(host: "127.0.0.1", port: mailboxes.port)
        settings.faults = try faults.map { try SinkFault($0) }
        return try await SinkServer.start(settings)
    }

    private static func end(_ sinks: SinkServer...) async throws {
        for sink in sinks {
            sink.stop()
            try await sink.waitForEnd()
        }
    }

    /// Sends a message for each subject, in one session; all have their 250.
    private static func send(_ subjects: [String], to sink: SinkServer) async throws {
        let wire = subjects.map {
            "MAIL FROM:<s@example.org>\r\nRCPT TO:<\(recipient)>\r\nDATA\r\nSubject: \($0)\r\n\r\nx\r\n.\r\n"
        }
        let replies = try await SinkTalk.run(port: sink.port, "EHLO a\r\n" + wire.joined() + "QUIT\r\n") { _ in nil }
        #expect(replies.components(separatedBy: "Taken as").count == subjects.count + 1)
    }

    /// Waits until a folder has this many messages; returns their headers.
    private static func headers(_ count: Int, in folder: String = "INBOX", of sink: SinkServer) async throws -> String {
        let port = try #require(sink.mailboxAddress?.split(separator: ":").last.flatMap { Int($0) })
        var isDone = false
        return try await SinkTalk.run(
            port: port, "a LOGIN \(recipient) sesame\r\nb SELECT \(folder)\r\nc IDLE\r\n"
        ) { text in
            guard !isDone, text.contains("* \(count) EXISTS") else { return nil }
            isDone = true
            return "DONE\r\nd FETCH 1:* BODY.PEEK[HEADER]\r\ne LOGOUT\r\n"
        }
    }

    private static func subjects(_ headers: String) -> [String] {
        headers.split(separator: "\r\n").filter { $0.hasPrefix("Subject: ") }.map { String($0.dropFirst(9)) }
    }

    @Test("shows what it has taken by IMAP, with the way it came")
    func local() async throws {
        let sink = try await Self.mailboxes()
        try await Self.send(["one", "two"], to: sink)
        let headers = try await Self.headers(2, of: sink)
        #expect(Self.subjects(headers) == ["one", "two"])
        #expect(
            headers.contains(
                "Return-Path: <s@example.org>\r\nReceived: from [127.0.0.1]\r\n\tby mailbox with ESMTP id 1;"))
        try await Self.end(sink)
    }

    @Test("brings what it has taken to the sink that has the mailboxes, even if that comes later")
    func relayed() async throws {
        let mailbox = try await Self.mailboxes()
        let primary = try await Self.relay(to: mailbox)
        try await Self.send(["one", "two"], to: primary)
        let headers = try await Self.headers(2, of: mailbox)
        #expect(Self.subjects(headers) == ["one", "two"])
        #expect(headers.contains("by mailbox with ESMTP id 1;") && headers.contains("by primary with ESMTP id 1;"))
        // A session that is open and idle takes the next one.
        try await Self.send(["three"], to: primary)
        #expect(Self.subjects(try await Self.headers(3, of: mailbox)) == ["one", "two", "three"])
        try await Self.end(primary, mailbox)
    }

    @Test(
        "loses, doubles, holds back and misfiles mail on request, whoever has the mailboxes", arguments: [true, false])
    func faults(_ isRelayed: Bool) async throws {
        let plain = isRelayed ? try await Self.mailboxes() : nil
        let faults = ["delivery discard limit=1", "delivery twice limit=1", "delivery junk limit=1"]
        let sink =
            if let plain {
                try await Self.relay(to: plain, faults[0], faults[1], faults[2])
            } else {
                try await Self.mailboxes(faults[0], faults[1], faults[2])
            }
        let mailbox = plain ?? sink
        try await Self.send(["lost", "doubled", "junk", "well"], to: sink)
        #expect(Self.subjects(try await Self.headers(3, of: mailbox)) == ["doubled", "doubled", "well"])
        #expect(Self.subjects(try await Self.headers(1, in: "Junk", of: mailbox)) == ["junk"])
        #expect(sink.totals.faults == 3 && sink.totals.messages == 4)
        try await Self.end(sink)
        if let plain { try await Self.end(plain) }
    }

    @Test("delivers late what is held back, and the rest at once")
    func delay() async throws {
        let sink = try await Self.mailboxes("delivery delay=500ms limit=1")
        try await Self.send(["late", "well"], to: sink)
        #expect(Self.subjects(try await Self.headers(2, of: sink)) == ["well", "late"])
        try await Self.end(sink)
    }

    @Test("reads the password of its mailboxes anew for each login")
    func password() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("password-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let sink = try await Self.mailboxes(passwordFile: file.path)
        let port = try #require(sink.mailboxAddress?.split(separator: ":").last.flatMap { Int($0) })
        let login = "a LOGIN x sesame\r\nb LOGOUT\r\n"
        #expect(try await SinkTalk.run(port: port, login) { _ in nil }.contains("a NO "))
        try "sesame\n".write(to: file, atomically: true, encoding: .utf8)
        #expect(try await SinkTalk.run(port: port, login) { _ in nil }.contains("a OK "))
        try "other\n".write(to: file, atomically: true, encoding: .utf8)
        #expect(try await SinkTalk.run(port: port, login) { _ in nil }.contains("a NO "))
        try await Self.end(sink)
    }
}

/// A conversation over a socket.
enum SinkTalk {
    /// Sends everything at once and collects the answers until the connection ends.
    ///
    /// - Parameter more: what to send once this much has come; nil for nothing.
    static func run(
        port: Int, _ text: String, _ more: (String) -> String?
    ) async throws -> String {
        let client = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await client.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            var answers = ""
            for try await buffer in inbound {
                answers += String(buffer: buffer)
                if let more = more(answers) { try await outbound.write(ByteBuffer(string: more)) }
            }
            return answers
        }
    }
}
