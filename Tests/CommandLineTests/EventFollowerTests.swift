import Admin
import Console
import NIOCore
import Testing

@testable import posthorse

@Suite("Following events")
struct EventFollowerTests {
    private static let gone = AdminClientError.noAnswer(place: "x")

    private static func event(_ name: String?, _ id: String, _ data: String = "") -> StreamedEvent {
        var event = StreamedEvent()
        (event.name, event.id, event.data) = (name, id, data)
        return event
    }

    @Test("A relay that was never reached, or refuses, is a failure")
    func fails() {
        var thread = EventThread()
        #expect(thread.ended(Self.gone) == .fail(Self.gone))
        #expect(thread.isBack(with: [Self.event(nil, "a-0")]) == false)
        let refused = AdminClientError.refused(status: 403, message: "no")
        #expect(thread.ended(refused) == .fail(refused))
    }

    @Test("A relay that was there is asked again, ever more slowly, and both ends of the gap are told of once")
    func comesBack() {
        var thread = EventThread()
        #expect(thread.isBack(with: [Self.event(nil, "a-7")]) == false)
        #expect(thread.lastID == "a-7")
        guard case .again(after: .seconds(1), note: .some) = thread.ended(nil) else {
            Issue.record("no first word")
            return
        }
        let errors: [AdminClientError] = [
            .notRunning(place: "x"), Self.gone, .failed("x"), .refused(status: 503, message: "full"),
        ]
        for (index, error) in errors.enumerated() {
            #expect(thread.ended(error) == .again(after: .seconds(index + 2), note: nil))
        }
        for _ in 0..<10 { _ = thread.ended(Self.gone) }
        #expect(thread.ended(Self.gone) == .again(after: .seconds(10), note: nil))
        #expect(thread.isBack(with: []) == false)
        #expect(thread.isBack(with: [Self.event(nil, "b-0"), Self.event("delivered", "b-3")]) == true)
        #expect(thread.lastID == "b-3")
        #expect(thread.isBack(with: [Self.event("delivered", "b-4")]) == false)
    }

    @Test("A reader that was dropped goes on at once")
    func dropped() {
        var thread = EventThread()
        _ = thread.isBack(with: [Self.event("delivered", "a-1"), Self.event("dropped", "a-1")])
        #expect(thread.ended(nil) == .again(after: .zero, note: nil))
        // Once: a relay that ends every answer at once is not asked without a pause.
        #expect(thread.ended(nil) != .again(after: .zero, note: nil))
    }

    @Test("An event is a line, coloured by its level, in which nothing can upset a terminal; or its data as they are")
    func lines() {
        let page = EventPage(isJSON: false, terminal: Terminal(width: 80, isColoured: true))
        #expect(page.line(Self.event(nil, "a-1")) == nil)
        #expect(page.line(Self.event("missed", "a-1", #"{"count":3,"reason":"gone"}"#)) == nil)
        #expect(page.line(Self.event("delivered", "a-1", "2026 info delivered id=1")) == "2026 info delivered id=1")
        #expect(
            page.line(Self.event("failed", "a-1", "2026 warning failed")) == "\u{1B}[33m2026 warning failed\u{1B}[0m")
        #expect(page.line(Self.event("x", "a-1", "2026 error x\u{200B}")) == "\u{1B}[31m2026 error x\\u{200b}\u{1B}[0m")
        let json = EventPage(isJSON: true, terminal: .plain)
        #expect(json.line(Self.event("delivered", "a-1", #"{"event":"delivered"}"#)) == #"{"event":"delivered"}"#)
    }

    @Test("Standard error says what is missing")
    func notes() {
        func note(_ name: String, _ data: String) -> String? { EventPage.note(Self.event(name, "a-1", data)) }
        #expect(note("missed", #"{"count":1,"reason":"gone"}"#)?.hasPrefix("1 older event cannot") == true)
        #expect(note("missed", #"{"count":null,"reason":"gone"}"#)?.hasPrefix("older events cannot") == true)
        #expect(note("missed", #"{"count":null,"reason":"restart"}"#)?.contains("before its last start") == true)
        #expect(note("dropped", #"{"reason":"behind","resume":"a-1"}"#)?.contains("too slowly") == true)
    }

    @Test("The stream is read the same, wherever it is cut", arguments: [1, 2, 3, 7, 1000])
    func parses(step: Int) {
        let text = "retry: 2000\nid: a-0\n\n: \nid: a-4\n\nid: a-5\nevent: delivered\ndata: {\"a\":\"b: c\"}\n\n"
        let octets = Array(text.utf8)
        var (parser, events) = (EventStreamParser(), [StreamedEvent]())
        for start in stride(from: 0, to: octets.count, by: step) {
            events += parser.events(in: ByteBuffer(bytes: octets[start..<min(start + step, octets.count)]))
        }
        #expect(
            events == [
                Self.event(nil, "a-0"), Self.event(nil, "a-4"), Self.event("delivered", "a-5", #"{"a":"b: c"}"#),
            ])
    }
}
