import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import Sink

@Suite("A running sink")
struct SinkServerTests {
    @Test("accepts mail over a socket, records it before the reply, and stops after its last message")
    func journal() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("sink-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        var settings = SinkSettings()
        settings.storePath = directory.appendingPathComponent("store").path
        settings.logPath = directory.appendingPathComponent("log").path
        settings.exitAfter = 1
        settings.extensions = [.dsn]
        let sink = try await SinkServer.start(settings)
        async let replies = Self.talk(
            to: sink.port,
            "EHLO a\r\nMAIL FROM:<a@example.com> RET=HDRS  SIZE=5\r\nRCPT TO:<a@b>\r\n"
                + "RCPT TO:<\"b\"@example.net> NOTIFY=NEVER\r\nDATA\r\n"
                + "X-Posthorse-ID: 06A\r\nmessage-id: <1@x>\r\n\r\n..dot\r\n.\r\n")
        try await sink.waitForEnd()
        #expect(try await replies.hasSuffix("250 2.0.0 Taken as 1\r\n"))

        let log = try String(contentsOfFile: #require(settings.logPath), encoding: .utf8)
        let line = try JSONDecoder().decode(LogLine.self, from: Data(log.utf8))
        #expect(line.queue_id == "06A")
        #expect(line.message_id == "<1@x>")
        #expect(line.sender == "a@example.com")
        #expect(line.recipients == ["a@b", "\"b\"@example.net"])
        #expect(line.mail_parameters == "RET=HDRS  SIZE=5")
        #expect(line.rcpt_parameters == ["", "NOTIFY=NEVER"])
        #expect(line.body == "data")
        #expect(line.client == "127.0.0.1")
        #expect(line.user == nil && line.tls == nil && line.resumed == nil)
        #expect(line.replied)
        let file = directory.appendingPathComponent("store").appendingPathComponent(line.file)
        let content = try String(contentsOf: file, encoding: .utf8)
        #expect(content == "X-Posthorse-ID: 06A\r\nmessage-id: <1@x>\r\n\r\n.dot\r\n")
        #expect(line.size == content.utf8.count)
    }

    @Test("drops its sessions when stopped")
    func stopping() async throws {
        let sink = try await SinkServer.start(SinkSettings())
        async let replies = Self.talk(to: sink.port, "EHLO a\r\n") { sink.stop() }
        try await sink.waitForEnd()
        #expect(try await replies.hasPrefix("220 "))
    }

    @Test(
        "closes its socket and resets its sessions while down, and comes back on the same port",
        .timeLimit(.minutes(10)))
    func down() async throws {
        var settings = SinkSettings()
        settings.faults = [try SinkFault("connect down")]
        settings.faultsAreOn = false
        let sink = try await SinkServer.start(settings)
        let port = sink.port
        // The fault begins once there is a session; a reset ends it.
        await #expect(throws: (any Error).self) {
            _ = try await Self.talk(to: port, "EHLO a\r\n") { sink.turnFaults(on: true) }
        }
        await #expect(throws: (any Error).self) {
            while true { _ = try await Self.talk(to: port, "QUIT\r\n") }
        }
        sink.turnFaults(on: false)
        var replies: String?
        while replies == nil { replies = try? await Self.talk(to: port, "QUIT\r\n") }
        #expect(replies?.hasPrefix("220 ") == true)
        sink.stop()
        try await sink.waitForEnd()
    }

    @Test("says why a log cannot be written")
    func badLog() async throws {
        var settings = SinkSettings()
        settings.logPath = "/nonexistent/log"
        await #expect(throws: SinkError.self) { try await SinkServer.start(settings) }
    }

    @Test("says where it cannot listen")
    func addressInUse() async throws {
        let first = try await SinkServer.start(SinkSettings())
        var settings = SinkSettings()
        settings.port = first.port
        let error = await #expect(throws: SinkError.self) { try await SinkServer.start(settings) }
        #expect(error?.description.hasPrefix("cannot listen on 127.0.0.1:\(first.port): ") == true)
        first.stop()
        try await first.waitForEnd()
    }

    struct LogLine: Decodable {
        var queue_id: String
        var message_id: String
        var sender: String
        var recipients: [String]
        var size: Int
        var replied: Bool
        var file: String
        var body: String
        var mail_parameters: String?
        var rcpt_parameters: [String]?
        var client: String?
        var user: String?
        var tls: String?
        var resumed: Bool?
    }

    /// Sends everything at once and collects the response until the connection ends.
    ///
    /// - Parameter onReply: called when the first octets have arrived.
    private static func talk(
        to port: Int, _ text: String, onReply: @escaping @Sendable () -> Void = {}
    ) async throws -> String {
        let client = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await client.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            var replies = ""
            for try await buffer in inbound {
                if replies.isEmpty { onReply() }
                replies += String(buffer: buffer)
            }
            return replies
        }
    }
}
