import Audit
import Delivery
import Foundation
import Mail
import NIOCore
import Spool
import Synchronization
import TestKit
import Testing

@testable import Admin

@Suite("Streams, through the admin interface", .timeLimit(.minutes(1)))
struct StreamRouteTests {
    /// Streams that obey orders.
    private final class Streams: Sendable {
        let statuses = Mutex<[String: StreamStatus]>([:])
        private let most: Int

        init(_ statuses: [StreamStatus] = [], most: Int = .max) {
            self.most = most
            self.statuses.withLock { all in
                for status in statuses { all[status.name] = status }
            }
        }

        var desk: StreamDesk {
            StreamDesk(
                list: { self.statuses.withLock { $0.values.sorted { $0.name < $1.name } } },
                pause: { name, reason in
                    self.set(name, StreamPause(by: .operator, reason: reason, since: RunningAdmin.now))
                }, resume: { name, _ in self.set(name, nil) })
        }

        private func set(_ name: String, _ pause: StreamPause?) -> StreamStatus? {
            statuses.withLock { all in
                guard all[name] != nil || all.count < most else { return nil }
                let status = StreamStatus(name: name, since: RunningAdmin.now, pause: pause)
                all[name] = status
                return status
            }
        }
    }

    private func message(_ number: Int64, _ stream: String?, user: String? = nil) -> SpooledMessage {
        SpooledMessage(
            id: QueueID(rawValue: number), receivedAt: RunningAdmin.now, sender: .null, body: .sevenBit,
            priority: .normal, messageID: "<\(number)@x>", origin: "test", user: user,
            routing: RoutingFacts(stream: stream), size: 10,
            recipients: ["a", "b"].map { Recipient(address: Address(unchecked: "\($0)@x.example")) })
    }

    private func with(
        _ streams: Streams, _ messages: [SpooledMessage] = [],
        controlled: ControlledUpstreams = ControlledUpstreams(), audit log: AuditLog? = nil,
        _ body: (RunningAdmin) async throws -> Void
    ) async throws {
        let spool = FaultySpool()
        for message in messages { spool.insert(message, content: ByteBuffer(string: "x\r\n")) }
        try await RunningAdmin.with(
            spool: spool, controlled: controlled, streams: streams.desk, audit: log, body: body)
    }

    private func list(_ admin: RunningAdmin) async throws -> [StreamDocument] {
        var list: [StreamDocument] = []
        try await admin.client.forEachLine(at: AdminPath.streams) {
            list.append(try AdminJSON.decode(StreamDocument.self, from: $0))
        }
        return list
    }

    private func status(_ body: () async throws -> Void) async throws -> Int {
        do {
            try await body()
        } catch AdminClientError.refused(let status, _) {
            return status
        }
        return 200
    }

    @Test("The list has what is known and what waits, with progress")
    func list() async throws {
        let counts = StreamCounts(delivered: 90, failed: 10, hard: 9)
        let streams = Streams([
            StreamStatus(
                name: "news", since: RunningAdmin.now, counts: counts, recent: counts, perMinute: 7, canaryPercent: 25)
        ])
        try await with(streams, [message(1, "news"), message(2, "news"), message(3, nil, user: "shop")]) { admin in
            let list = try await list(admin)
            #expect(list.map(\.name) == ["news", "shop"])
            #expect(list.map(\.state) == ["canary", "active"])
            #expect(list[0].accepted == 104 && list[0].waiting == 4 && list[0].messages == 2)
            #expect(list[0].delivered == 90 && list[0].failed == 10 && list[0].hardFailed == 9)
            #expect(list[0].bounceRate == 0.09 && list[0].perMinute == 7 && list[0].canaryPercent == 25)
            #expect(list[0].byState == ["queued": 4] && list[1].accepted == 2 && list[1].since == nil)
        }
    }

    @Test("A stream is paused and resumed, also one whose name needs encoding, and both are in the audit log")
    func pause() async throws {
        let directory = try TestKit.TemporaryDirectory()
        let log = AuditLog(directory: directory.path, now: { RunningAdmin.now }) { _ in }
        let name = "spring/2026: 50 % off — été"
        let streams = Streams()
        try await with(streams, audit: log) { admin in
            let order = StreamOrderDocument(reason: "wrong list")
            let paused = try await admin.client.post(
                order, to: AdminPath.streamOrder(name, .pause), for: StreamDocument.self)
            #expect(paused.name == name && paused.state == "paused" && paused.reason == "wrong list")
            #expect(paused.pausedBy == "operator" && paused.pausedSince == RunningAdmin.now.rfc3339)
            let shown = try await admin.client.document(StreamDocument.self, at: AdminPath.stream(name))
            #expect(shown == paused)
            let resumed = try await admin.client.post(
                StreamOrderDocument(), to: AdminPath.streamOrder(name, .resume), for: StreamDocument.self)
            #expect(resumed.state == "active" && resumed.pausedBy == nil)
        }
        await log.close()
        let text = try String(contentsOfFile: "\(directory.path)/audit.log", encoding: .utf8)
        #expect(text.contains("stream pause") && text.contains("stream resume") && text.contains("wrong list"))
    }

