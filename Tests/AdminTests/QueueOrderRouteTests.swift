import Admin
import Delivery
import Glibc
import Mail
import NIOCore
import Spool
import TestKit
import Testing

@Suite("Orders about messages, through the admin interface")
struct QueueOrderRouteTests {
    private static func id(_ number: Int64) -> QueueID { QueueID(rawValue: number) }

    private static func lines(
        _ verb: QueueVerb, _ document: QueueOrderDocument, _ admin: RunningAdmin
    ) async throws -> [QueueOrderLine] {
        var lines: [QueueOrderLine] = []
        try await admin.client.forEachLine(posting: document, to: AdminPath.order(verb)) {
            let line = try AdminJSON.decode(QueueOrderLine.self, from: $0)
            #expect(QueueOrderLine.isDone($0) == (line.result == "done" && !line.told))
            lines.append(line)
        }
        return lines
    }

    private static func document(_ change: (inout QueueOrderDocument) -> Void) -> QueueOrderDocument {
        var document = QueueOrderDocument()
        change(&document)
        return document
    }

    @Test("Each message has its line, with the reason if it is not done")
    func byIDs() async throws {
        let upstreams = ControlledUpstreams("ses")
        try await RunningAdmin.with(controlled: upstreams) { (admin) async throws in
            let ids = [100, 404, 1, 2, 3, 4, 5, 6, 7].map(Self.id)
            let lines = try await Self.lines(.retry, Self.document { $0.ids = ids }, admin)
            let results = Dictionary(uniqueKeysWithValues: lines.map { ($0.queueID, $0.result) })
            #expect(lines.count == ids.count)
            #expect(
                ids.map { results[$0.description] } == [
                    "done", "missing", "unchanged", "busy", "unrecorded", "done", "stopping", "missing", "done",
                ])
            #expect(lines.allSatisfy { ($0.reason == nil) == ($0.result == "done") })
            #expect(lines.filter(\.told).map(\.queueID) == [Self.id(7).description])
            #expect(lines.first { $0.queueID == Self.id(6).description }?.reason == "delivered meanwhile")
        }
        // One wait is enough for all whose attempt runs.
        let orders = upstreams.queueOrders
        #expect(orders.map(\.wait) == [.zero, .seconds(10)])
        #expect(orders.last?.ids == [Self.id(2), Self.id(4)])
    }

    @Test("A filter selects the messages, page by page and up to its limit")
    func byFilter() async throws {
        let (spool, upstreams) = (FaultySpool(), ControlledUpstreams("ses"))
        for number in 1000..<5000 {
            let state: Recipient.State = number.isMultiple(of: 2) ? .held : .queued
            let recipient = Recipient(address: Address(unchecked: "r@b.example"), state: state)
            spool.insert(.example(Int64(number), recipients: [recipient]), content: ByteBuffer())
        }
        try await RunningAdmin.with(spool: spool, controlled: upstreams) { (admin) async throws in
            let held = Self.document {
                $0.filter = QueueFilter(); $0.filter?.state = "held"
            }
            #expect(try await Self.lines(.release, held, admin).count == 2000)
            let some = Self.document {
                $0.filter = QueueFilter(); $0.filter?.limit = 1500
            }
            #expect(try await Self.lines(.hold, some, admin).count == 1500)
            let none = Self.document {
                $0.filter = QueueFilter(); $0.filter?.domain = "c.example"
            }
            #expect(try await Self.lines(.drop, none, admin).isEmpty)
        }
        let ids = upstreams.queueOrders.filter { $0.order == .release }.flatMap(\.ids)
        #expect(ids == (500..<2500).map { Self.id(Int64($0 * 2)) })
    }

    @Test("Who gave an order and why is reported, for each message and for all of it")
    func report() async throws {
        let upstreams = ControlledUpstreams("ses")
        try await RunningAdmin.with(controlled: upstreams) { (admin) async throws in
            let order = Self.document {
                ($0.ids, $0.reason, $0.bounce) = ([Self.id(100), Self.id(1)], "not wanted", true)
            }
            _ = try await Self.lines(.drop, order, admin)
        }
        #expect(upstreams.queueOrders.map(\.order) == [.drop(notify: true)])
        let events = upstreams.events
        guard case .ordered(let ids, let report) = events.first, case .orderEnded(_, let done, let others) = events.last
        else { return #expect(Bool(false), "\(events)") }
        #expect(ids == [Self.id(100)] && done == 1 && others == 1)
        #expect(report.who == "uid:\(getuid())" && report.reason == "not wanted" && report.bounces)
    }

    @Test(
        "An order about one message has a suitable status",
        arguments: [(404, 404), (1, 409), (2, 503), (3, 503), (5, 503), (6, 404)])
    func one(number: Int, status: Int) async throws {
        try await RunningAdmin.with(controlled: ControlledUpstreams("ses")) { (admin) async throws in
            let line = try await admin.client.post(
                QueueOrderDocument(), to: AdminPath.order(.hold, Self.id(100).description), for: QueueOrderLine.self)
            #expect(line.result == "done")
            do {
                let path = AdminPath.order(.hold, Self.id(Int64(number)).description)
                _ = try await admin.client.post(QueueOrderDocument(), to: path, for: QueueOrderLine.self)
                Issue.record("it was done")
            } catch AdminClientError.refused(let code, let message) {
                #expect(code == status && !message.isEmpty)
            }
        }
    }

    @Test("An order that is incomplete or contradicts itself changes nothing")
    func refusals() async throws {
        let upstreams = ControlledUpstreams("ses")
        try await RunningAdmin.with(controlled: upstreams) { (admin) async throws in
            let cases: [(QueueVerb, QueueOrderDocument, Int)] = [
                (.retry, QueueOrderDocument(), 400), (.move, Self.document { $0.ids = [] }, 400),
                (.retry, Self.document { ($0.ids, $0.filter) = ([], QueueFilter()) }, 400),
                (.move, Self.document { ($0.ids, $0.to) = ([Self.id(100)], "nowhere") }, 404),
                (.hold, Self.document { ($0.ids, $0.to) = ([Self.id(100)], "ses") }, 400),
                (.hold, Self.document { ($0.ids, $0.bounce) = ([Self.id(100)], true) }, 400),
                (
                    .hold, Self.document { ($0.ids, $0.reason) = ([Self.id(100)], String(repeating: "x", count: 501)) },
                    400
                ),
            ]
            for (verb, document, status) in cases {
                do {
                    _ = try await Self.lines(verb, document, admin)
                    Issue.record("\(verb) \(document) was carried out")
                } catch AdminClientError.refused(let code, _) {
                    #expect(code == status, "\(verb) \(document)")
                }
            }
            let moved = Self.document { ($0.ids, $0.to) = ([Self.id(100)], "ses") }
            #expect(try await Self.lines(.move, moved, admin).map(\.result) == ["done"])
        }
        #expect(upstreams.queueOrders.map(\.order) == [.move(to: "ses")])
    }

    @Test(
        "A body that is not as described is refused with its reason",
        arguments: [
            "{", "[]", #"{"id":["0000000000001"]}"#, #"{"ids":["x"]}"#, #"{"filter":{"stat":"held"}}"#,
            #"{"filter":{"state":"lost"}}"#, #"{"filter":"held"}"#, #"{"wait_seconds":-1}"#, #"{"wait_seconds":601}"#,
            #"{"wait_seconds":1e300}"#, #"{"wait_seconds":-1e300}"#, #"{"wait_seconds":1e19}"#,
            #"{"filter":{"last_reply":"("}}"#, #"{"filter":{"limit":0}}"#,
        ])
    func bodies(text: String) {
        #expect(throws: AdminError.self) { try QueueOrderDocument(ByteBuffer(string: text)) }
    }

    @Test("A body survives the wire")
    func body() throws {
        let document = Self.document {
            var filter = QueueFilter()
            (filter.state, filter.limit, filter.olderThan) = ("held", 3, .seconds(5))
            $0.filter = filter
            ($0.reason, $0.to, $0.wait) = ("why", "ses", .milliseconds(1500))
        }
        let read = try QueueOrderDocument(ByteBuffer(bytes: try AdminJSON.data(document)))
        #expect(read.filter == document.filter && read.ids == nil)
        #expect(read.reason == "why" && read.to == "ses" && read.bounce == nil && read.wait == .milliseconds(1500))
        #expect(try QueueOrderDocument(ByteBuffer(string: #"{"filter":{"limit":7}}"#)).filter?.limit == 7)
    }
}
