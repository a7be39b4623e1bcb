import Mail
import Testing

@testable import Admin
@testable import Telemetry

@Suite("Questions about events")
struct EventQuestionTests {
    private static let now = RunningAdmin.now

    private static func question(_ query: (String, String)..., id: String? = nil) throws -> EventQuestion {
        try EventQuestion(query: query.map { (name: $0.0, value: $0.1) }, lastEventID: id, now: now)
    }

    @Test("are read as they are written")
    func roundTrip() throws {
        var question = EventQuestion()
        #expect(question.query.isEmpty)
        (question.types, question.level) = (["delivered", "deferred"], .notice)
        (question.queueID, question.upstream) = (QueueID(rawValue: 7), "se*")
        (question.sender, question.recipient, question.since) = ("<>", "b@c", Self.now)
        (question.follows, question.format) = (false, .text)
        #expect(try EventQuestion(query: question.query, now: Self.now) == question)
    }

    @Test("A moment is a time, or how long ago")
    func moments() throws {
        #expect(
            try Self.question(("since", "2026-11-21T09:00:00Z")).since
                == Timestamp(dateTime: "2026-11-21T09:00:00Z".utf8))
        #expect(try Self.question(("since", "5m")).since == Self.now - .seconds(300))
        #expect(try Self.question(("since", "90")).since == Self.now - .seconds(90))
    }

    @Test(
        "with a name or a value that is none are refused, and say what there is",
        arguments: [
            ("type", "deliverd", "accepted"), ("type", "", "type is empty"), ("level", "debug", "info, notice"),
            ("level", "loud", "info, notice"), ("queue_id", "7", "queue ID"), ("upstream", "", "upstream is empty"),
            ("since", "noon", "15m"), ("since", "", "since is empty"), ("follow", "yes", "true or false"),
            ("format", "xml", "json or text"), ("colour", "red", "there are type, level"),
        ])
    func refused(name: String, value: String, words: String) {
        do throws(AdminError) {
            _ = try EventQuestion(query: [(name: name, value: value)], now: Self.now)
            Issue.record("\(name)=\(value)")
        } catch {
            #expect(error.code == .badRequest && error.message.contains(words), "\(error.message)")
        }
    }

    @Test("take a type more than once, and nothing else")
    func repeated() throws {
        #expect(try Self.question(("type", "failed"), ("type", "circuit")).types == ["failed", "circuit"])
        #expect(throws: AdminError.self) { try Self.question(("upstream", "a"), ("upstream", "b")) }
    }

    @Test("take the id of an event, and nothing else, for Last-Event-ID")
    func ids() throws {
        #expect(try Self.question(id: "1f-7").after == EventID("1f-7"))
        #expect(try Self.question(id: "").after == nil)
        #expect(throws: AdminError.self) { try Self.question(id: "x") }
    }

    // MARK: What matches

    /// The numbers of those that match, of six events.
    private static func matching(_ query: (String, String)...) throws -> [Int] {
        let (feed, id) = (EventFeed(), QueueID(rawValue: 7))
        let log = EventLog(output: NoOutput(), feed: feed)
        log.log(.info, "accepted") { line in
            line.field("id", id)
            line.field("from", ReversePath(address: Address(unchecked: "Shop@a.example")))
        }
        log.log(.info, "delivered") { line in
            line.field("id", id)
            line.field("to", ["x@b.example", "y@c.example"].map { Address(unchecked: $0) }[...])
            line.field("upstream", "SES-1")
        }
        log.log(.info, "accepted") { line in
            line.field("id", QueueID(rawValue: 8))
            line.field("from", ReversePath.null)
        }
        log.log(.warning, "circuit") { $0.field("upstream", "mg") }
        log.log(.info, "ordered") { $0.field("id", id.description) }
        log.log(.error, "log") { line in
            line.field("message", "upstream")
            line.field(named: "upstream", "mg")
        }
        log.close()
        let question = try EventQuestion(query: query.map { (name: $0.0, value: $0.1) }, now: now)
        let (matcher, numbers) = (EventMatcher(question), feed.numbers)
        var found: [Int] = []
        feed.slice(from: 1, upTo: numbers.upperBound)?.forEach { if matcher.matches($1) { found.append($0) } }
        return found
    }

    @Test("match by name, level and fields, all of which an event must have")
    func matches() throws {
        #expect(try Self.matching() == [1, 2, 3, 4, 5, 6])
        #expect(try Self.matching(("type", "accepted")) == [1, 3])
        #expect(try Self.matching(("type", "accepted"), ("type", "circuit")) == [1, 3, 4])
        #expect(try Self.matching(("level", "warning")) == [4, 6])
        #expect(try Self.matching(("queue_id", QueueID(rawValue: 7).description)) == [1, 2, 5])
        #expect(try Self.matching(("upstream", "ses*")) == [2])
        #expect(try Self.matching(("upstream", "mg")) == [4])
        #expect(try Self.matching(("upstream", "s")) == [])
        #expect(try Self.matching(("sender", "shop@")) == [1])
        #expect(try Self.matching(("sender", "<>")) == [3])
        #expect(try Self.matching(("recipient", "@C.")) == [2])
        #expect(try Self.matching(("recipient", "@b"), ("upstream", "mg")) == [])
        #expect(try Self.matching(("recipient", "@b"), ("upstream", "*"), ("level", "info")) == [2])
    }
}

private struct NoOutput: LogOutput {
    func write(_ lines: UnsafeRawBufferPointer) {}
}