    @Test("A rehearsal changes nothing, and what is not paused is not resumed")
    func rehearsal() async throws {
        let streams = Streams()
        try await with(streams, [message(1, "news")]) { admin in
            let rehearsal = StreamOrderDocument(dryRun: true)
            let shown = try await admin.client.post(
                rehearsal, to: AdminPath.streamOrder("news", .pause), for: StreamDocument.self)
            #expect(shown.state == "active" && shown.messages == 1)
            _ = try await admin.client.post(
                StreamOrderDocument(), to: AdminPath.streamOrder("news", .resume), for: StreamDocument.self)
            #expect(streams.statuses.withLock { $0.isEmpty })
        }
    }

    @Test("Unknown streams, names that are none, and more pauses than there is room for are refused")
    func refusals() async throws {
        try await with(Streams(most: 0)) { admin in
            let order = StreamOrderDocument()
            func post(_ path: String) async throws -> Int {
                try await status { _ = try await admin.client.post(order, to: path, for: StreamDocument.self) }
            }
            #expect(try await post(AdminPath.streamOrder("none", .resume)) == 404)
            #expect(try await post(AdminPath.streamOrder("none", .pause)) == 409)
            #expect(try await post(AdminPath.streamOrder("none", .cancel)) == 404)
            #expect(try await post(AdminPath.streamOrder("other", .pause)) == 404)
            #expect(try await post(AdminPath.streamOrder("other/none*", .pause)) == 404)
            #expect(try await post("/v1/streams/a%00b/pause") == 400)
            #expect(try await post("/v1/streams/a%zz/pause") == 400)
            let wrong = StreamOrderDocument(bounce: true)
            let refused = try await status {
                _ = try await admin.client.post(
                    wrong, to: AdminPath.streamOrder("none", .pause), for: StreamDocument.self)
            }
            #expect(refused == 400)
        }
    }

    @Test("Cancelling drops exactly what waits of this stream, by its exact name")
    func cancel() async throws {
        let controlled = ControlledUpstreams()
        var notice = message(15, "news")
        notice.notice = .failure
        let messages = [
            message(11, "news"), message(12, "News"), message(13, "new*"), message(14, nil, user: "news"), notice,
        ]
        try await with(Streams(), messages, controlled: controlled) { admin in
            let rehearsal = try await admin.client.post(
                StreamOrderDocument(dryRun: true), to: AdminPath.streamOrder("news", .cancel),
                for: StreamCancelDocument.self)
            #expect(rehearsal.messages == 2 && rehearsal.recipients == 4 && rehearsal.stream == "news")
            #expect(controlled.queueOrders.isEmpty)
            var results: [String] = []
            try await admin.client.forEachLine(
                posting: StreamOrderDocument(reason: "off", bounce: true),
                to: AdminPath.streamOrder("news", .cancel)
            ) { results.append(try AdminJSON.decode(QueueOrderLine.self, from: $0).result) }
            #expect(results == ["done", "done"])
            #expect(controlled.queueOrders.map(\.ids) == [[QueueID(rawValue: 11), QueueID(rawValue: 14)]])
            #expect(controlled.queueOrders.map(\.order) == [.drop(notify: true)])
        }
    }

    @Test("Many streams in the queue cost bounded room")
    func bounded() {
        var loads = StreamLoads(known: ["known"])
        let places = QueuePlaces.unknown
        do {
            let matcher = try QueueMatcher(QueueFilter(), places: places, now: RunningAdmin.now)
            for number in 1...Int64(StreamLoads.limit + 50) {
                MessageGlance.with(message(number, "s\(number)")) { loads.add($0, matcher) }
            }
            MessageGlance.with(message(9999, "known")) { loads.add($0, matcher) }
        } catch {
            Issue.record("\(error)")
        }
        #expect(loads.byName.count == StreamLoads.limit + 2)
        #expect(loads.byName["other"]?.messages == 50 && loads.byName["known"]?.waiting == 2)
    }

    @Test("A part of a path is decoded, and a broken one is refused")
    func decoding() {
        #expect(AdminPath.decoded("a%2Fb%20%C3%A9") == "a/b é")
        #expect(AdminPath.decoded("plain") == "plain")
        for broken in ["%", "%2", "%G0", "%FF"] { #expect(AdminPath.decoded(broken) == nil) }
    }
}
