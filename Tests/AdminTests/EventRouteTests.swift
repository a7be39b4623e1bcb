import Access
import Foundation
import Mail
import NIOCore
import NIOPosix
import Synchronization
import TestKit
import Testing

@testable import Admin
@testable import Telemetry

@Suite("GET /v1/events")
struct EventRouteTests {
    /// A feed with a log that fills it.
    private struct Relay {
        let feed: EventFeed
        let log: EventLog

        init(records: Int = 1000) {
            feed = EventFeed(octets: 1 << 20, records: records)
            log = EventLog(output: NoOutput(), feed: feed)
        }

        func deliver(_ number: Int, to upstream: String = "ses") {
            log.log(.info, "delivered") { line in
                line.field("id", QueueID(rawValue: Int64(number)))
                line.field("upstream", upstream)
            }
        }
    }

    /// What a client gets until the answer ends, or it has seen enough.
    private static func read(
        _ client: AdminClient, _ path: String, after id: String? = nil,
        until isEnough: ([StreamedEvent]) -> Bool = { _ in false }
    ) async throws -> [StreamedEvent] {
        struct Enough: Error {}
        var all: [StreamedEvent] = []
        do {
            try await client.followEvents(at: path, after: id) { events in
                all += events
                if isEnough(all) { throw Enough() }
            }
        } catch is Enough {}
        return all
    }

    private static func ids(_ events: [StreamedEvent]) -> [String] {
        events.filter { $0.name != nil }.compactMap(\.id)
    }

    @Test("Without following: the events that there are, each with id, name and data, and the end")
    func ends() async throws {
        let relay = Relay()
        for number in 1...3 { relay.deliver(number) }
        try await RunningAdmin.with(events: relay.feed) { (admin) async throws in
            let events = try await Self.read(admin.client, "/v1/events?follow=false")
            let named = events.filter { $0.name != nil }
            #expect(named.map(\.name) == ["delivered", "delivered", "delivered"])
            #expect(named.map(\.id) == (1...3).map { "\(relay.feed.life)-\($0)" })
            let data = try JSONSerialization.jsonObject(with: Data(named[1].data.utf8)) as? [String: String]
            #expect(data?["event"] == "delivered" && data?["id"] == QueueID(rawValue: 2).description)
            #expect(data?["level"] == "info" && data?["upstream"] == "ses" && data?["time"] != nil)
            let text = try await Self.read(
                admin.client, "/v1/events?follow=false&format=text&queue_id=\(QueueID(rawValue: 2))")
            #expect(text.compactMap(\.name) == ["delivered"])
            #expect(text.last?.data.hasSuffix(" info delivered id=\(QueueID(rawValue: 2)) upstream=ses") == true)
        }
    }

