import Mail
import NIOCore
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

/// RFC 1870 section 6.
@Suite("Header fields of relay.conf at hand-over")
struct AddedHeaderTests {
    private let body = "Subject: t\r\n\r\nbody\r\n"
    private let sought = RoutingFacts(sought: ["x-tag", "x-pool"])

    private func fields(_ texts: String...) throws -> [AddedField] { try texts.map { try AddedField($0) } }

    private func stage(
        upstream: [AddedField], route: [AddedField] = [], provider: String = "none", upstreams: Int = 1
    ) -> DeliveryStage {
        DeliveryStage(upstreams: upstreams) { settings in
            for index in settings.upstreams.indices { settings.upstreams[index].provider = provider }
            settings.upstreams[0].headers = upstream
            var all = RouteSettings(name: "default")
            all.upstreams = settings.upstreams.map(\.name)
            all.headers = route
            settings.routes = [all]
        }
    }

    private func frozen(_ id: QueueID) -> String { "X-Posthorse-ID: \(id)\r\n\(body)" }

    @Test("go in front of the frozen content, the route's first, and the route's prevails", arguments: [true, false])
    func inFront(isStored: Bool) throws {
        let stage = stage(
            upstream: try fields("X-Tag: upstream", "X-Pool: upstream"), route: try fields("x-pool: route"))
        stage.spool.setStoresContent(isStored)
        let id = stage.accept(content: body, routing: sought)
        try stage.settle()
        #expect(stage.first.received.map(\.content) == ["x-pool: route\r\nX-Tag: upstream\r\n" + frozen(id)])
    }

    @Test("are never a second copy of one that the application has set")
    func ownField() throws {
        let stage = stage(upstream: try fields("X-Tag: upstream", "X-Pool: upstream"))
        var routing = sought
        routing.headers = ["x-tag": ""]
        let id = stage.accept(content: body, routing: routing)
        try stage.settle()
        #expect(stage.first.received.map(\.content) == ["X-Pool: upstream\r\n" + frozen(id)])
    }

    @Test("are left out of mail in which nobody has looked for them")
    func unknown() throws {
        let stage = stage(upstream: try fields("X-Tag: upstream", "X-Pool: upstream"))
        let id = stage.accept(content: body, routing: RoutingFacts(sought: ["x-pool"]))
        try stage.settle()
        #expect(stage.first.received.map(\.content) == ["X-Pool: upstream\r\n" + frozen(id)])
    }

    @Test("are those of the upstream that takes the message")
    func failover() throws {
        let stage = stage(upstream: try fields("X-Tag: first"), route: try fields("X-Pool: a"), upstreams: 2)
        stage.first.refuses = true
        let id = stage.accept(content: body, routing: sought)
        try stage.settle()
        #expect(stage.second.received.map(\.content) == ["X-Pool: a\r\n" + frozen(id)])
    }

    @Test("stand beside the provider's own, but for one of the same name")
    func identity() throws {
        let stage = stage(upstream: try fields("X-Tag: a"), provider: "resend")
        let id = stage.accept(content: body, routing: sought)
        try stage.settle()
        let mark = "Resend-Idempotency-Key: \(IdentityKey.make(id, recipients: ["a@x"]))\r\n"
        #expect(stage.first.received.map(\.content) == ["X-Tag: a\r\n" + mark + frozen(id)])
        let same = self.stage(upstream: try fields("Resend-Idempotency-Key: mine"), provider: "resend")
        let second = same.accept(content: body, routing: RoutingFacts(sought: ["resend-idempotency-key"]))
        try same.settle()
        #expect(same.first.received.map(\.content) == ["Resend-Idempotency-Key: mine\r\n" + frozen(second)])
    }

    @Test("are counted by SIZE, and a message that becomes too large goes elsewhere")
    func size() throws {
        let stage = stage(upstream: try fields("X-Tag: a"), upstreams: 2)
        stage.first.keywords = ["SIZE 1000"]
        stage.accept(content: body, size: 990, routing: sought)
        try stage.settle()
        #expect(stage.first.commands.contains("MAIL FROM:<s@x> SIZE=1000"))
        stage.accept(content: body, size: 991, routing: sought)
        try stage.settle()
        #expect(stage.first.received.count == 1 && stage.second.received.count == 1)
    }

    @Test("are counted by BDAT", arguments: [true, false])
    func chunk(isStored: Bool) throws {
        let stage = stage(upstream: try fields("X-Tag: a"))
        stage.spool.setStoresContent(isStored)
        stage.first.keywords = ["CHUNKING", "BINARYMIME"]
        let content = ".\u{0}end"
        let size = "X-Posthorse-ID: \(QueueID(rawValue: 1))\r\n\(content)".utf8.count
        stage.accept(content: ".\(content)", body: .binaryMIME, size: size, routing: sought)
        try stage.settle()
        #expect(stage.first.commands.contains("BDAT \(size + 10) LAST"))
    }

    @Test("are the new ones at once after a reload, in the same session")
    func reload() throws {
        let stage = stage(upstream: try fields("X-Tag: a"))
        stage.accept(content: body, routing: sought)
        try stage.settle()
        try stage.reload { $0.upstreams[0].headers = [] }
        let id = stage.accept(content: body, routing: sought)
        try stage.settle()
        #expect(stage.first.received.last?.content == frozen(id))
        #expect(stage.first.connects == 1)
    }

    @Test("are in the relay's own notices too, but for those that these have")
    func notices() throws {
        var message = SpooledMessage(
            id: QueueID(rawValue: 1), receivedAt: DeliveryStage.epoch, sender: .null, body: .sevenBit,
            priority: .normal, messageID: "<m@x>", origin: "test", size: 10, recipients: [])
        let fields = try fields("X-Tag: a", "Auto-Submitted: auto-generated")
        #expect(AddedHeader(message, route: [], upstream: fields).octets == 0)
        message.notice = .failure
        #expect(AddedHeader(message, route: [], upstream: fields).names == ["x-tag"])
    }
}
