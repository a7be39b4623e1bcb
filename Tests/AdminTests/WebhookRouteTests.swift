import Admin
import Glibc
import Mail
import NIOCore
import Spool
import TestKit
import Testing
import Webhooks

@Suite("Webhooks, through the admin interface")
struct WebhookRouteTests {
    private func with(
        _ controlled: ControlledUpstreams = ControlledUpstreams(),
        _ body: (RunningAdmin, WebhookBench) async throws -> Void
    ) async throws {
        let bench = try WebhookBench()
        try await RunningAdmin.with(controlled: controlled, webhooks: bench.desk) { try await body($0, bench) }
        await bench.spool.close()
    }

    private func events(_ admin: RunningAdmin, state: String = "dead", limit: Int? = nil) async throws -> [Int] {
        var numbers: [Int] = []
        try await admin.client.forEachLine(at: AdminPath.webhookEvents("app", state: state, limit: limit)) {
            numbers.append(try AdminJSON.decode(WebhookEventDocument.self, from: $0).number)
        }
        return numbers
    }

    private func order(
        _ verb: WebhookVerb, _ admin: RunningAdmin, _ change: (inout WebhookOrderDocument) -> Void
    ) async throws -> Int {
        try await result(verb, admin, change).events
    }

    private func result(
        _ verb: WebhookVerb, _ admin: RunningAdmin, _ change: (inout WebhookOrderDocument) -> Void
    ) async throws -> WebhookResultDocument {
        var document = WebhookOrderDocument()
        document.reason = "mended"
        change(&document)
        return try await admin.client.post(
            document, to: AdminPath.webhookOrder("app", verb), for: WebhookResultDocument.self)
    }

    /// `1 done`, `2 missing` and so on.
    private func words(_ result: WebhookResultDocument) -> [String] {
        result.results.map { "\($0.number) \($0.result)" }
    }

    private func refusal(_ body: () async throws -> Void) async throws -> (Int, String) {
        do {
            try await body()
        } catch AdminClientError.refused(let status, let message) {
            return (status, message)
        }
        return (200, "")
    }

