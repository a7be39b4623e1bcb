import Mail
import NIOCore
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

/// RFC 1870 section 6, RFC 3030 section 2, RFC 5321 section 4.5.2.
@Suite("Identity marks at hand-over")
struct IdentityHeaderTests {
    private let body = "Subject: t\r\n\r\nbody\r\n"

    private func stage(_ provider: String = "resend", upstreams: Int = 1) -> DeliveryStage {
        DeliveryStage(upstreams: upstreams) { settings in
            for index in settings.upstreams.indices {
                settings.upstreams[index].provider = provider
                settings.upstreams[index].inDoubtHold = .seconds(60)
            }
        }
    }

    private func mark(_ id: QueueID, _ recipients: [String] = ["a@x"]) -> String {
        "Resend-Idempotency-Key: \(IdentityKey.make(id, recipients: recipients))\r\n"
    }

    private func frozen(_ id: QueueID, _ content: String) -> String { "X-Posthorse-ID: \(id)\r\n\(content)" }

    @Test("the provider's own field precedes the frozen content", arguments: [true, false], [true, false])
    func inFront(isStored: Bool, pipelining: Bool) throws {
        let stage = stage()
        stage.spool.setStoresContent(isStored)
        stage.first.pipelining = pipelining
        let id = stage.accept(content: body)
        try stage.settle()
        #expect(stage.first.received.map(\.content) == [mark(id) + frozen(id, body)])
    }

    @Test("of large content too", arguments: [true, false])
    func large(isStored: Bool) throws {
        let stage = stage()
        stage.spool.setStoresContent(isStored)
        let content = "Subject: t\r\n\r\n" + String(repeating: "0123456789\r\n", count: 20_000)
        let id = stage.accept(content: content)
        try stage.settle()
        #expect(stage.first.received.map(\.content) == [mark(id) + frozen(id, content)])
    }

    @Test("an upstream of an unknown provider gets the frozen content only", arguments: ["none", "google"])
    func unknown(provider: String) throws {
        let stage = stage(provider)
        let id = stage.accept(content: body)
        try stage.settle()
        #expect(stage.first.received.map(\.content) == [frozen(id, body)])
    }

    @Test("every provider has its own fields", arguments: ["ses", "postmark", "mailgun", "sparkpost"])
    func everyField(provider: String) throws {
        let stage = stage(provider)
        let id = stage.accept(content: body)
        try stage.settle()
        let key = IdentityKey.make(id, recipients: ["a@x"])
        let fields = try #require(Provider.named(provider)).identityFields(queueID: "\(id)", key: key)
            .map { "\($0.name): \($0.value)\r\n" }.joined()
        #expect(stage.first.received.map(\.content) == [fields + frozen(id, body)])
    }

    @Test("SIZE includes it")
    func size() throws {
        let stage = stage()
        stage.first.keywords = ["SIZE 10000000"]
        let id = stage.accept(content: body, size: 1000)
        try stage.settle()
        let size = 1000 + mark(id).utf8.count
        #expect(stage.first.commands.contains("MAIL FROM:<s@x> SIZE=\(size)"))
    }

    @Test("a message that would become too large goes without")
    func tooLarge() throws {
        let stage = stage()
        stage.first.keywords = ["SIZE 1000"]
        let id = stage.accept(content: body, size: 990)
        try stage.settle()
        #expect(stage.first.commands.contains("MAIL FROM:<s@x> SIZE=990"))
        #expect(stage.first.received.map(\.content) == [frozen(id, body)])
    }

    @Test("BDAT includes it", arguments: [true, false])
    func chunk(isStored: Bool) throws {
        let stage = stage()
        stage.spool.setStoresContent(isStored)
        stage.first.keywords = ["CHUNKING", "BINARYMIME"]
        let size = frozen(QueueID(rawValue: 1), ".\u{0}end").utf8.count
        let id = stage.accept(content: "..\u{0}end", body: .binaryMIME, size: size)
        try stage.settle()
        #expect(stage.first.received.map(\.content) == [mark(id) + frozen(id, ".\u{0}end")])
        #expect(stage.first.commands.contains("BDAT \(size + mark(id).utf8.count) LAST"))
    }

    @Test("a retry after a doubt has the same bytes, without refused recipients", arguments: [true, false])
    func retry(pipelining: Bool) throws {
        let stage = stage()
        stage.first.pipelining = pipelining
        stage.first.script = { at, argument in
            if at == .dot { return .drop }
            return argument == "no@x" ? .reply("550 5.1.1 unknown") : nil
        }
        let id = stage.accept(to: ["a@x", "no@x", "b@x"], content: body)
        try stage.settle()
        #expect(stage.recipients(of: id).map(\.state) == [.inDoubt, .failed, .inDoubt])
        stage.first.script = { _, _ in nil }
        try stage.leap(.seconds(120))
        #expect(stage.first.received.map(\.content) == [mark(id, ["a@x", "b@x"]) + frozen(id, body)])
        #expect(stage.first.received.map(\.recipients) == [["a@x", "b@x"]])
    }

    @Test("separate parts of a message have different keys")
    func parts() throws {
        let stage = stage()
        stage.first.keywords = ["LIMITS RCPTMAX=2"]
        let id = stage.accept(to: ["a@x", "b@x", "c@x"], content: body)
        try stage.settle()
        #expect(
            stage.first.received.map(\.content)
                == [mark(id, ["a@x", "b@x"]) + frozen(id, body), mark(id, ["c@x"]) + frozen(id, body)])
    }

    @Test("fields set by the application are left alone")
    func ownField() throws {
        var message = SpooledMessage(
            id: QueueID(rawValue: 1), receivedAt: DeliveryStage.epoch, sender: .null, body: .sevenBit,
            priority: .normal,
            messageID: "<m@x>", origin: "test", size: 10, recipients: [])
        #expect(IdentityHeader(message, for: .resend, limit: nil) != nil)
        message = with(message, header: "resend-idempotency-key")
        #expect(IdentityHeader(message, for: .resend, limit: nil) == nil)
        message = with(message, header: "x-pm-metadata-posthorse-id")
        let header = try #require(IdentityHeader(message, for: .postmark, limit: nil))
        let text = String(buffer: header.wireForm(for: []))
        #expect(text == "X-PM-Metadata-posthorse-key: \(IdentityKey.placeholder(message.id))\r\n")
        #expect(header.octets == text.utf8.count)
    }

    private func with(_ message: SpooledMessage, header: String) -> SpooledMessage {
        SpooledMessage(
            id: message.id, receivedAt: message.receivedAt, sender: message.sender, body: message.body,
            priority: message.priority, messageID: message.messageID, origin: message.origin,
            routing: RoutingFacts(headers: [header: "app"]), size: message.size, recipients: [])
    }
}
