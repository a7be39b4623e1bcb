import Foundation
import Testing

@Suite("Few descriptors", .scenario)
struct DescriptorTests {
    @Test("clients that take all they can get leave enough for deliveries, the spool and the admin socket")
    func crowded() throws {
        let sink = try Sink()
        let relay = try Relay(RelayConfig(sink.upstream("sink", "max_connections = 8")), descriptors: 160)
        try relay.wait(for: 1, "descriptors_short")
        let first = try relay.connect()
        try first.greet()
        let crowd = try (0..<200).map { _ in try relay.connect() }
        try relay.wait(for: 1, "accepting_paused")
        let mails = TestMail.series("crowd", 30, sizes: [300, 60_000])
        for mail in mails { #expect(try first.deliver(mail).hasPrefix("250 ")) }
        try sink.wait(for: mails.count)
        #expect(try relay.queue().isEmpty)
        for event in ["circuit", "deferred", "failed", "connecting_paused", "spool_unwritable"] {
            #expect(relay.count(event) == 0, "\(event)")
        }
        for client in crowd { client.close() }
        try relay.wait(for: 1, "accepting_resumed")
        #expect(try relay.stop() == .code(0))
    }

    @Test("a limit that total_connections fits into is no reason for a warning")
    func enough() throws {
        let sink = try Sink()
        var config = RelayConfig(sink.upstream("sink", "max_connections = 8"))
        config.tables = ["[limits]", "total_connections = 100"]
        let relay = try Relay(config, descriptors: 256)
        let client = try relay.connect()
        try client.greet()
        #expect(try client.deliver(TestMail(tag: "enough")).hasPrefix("250 "))
        try sink.wait(for: 1)
        #expect(relay.count("descriptors_short") == 0)
        #expect(try relay.stop() == .code(0))
    }
}
