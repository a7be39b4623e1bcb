import Admin
import Console
import NIOCore
import Testing

@testable import posthorse

@Suite("Webhooks on the command line")
struct WebhookCommandTests {
    private func webhook(receiver: String) throws -> WebhookDocument {
        try AdminJSON.decode(
            WebhookDocument.self,
            from: ByteBuffer(
                string: """
                    {"bytes":9,"dead":1,"events":[],"failures":0,"name":"crm","next_attempt_at":null,"reason":null,\
                    "receiver":\(receiver),"streams":[],"users":[],"waiting":281}
                    """))
    }

    private func result(_ lines: String) throws -> WebhookResultDocument {
        try AdminJSON.decode(
            WebhookResultDocument.self, from: ByteBuffer(string: #"{"events":1,"results":[\#(lines)]}"#))
    }

    @Test("A webhook that relay.conf no longer names is gone, and nothing is sent; another one works")
    func gone() throws {
        let table = WebhookTable(terminal: .plain, now: TableTests.now)
        let rows = table.rows(of: try webhook(receiver: "null"))
        #expect(rows.count == 2 && rows[0].contains(" gone ") && !rows[0].contains("works"))
        #expect(rows[1].hasPrefix("    nothing is sent: relay.conf no longer names it"))
        let working = table.rows(of: try webhook(receiver: "\"https://crm.example\""))
        #expect(working.count == 1 && working[0].contains(" works "))
    }

    @Test("Dropping all asks about dead events, and about all of a webhook that is gone")
    func question() throws {
        let here = try webhook(receiver: "\"https://crm.example\"")
        #expect(WebhookOrder.question(2, here) == "This would drop 2 dead events.")
        #expect(WebhookOrder.question(1, nil) == "This would drop 1 dead event.")
        let question = WebhookOrder.question(282, try webhook(receiver: "null"))
        #expect(question.hasPrefix("This would drop all events of crm, which relay.conf no longer names: "))
        #expect(question.hasSuffix(": 281 waiting events, 1 dead event."))
    }

    @Test("A list that is cut says of how many")
    func summary() {
        #expect(WebhookListCommand.summary(2, of: 281, "waiting") == "2 of 281 waiting events")
        #expect(WebhookListCommand.summary(1, of: 1, "dead") == "1 dead event")
        // Others were delivered between the two questions.
        #expect(WebhookListCommand.summary(3, of: 2, "waiting") == "3 waiting events")
        #expect(WebhookListCommand.summary(0, of: 0, "dead") == "No dead events.")
    }

    @Test("An event that stays as it is ends with 65, one that is not there with 66, and nothing else matters")
    func codes() throws {
        let done = #"{"number":1,"result":"done","reason":null}"#
        let unchanged = #"{"number":2,"result":"unchanged","reason":"on its way already"}"#
        let missing = #"{"number":3,"result":"missing","reason":"no such event"}"#
        for lines in ["", done] {
            let result = try result(lines)
            #expect(throws: Never.self) { try WebhookOrder.check(result) }
        }
        let some = try result("\(done),\(unchanged)")
        #expect(throws: Failure(.badInput, "")) { try WebhookOrder.check(some) }
        let all = try result("\(missing),\(unchanged),\(done)")
        #expect(throws: Failure(.noSuchMessage, "")) { try WebhookOrder.check(all) }
    }
}
