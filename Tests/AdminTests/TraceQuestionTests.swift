import Dialogue
import Mail
import NIOCore
import Testing

@testable import Admin

@Suite("What a trace is asked for")
struct TraceQuestionTests {
    @Test("a question is the same when it has been sent")
    func roundTrip() throws {
        let network = try #require(IPNetwork("192.0.2.0/24"))
        let pattern = try #require(RecipientPattern("*@example.com"))
        let filters: [TraceFilter] = [.upstream("ses"), .client(network), .recipient(pattern)]
        for filter in filters {
            let question = TraceQuestion(TraceOrder(filter, showsContent: true, duration: .seconds(90)), reason: "why")
            #expect(try TraceQuestion(query: question.query) == question)
            let plain = TraceQuestion(TraceOrder(filter))
            #expect(try TraceQuestion(query: plain.query) == plain)
        }
    }

    @Test(
        "what is wrong is said",
        arguments: [
            ([], "give one of upstream, client and recipient"),
            ([("upstream", "a"), ("client", "::1")], "give one of"),
            ([("upstream", "a"), ("upstream", "b")], "twice"), ([("upstream", "")], "empty"),
            ([("client", "x")], "192.0.2.7"), ([("recipient", "a\u{1}")], "recipient must be"),
            ([("upstream", "a"), ("content", "yes")], "content must be"),
            ([("upstream", "a"), ("for", "0")], "more than 0"),
            ([("upstream", "a"), ("for", "25h")], "at most 24h"),
            ([("upstream", "a"), ("for", "soon")], "for must be"),
            ([("upstream", "a"), ("colour", "red")], "unknown parameter colour"),
        ] as [([(name: String, value: String)], String)])
    func wrong(query: [(name: String, value: String)], words: String) {
        #expect {
            try TraceQuestion(query: query)
        } throws: { error in
            (error as? AdminError)?.message.contains(words) == true
        }
    }

    @Test("events are read as they were written, however they are split", arguments: 1...40)
    func events(step: Int) throws {
        var wire = EventStream.heartbeat
        try EventStream.append("trace", ErrorDocument("a: b"), to: &wire)
        try EventStream.append("end", ErrorDocument(""), to: &wire)
        var parser = EventStreamParser()
        var read: [StreamedEvent] = []
        while let part = wire.readSlice(length: min(step, wire.readableBytes)), part.readableBytes > 0 {
            read += parser.events(in: part)
        }
        #expect(read.map(\.name) == [nil, "trace", "end"])
        #expect(read.map(\.data) == ["", #"{"error":"a: b"}"#, #"{"error":""}"#])
    }
}
