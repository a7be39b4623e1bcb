import Foundation
import Mail
import Outbound
import Spool
import Synchronization
import Testing

@testable import Webhooks

@Suite("What webhooks are told")
struct WebhookBookTests {
    private func webhook(
        _ name: String, users: [String] = [], streams: [String] = [],
        events: [WebhookEvent] = WebhookEvent.allCases
    ) -> WebhookSettings {
        var webhook = WebhookSettings(name: name, url: WebURL(scheme: .https, host: "example.com"))
        webhook.users = users
        webhook.streams = streams
        webhook.events = events
        return webhook
    }

    private func book(_ webhooks: WebhookSettings...) -> WebhookBook {
        WebhookBook(webhooks) { recipient, message in
            (recipient.address.text.hasSuffix("net") ? "bulk" : "default", message.user ?? "news")
        }
    }

    private func document(_ octets: [UInt8]) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(octets)) as? [String: Any])
    }

    @Test("The body has type, timestamp and data, and every name of data")
    func payload() throws {
        let reply = "550 5.1.1 no such user"
        let cause = OutboxCause.sample(
            [.sample()], [.sample("b@example.net", .failed, reply: reply, failureClass: .invalidRecipient)],
            user: "shop")
        let drafts = book(webhook("app")).drafts(of: cause)
        #expect(drafts.map(\.webhook) == ["app"])
        let body = try document(drafts[0].payload)
        #expect(body["type"] as? String == "failed")
        #expect(body["timestamp"] as? String == cause.at.rfc3339)
        let data = try #require(body["data"] as? [String: Any])
        #expect(data["queue_id"] as? String == "\(cause.message.id)")
        #expect(data["message_id"] as? String == "<1@example.org>")
        #expect(data["sender"] as? String == "a@example.org" && data["recipient"] as? String == "b@example.net")
        #expect(data["upstream"] as? String == "ses" && data["reply"] as? String == reply)
        #expect(data["status"] as? String == "5.1.1" && data["class"] as? String == "invalid_recipient")
        #expect(data["attempts"] as? Int == 2 && data["user"] as? String == "shop")
        #expect(data["route"] as? String == "bulk" && data["next_attempt_at"] is NSNull)
        #expect(data["stream"] as? String == "shop")
        #expect(data.count == 13)
    }

    @Test("A webhook with streams hears of these, whoever handed them in")
    func streams() {
        let news = webhook("news", streams: ["other", "NEW*"])
        let book = book(webhook("all"), news, webhook("shop", streams: ["shop"]))
        let before = [Recipient.sample()]
        let after = [Recipient.sample("b@x", .delivered)]
        #expect(book.drafts(of: .sample(before, after)).map(\.webhook) == ["all", "news"])
        #expect(book.drafts(of: .sample(before, after, user: "shop")).map(\.webhook) == ["all", "shop"])
        book.replace(with: [webhook("shop", streams: ["s*p"])])
        #expect(book.drafts(of: .sample(before, after, user: "shop")).map(\.webhook) == ["shop"])
        #expect(book.drafts(of: .sample(before, after)).isEmpty)
    }

    @Test("What does not apply is null, and the time of the next attempt comes with deferred")
    func nulls() throws {
        let deferred = OutboxCause.sample([.sample()], [.sample("b@x", .deferred, due: 60_000)], cycles: 1, sender: nil)
        let drafts = book(webhook("app")).drafts(of: deferred)
        let data = try #require(try document(drafts[0].payload)["data"] as? [String: Any])
        #expect(data["sender"] as? String == "" && data["user"] is NSNull && data["reply"] is NSNull)
        #expect(data["status"] is NSNull && data["class"] is NSNull)
        #expect(data["next_attempt_at"] as? String == Timestamp(milliseconds: 60_000).rfc3339)
    }

    @Test(
        "Whatever a reply says, the body is one JSON object with that text (RFC 8259 section 7)",
        arguments: ["\"},{\"type\":\"delivered", "a\\b\u{0}\u{1F}\u{7F}\t\r\n", "üé漢😀\u{2028}", "</script>"])
    func hostile(text: String) throws {
        var json = JSONBuilder()
        json.begin()
        json.add("a", text)
        json.add("b", 1)
        json.end()
        let body = try document(json.octets)
        #expect(body["a"] as? String == text && body["b"] as? Int == 1 && body.count == 2)
        #expect(!json.octets.contains { $0 < 0x20 })
    }

    @Test("A webhook hears of the events it names")
    func chosenEvents() {
        let book = book(webhook("failures", events: [.failed]), webhook("all"))
        #expect(book.drafts(of: .sample([.sample()], [.sample("b@x", .delivered)])).map(\.webhook) == ["all"])
        #expect(book.drafts(of: .sample([.sample()], [.sample("b@x", .failed)])).map(\.webhook) == ["failures", "all"])
    }

    @Test("A webhook hears of the users it names, and one without users of all mail")
    func chosenUsers() {
        let book = book(webhook("shop", users: ["shop", "blog"]))
        #expect(book.asks(about: "shop") && book.asks(about: "blog"))
        #expect(!book.asks(about: "other") && !book.asks(about: nil))
        let after = [Recipient.sample("b@x", .delivered)]
        #expect(book.drafts(of: .sample([.sample()], after, user: "other")).isEmpty)
        #expect(book.drafts(of: .sample([.sample()], after, user: "blog")).count == 1)
        book.replace(with: [webhook("all")])
        #expect(book.asks(about: nil) && book.drafts(of: .sample([.sample()], after)).map(\.webhook) == ["all"])
    }

    @Test("An outcome is asked for if a webhook names an event that it may be; a reload changes that")
    func askedOutcomes() {
        func settlement(_ state: Recipient.State, _ failureClass: FailureClass? = nil) -> Settlement {
            let recipient = Recipient.sample("b@x", state, failureClass: failureClass)
            return Settlement(id: QueueID(rawValue: 1), recipients: [recipient], cycles: 1, attempt: nil)
        }
        let book = book(webhook("failures", events: [.failed]), webhook("lists", events: [.suppressed, .dropped]))
        #expect(book.asks(for: settlement(.failed)) && book.asks(for: settlement(.failed, .suppressed)))
        #expect(!book.asks(for: settlement(.delivered)) && !book.asks(for: settlement(.deferred)))
        #expect(!book.asks(for: settlement(.held)) && !book.asks(for: settlement(.inDoubt)))
        var dropped = settlement(.held)
        dropped.isDropped = true
        #expect(book.asks(for: dropped))
        book.replace(with: [webhook("taken", events: [.delivered])])
        #expect(book.asks(for: settlement(.delivered)) && !book.asks(for: dropped))
    }

    @Test("Without webhooks nothing is recorded; a reload changes that")
    func live() {
        let book = book()
        #expect(!book.isRecording && book.limits(of: "app") == nil)
        book.replace(with: [webhook("app")])
        #expect(book.isRecording)
        #expect(book.limits(of: "app") == OutboxLimits(events: 100_000, octets: 64 << 20))
        book.replace(with: [])
        #expect(!book.isRecording)
    }

    @Test("What the spool tells is passed on")
    func listening() {
        let book = book(webhook("app"))
        let heard = Mutex<[String]>([])
        book.committed(to: ["app"])
        book.listen(
            WebhookBook.Listener(
                committed: { names in heard.withLock { $0.append(contentsOf: names) } },
                discarded: { count, name in heard.withLock { $0.append("\(name) \(count)") } }))
        book.committed(to: ["app"])
        book.discarded(3, of: "app")
        #expect(heard.withLock { $0 } == ["app", "app 3"])
        book.holds(["old": OutboxSum(waiting: 2, dead: 1, octets: 9)])
        #expect(book.sums["old"]?.events == 3)
    }
}