    @Test("Following: what happens from now on, as it happens, by the conditions of the query")
    func follows() async throws {
        let relay = Relay()
        relay.deliver(1)
        try await RunningAdmin.with(events: relay.feed) { (admin) async throws in
            var last = 1
            let events = try await Self.read(admin.client, "/v1/events?upstream=ses") { events in
                // One for this reader and one for another each time that something has come.
                if last < 4 {
                    last += 1
                    relay.deliver(100 + last, to: "mg")
                    relay.deliver(last)
                }
                return events.count { $0.name != nil } == 3
            }
            let ids = events.filter { $0.name != nil }.map { event in
                String(event.data.split(separator: "\"id\":\"").last?.prefix(13) ?? "")
            }
            #expect(ids == (2...4).map { QueueID(rawValue: Int64($0)).description })
            #expect(
                try await Self.read(admin.client, "/v1/events?upstream=mg&follow=false").compactMap(\.name).count == 3)
        }
    }

    @Test("By Last-Event-ID a reader goes on where it was, and hears what is gone, and of another life")
    func resumes() async throws {
        let relay = Relay(records: 8)
        for number in 1...20 { relay.deliver(number) }
        try await RunningAdmin.with(events: relay.feed) { (admin) async throws in
            let life = "\(relay.feed.life)"
            func read(_ id: String) async throws -> [StreamedEvent] {
                try await Self.read(admin.client, "/v1/events?follow=false", after: id).filter { $0.name != nil }
            }
            let next = try await read("\(life)-17")
            #expect(next.map(\.id) == (18...20).map { "\(life)-\($0)" })
            #expect(try await read("\(life)-20").isEmpty)
            let gone = try await read("\(life)-5")
            #expect(gone.first?.name == "missed" && gone.first?.data == #"{"count":7,"reason":"gone"}"#)
            #expect(gone.first?.id == "\(life)-12" && gone.dropFirst().first?.id == "\(life)-13" && gone.count == 9)
            let other = try await read("1f-5")
            #expect(other.first?.name == "missed" && other.first?.data == #"{"count":null,"reason":"restart"}"#)
            #expect(other.count == 9)
        }
    }

    @Test("Over TCP: for role read, with the fields of a stream; other roles and wrong questions get a problem")
    func overTCP() async throws {
        let (tokens, relay) = (try AccessTests.Tokens(), Relay())
        relay.deliver(1)
        try await RunningAdmin.with(http: tokens.settings, events: relay.feed) { (admin) async throws in
            let path = "GET /v1/events?follow=false"
            let answer = try RawHTTP.ask(admin.http, path, token: tokens.read.text)
            #expect(answer.status == 200 && answer.fields["content-type"] == "text/event-stream")
            #expect(answer.fields["cache-control"] == "no-store" && answer.fields["x-accel-buffering"] == "no")
            #expect(answer.body.contains("id: \(relay.feed.life)-1\nevent: delivered\ndata: {\"time\":\""))
            #expect(try RawHTTP.ask(admin.http, path, token: tokens.operate.text).status == 200)
            #expect(try RawHTTP.ask(admin.http, path, token: tokens.send.text).status == 403)
            #expect(try RawHTTP.ask(admin.http, path).status == 401)
            for query in ["type=deliverd", "upstream=", "colour=red", "since=noon"] {
                let wrong = try RawHTTP.ask(admin.http, "\(path)&\(query)", token: tokens.read.text)
                #expect(wrong.status == 400 && wrong["error"] as? String != nil, "\(query)")
            }
            let id = try RawHTTP.ask(admin.http, path, token: tokens.read.text, fields: ["Last-Event-ID: x"])
            #expect(id.status == 400)
        }
    }

    @Test("More readers than there is room for are refused until one leaves")
    func crowd() async throws {
        let (tokens, relay) = (try AccessTests.Tokens(), Relay())
        try await RunningAdmin.with(http: tokens.settings, events: relay.feed, mostReaders: 2) { (admin) async throws in
            func ask() throws -> RawHTTP {
                let connection = try RawHTTP(admin.http)
                connection.send(RawHTTP.head("GET /v1/events", token: tokens.read.text))
                #expect(connection.waitFor("retry: "))
                return connection
            }
            let (first, second) = (try ask(), try ask())
            let refused = try RawHTTP.ask(admin.http, "GET /v1/events", token: tokens.read.text)
            #expect(refused.status == 503 && refused.fields["retry-after"] == "5")
            #expect(refused["error"] as? String == "too many readers of events at a time")
            first.close()
            // That it has left is known when there is something to send.
            var isIn = false
            while !isIn {
                relay.deliver(1)
                let answer = try RawHTTP.ask(admin.http, "GET /v1/events?follow=false", token: tokens.read.text)
                isIn = answer.status == 200
            }
            second.close()
        }
    }

    @Test("A reader that does not read is passed by the events, dropped, and told so when it reads again")
    func slow() async throws {
        let (tokens, relay) = (try AccessTests.Tokens(), Relay(records: 200))
        try await RunningAdmin.with(http: tokens.settings, events: relay.feed) { (admin) async throws in
            let connection = try RawHTTP(admin.http, receiving: 65_536)
            defer { connection.close() }
            connection.send(RawHTTP.head("GET /v1/events", token: tokens.read.text))
            #expect(connection.waitFor("retry: "))
            let metrics = "posthorse_api_event_readers_dropped_total{reason=\"behind\"} 1"
            var number = 0
            while try !RawHTTP.ask(admin.http, "GET /metrics", token: tokens.read.text).body.contains(metrics) {
                for _ in 0..<150 {
                    number += 1
                    relay.deliver(number, to: String(repeating: "x", count: 1000))
                }
            }
            // Readers who read are not disturbed.
            #expect(try RawHTTP.ask(admin.http, "GET /v1/events?follow=false", token: tokens.read.text).status == 200)
            let text = connection.until("\r\n0\r\n\r\n")
            let last = try #require(text.components(separatedBy: "\nevent: ").last)
            #expect(last.hasPrefix("dropped\ndata: {\"reason\":\"behind\",\"resume\":\"\(relay.feed.life)-"))
            let delivered = text.components(separatedBy: "\nevent: delivered").count - 1
            #expect(delivered < number)
            // The id to go on with is that of the last event that came.
            #expect(last.contains("\"resume\":\"\(relay.feed.life)-\(delivered)\""))
        }
    }

    @Test("When a token is taken away, answers to it end, and those to its sessions; the socket's go on")
    func revoked() async throws {
        let (tokens, relay) = (try AccessTests.Tokens(), Relay())
        try await RunningAdmin.with(http: tokens.settings, events: relay.feed) { (admin) async throws in
            let control = try #require(admin.control)
            let login = try RawHTTP.ask(admin.http, "POST /v1/session", token: tokens.read.text)
            let field = try #require(login.fields["set-cookie"])
            let cookie = String(field.prefix { $0 != ";" })
            let heads = [
                RawHTTP.head("GET /v1/events", token: tokens.read.text),
                RawHTTP.head("GET /v1/events", fields: ["Cookie: \(cookie)"]),
            ]
            let readers = try heads.map { head in
                let connection = try RawHTTP(admin.http)
                connection.send(head)
                #expect(connection.waitFor("retry: "))
                return connection
            }
            var settings = tokens.settings
            settings.tokens.remove(at: 0)
            control.replace(with: settings, hostname: "relay.example")
            for reader in readers {
                #expect(reader.waitFor("0\r\n\r\n"))
                reader.close()
            }
            relay.deliver(1)
            #expect(try await Self.read(admin.client, "/v1/events?follow=false").compactMap(\.name) == ["delivered"])
        }
    }

    @Test("When the relay ends, readers get what there is and the end, and those who do not read keep nobody waiting")
    func stops() async throws {
        let (tokens, relay) = (try AccessTests.Tokens(), Relay(records: 16_000))
        let (texts, text) = AsyncStream.makeStream(of: String.self)
        let connections = Mutex<[RawHTTP]>([])
        try await RunningAdmin.with(http: tokens.settings, events: relay.feed) { (admin) async throws in
            let (reader, sleeper) = (try RawHTTP(admin.http), try RawHTTP(admin.http, receiving: 65_536))
            for connection in [reader, sleeper] {
                connection.send(RawHTTP.head("GET /v1/events", token: tokens.read.text))
                #expect(connection.waitFor("retry: "))
            }
            for number in 0..<8000 { relay.deliver(number, to: String(repeating: "x", count: 60)) }
            relay.log.log(.notice, "stopping")
            connections.withLock { $0 = [reader, sleeper] }
            Thread.detachNewThread {
                text.yield(reader.rest())
                text.finish()
            }
        }
        for await text in texts {
            #expect(text.contains("\nevent: stopping\n") && text.hasSuffix("\r\n0\r\n\r\n"))
        }
        for connection in connections.withLock({ $0 }) { connection.close() }
    }
}

private struct NoOutput: LogOutput {
    func write(_ lines: UnsafeRawBufferPointer) {}
}