    @Test("A webhook is listed with every name, and without the path of its URL")
    func list() async throws {
        try await with { admin, bench in
            let number = try await bench.addEvent(to: "a@b.example")
            _ = try await bench.addEvent(to: "c@b.example")
            try await bench.bury(number)
            var text = ""
            try await admin.client.forEachPart(at: AdminPath.webhooks) { text += String(buffer: $0) }
            let bytes = bench.book.sums["app"]?.octets ?? 0
            #expect(
                text == """
                    {"bytes":\(bytes),"dead":1,"events":["delivered","deferred","failed","in_doubt","suppressed",\
                    "dropped"],"failures":0,"name":"app","next_attempt_at":null,"reason":null,\
                    "receiver":"https://app.example","streams":[],"users":[],"waiting":1}\n
                    """)
        }
    }

    @Test("Events are listed by their state, a page at a time")
    func events() async throws {
        try await with { admin, bench in
            var numbers: [Int] = []
            for index in 0..<5 { numbers.append(try await bench.addEvent(to: "r\(index)@b.example")) }
            for number in numbers.prefix(3) { try await bench.bury(number) }
            #expect(try await events(admin) == Array(numbers.prefix(3)))
            #expect(try await events(admin, limit: 2) == Array(numbers.prefix(2)))
            #expect(try await events(admin, state: "waiting") == Array(numbers.suffix(2)))
            var first: WebhookEventDocument?
            try await admin.client.forEachLine(at: AdminPath.webhookEvents("app", state: "dead", limit: 1)) {
                first = try AdminJSON.decode(WebhookEventDocument.self, from: $0)
            }
            let event = try #require(first)
            #expect(event.recipient == "r0@b.example" && event.type == "delivered" && event.state == "dead")
            #expect(event.attempts == 30 && event.reason == "status 500: no" && event.nextAttemptAt == nil)
            #expect(event.id == "\(event.queueID)-\(event.number)")
            #expect(event.recordedAt == RunningAdmin.now.rfc3339)
        }
    }

    @Test("Dead events are sent again: those named, or all; a rehearsal changes nothing")
    func resend() async throws {
        let controlled = ControlledUpstreams()
        try await with(controlled) { admin, bench in
            var numbers: [Int] = []
            for index in 0..<3 {
                numbers.append(try await bench.addEvent(to: "r\(index)@b.example"))
                try await bench.bury(numbers[index])
            }
            let unknown = numbers[2] + 100
            #expect(try await order(.resend, admin) { ($0.events, $0.dryRun) = ([numbers[0], unknown], true) } == 1)
            #expect(try await events(admin).count == 3)
            #expect(try await order(.resend, admin) { $0.events = [numbers[0], unknown] } == 1)
            #expect(try await events(admin) == Array(numbers.suffix(2)))
            #expect(try await order(.resend, admin) { ($0.all, $0.dryRun) = (true, true) } == 2)
            #expect(try await order(.resend, admin) { $0.all = true } == 2)
            #expect(try await events(admin, state: "waiting") == numbers)
        }
    }

    @Test("Events are dropped: those named, whatever their state, or every dead one")
    func drop() async throws {
        try await with { admin, bench in
            var numbers: [Int] = []
            for index in 0..<4 { numbers.append(try await bench.addEvent(to: "r\(index)@b.example")) }
            for number in numbers.prefix(2) { try await bench.bury(number) }
            #expect(try await order(.drop, admin) { ($0.events, $0.dryRun) = ([numbers[0], numbers[3]], true) } == 2)
            #expect(try await order(.drop, admin) { $0.events = [numbers[0], numbers[3]] } == 2)
            #expect(try await order(.drop, admin) { $0.all = true } == 1)
            #expect(try await events(admin).isEmpty)
            #expect(try await events(admin, state: "waiting") == [numbers[2]])
        }
    }

    @Test("Each event that was named has a result, in a rehearsal and after", arguments: [true, false])
    func results(isRehearsal: Bool) async throws {
        try await with { admin, bench in
            let dead = try await bench.addEvent(to: "a@b.example")
            let waiting = try await bench.addEvent(to: "c@b.example")
            try await bench.bury(dead)
            let unknown = waiting + 100
            let resent = try await result(.resend, admin) {
                ($0.events, $0.dryRun) = ([unknown, waiting, dead], isRehearsal)
            }
            #expect(words(resent) == ["\(dead) done", "\(waiting) unchanged", "\(unknown) missing"])
            #expect(resent.events == 1 && resent.results[0].reason == nil)
            #expect(resent.results[1].reason == "on its way already: it is not dead")
            #expect(resent.results[2].reason?.hasPrefix("app has no such event: ") == true)
            let dropped = try await result(.drop, admin) { ($0.events, $0.dryRun) = ([waiting, unknown], isRehearsal) }
            #expect(words(dropped) == ["\(waiting) done", "\(unknown) missing"] && dropped.events == 1)
            let all = try await result(.drop, admin) { ($0.all, $0.dryRun) = (true, isRehearsal) }
            #expect(all.results.isEmpty && all.events == (isRehearsal ? 1 : 0))
        }
    }

    @Test("Of a webhook that relay.conf no longer names every event can be dropped, and none is sent again")
    func gone() async throws {
        try await with { admin, bench in
            for index in 0..<3 { _ = try await bench.addEvent(to: "r\(index)@b.example") }
            let numbers = try await events(admin, state: "waiting")
            try await bench.bury(numbers[0])
            bench.book.replace(with: [])
            let resent = try await refusal { _ = try await order(.resend, admin) { $0.all = true } }
            #expect(resent.0 == 409 && resent.1.contains("relay.conf no longer names webhook app: nothing is sent"))
            #expect(try await order(.drop, admin) { ($0.all, $0.dryRun) = (true, true) } == 3)
            #expect(try await order(.drop, admin) { $0.all = true } == 3)
            #expect(bench.book.sums.isEmpty)
            let again = try await refusal { _ = try await order(.drop, admin) { $0.all = true } }
            #expect(again == (404, "no webhook app in relay.conf; there is none"))
        }
    }

    @Test("What is wrong with an order or a question is said")
    func refusals() async throws {
        try await with { admin, _ in
            let both = try await refusal { _ = try await order(.drop, admin) { ($0.events, $0.all) = ([1], true) } }
            #expect(both == (400, "events and all exclude each other"))
            let none = try await refusal { _ = try await order(.drop, admin) { _ in } }
            #expect(none == (400, "the body must have events, or all"))
            let negative = try await refusal { _ = try await order(.drop, admin) { $0.events = [-1] } }
            #expect(negative == (400, "numbers of events are positive"))
            let state = try await refusal { _ = try await events(admin, state: "open") }
            #expect(state == (400, "state must be dead or waiting"))
            let name = try await refusal {
                try await admin.client.forEachLine(at: AdminPath.webhookEvents("x", state: "dead", limit: nil)) { _ in }
            }
            #expect(name == (404, "no webhook x in relay.conf; there are app"))
        }
    }
}
