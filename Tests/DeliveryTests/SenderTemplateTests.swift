import Mail
import Notices
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

/// RFC 5321 sections 4.5.3.1.1 and 4.5.5.
@Suite("The envelope sender of an upstream")
struct SenderTemplateTests {
    private func stage(_ sender: String = "bounce+{queue_id}@example.com") -> DeliveryStage {
        DeliveryStage {
            $0.upstreams[0].sender = SenderTemplate(sender)
            $0.notices.deliver = .mail
        }
    }

    @Test("carries the queue ID, the same at each attempt; other upstreams get the message's own")
    func carries() throws {
        let stage = stage()
        stage.first.script = { at, _ in at == .data ? .drop : nil }
        let id = stage.accept(from: "app@x")
        try stage.settle()
        #expect(stage.first.commands.contains("MAIL FROM:<bounce+\(id)@example.com>"))
        #expect(stage.second.commands.contains("MAIL FROM:<app@x>"))
    }

    @Test("leaves the null sender, and a refusal is told to the message's own sender")
    func notices() throws {
        let stage = stage()
        stage.first.script = { at, argument in
            at == .rcpt && argument == "no@x" ? .reply("550 5.1.1 unknown") : nil
        }
        stage.accept(to: ["no@x"], from: "app@x")
        try stage.settle()
        let notice = try #require(stage.first.received.first)
        #expect(notice.recipients == ["app@x"])
        #expect(stage.first.commands.contains("MAIL FROM:<>"))
    }

    @Test("is another one at once after a reload, in the same session")
    func reload() throws {
        let stage = stage()
        stage.accept()
        try stage.settle()
        try stage.reload { $0.upstreams[0].sender = SenderTemplate("fixed@example.com") }
        stage.accept()
        try stage.settle()
        #expect(stage.first.commands.contains("MAIL FROM:<fixed@example.com>"))
        #expect(stage.first.connects == 1)
    }

    @Test(
        "is an address in ASCII with at most one place for the queue ID",
        arguments: [
            ("a@example.com", "a@example.com"), ("{queue_id}@x", "{queue_id}@x"),
            ("a-{queue_id}-b@X", "a-{queue_id}-b@x"),
            ("a@exämple.com", "a@xn--exmple-cua.com"),
            (String(repeating: "a", count: 51) + "{queue_id}@x", String(repeating: "a", count: 51) + "{queue_id}@x"),
        ])
    func valid(given: String, text: String) throws {
        let template = try #require(SenderTemplate(given))
        let id = QueueID(rawValue: 7)
        #expect(template.text == text)
        #expect(template.address(for: id).text == text.replacing("{queue_id}", with: "\(id)"))
    }

    @Test(
        "is nothing else",
        arguments: [
            "", "@", "a", "@x", "a@", "<a@x>", "a@x\r\nRCPT TO:<b@x>", "a b@x", "a@{queue_id}.x",
            "{queue_id}{queue_id}@x",
            "{id}@x", "{queue_id@x", "jörg@x", String(repeating: "a", count: 52) + "{queue_id}@x",
            String(repeating: "a", count: 65) + "@x",
        ])
    func invalid(given: String) {
        #expect(SenderTemplate(given) == nil)
    }
}
