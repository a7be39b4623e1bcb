import Mail
import Synchronization
import Testing
import Upstreams

@testable import Dialogue

@Suite("Traces and the sessions that they are about")
struct TraceHubTests {
    private static let pattern = RecipientPattern("ann@example.com")

    private func hub() -> TraceHub {
        TraceHub(now: { Timestamp(milliseconds: 0) }, instant: { MonotonicInstant(nanoseconds: 0) })
    }

    private func client(_ address: String) throws -> TraceParty {
        TraceParty(.client(try #require(IPAddress(address))), peer: "\(address):4000")
    }

    private let upstream = TraceParty(.upstream("primary"), peer: "192.0.2.1:25")

    private func say(_ feed: DialogueFeed?, _ text: String, isInTransaction: Bool = false) {
        Array(text.utf8).withUnsafeBytes { feed?.received(commands: $0, isInTransaction: isInTransaction) }
    }

    private func reply(_ feed: DialogueFeed?, _ text: String, _ transaction: Int? = nil) {
        Array(text.utf8).withUnsafeBytes { feed?.reply($0, transaction) }
    }

    private func texts(_ trace: Trace?) -> [String] { trace?.take().map(\.text) ?? [] }

    @Test("while none is on, a session finds nothing to do")
    func off() {
        var tap = DialogueTap(hub())
        #expect(!tap.isDue)
        let isTraced = tap.look {
            Issue.record("nobody is asked who it is")
            return upstream
        }
        #expect(!isTraced)
        #expect(tap.feed == nil)
    }

    @Test("a session is in the traces that are about it, from when it looks, until they end")
    func joins() throws {
        let hub = hub()
        var (one, other) = (DialogueTap(hub), DialogueTap(hub))
        let trace = try #require(hub.start(TraceOrder(.upstream("primary"))) { _ in })
        #expect(one.isDue)
        #expect(one.look({ upstream }) == true)
        #expect(other.look({ TraceParty(.upstream("secondary"), peer: "x") }) == false)
        #expect(one.feed != nil && other.feed == nil)
        one.feed?.note("hello")
        #expect(texts(trace) == ["hello"])
        hub.end(trace, .reader)
        #expect(one.isDue)
        #expect(one.look({ upstream }) == false)
        #expect(one.feed == nil && !one.isDue)
    }

    @Test("a second trace begins while the first goes on, and each gets what it is about")
    func several() throws {
        let hub = hub()
        var tap = DialogueTap(hub)
        let first = try #require(hub.start(TraceOrder(.upstream("primary"))) { _ in })
        _ = tap.look { upstream }
        tap.feed?.note("one")
        let second = try #require(hub.start(TraceOrder(.upstream("primary"), showsContent: true)) { _ in })
        #expect(tap.look({ upstream }) == false)
        Array("Subject: x\r\n".utf8).withUnsafeBytes { tap.feed?.content($0) }
        tap.feed?.endContent()
        #expect(texts(first) == ["one", "[12 octets of content]"])
        #expect(texts(second) == ["Subject: x"])
    }

    @Test(
        "clients are found by network",
        arguments: [
            ("192.0.2.0/24", "192.0.2.7", true), ("192.0.2.0/24", "192.0.3.7", false), ("192.0.2.7", "192.0.2.7", true),
            ("2001:db8::/32", "2001:db8::1", true), ("::/0", "192.0.2.7", false),
        ])
    func networks(network: String, address: String, isIn: Bool) throws {
        let filter = TraceFilter.client(try #require(IPNetwork(network)))
        let party = try client(address)
        #expect(filter.concerns(party) == isIn)
        #expect(!filter.concerns(upstream))
    }

    @Test("no more than four are on at a time, and the end of one makes room")
    func most() throws {
        let hub = hub()
        let traces = (0..<TraceHub.most).map { _ in hub.start(TraceOrder(.upstream("primary"))) { _ in } }
        #expect(traces.allSatisfy { $0 != nil })
        #expect(hub.start(TraceOrder(.upstream("primary"))) { _ in } == nil)
        hub.end(try #require(traces[0]), .reader)
        #expect(hub.start(TraceOrder(.upstream("primary"))) { _ in } != nil)
    }

    @Test("noise of many clients fills a bounded memory; beyond it less is shown, until they have gone")
    func noise() throws {
        let hub = hub()
        let party = try client("192.0.2.7")
        let network = try #require(IPNetwork("192.0.2.7"))
        let trace = try #require(hub.start(TraceOrder(.client(network))) { _ in })
        var taps = (0..<18).map { _ in DialogueTap(hub) }
        for index in taps.indices {
            _ = taps[index].look { party }
            for _ in 0..<16 { say(taps[index].feed, String(repeating: "!", count: 2000) + "\r\n") }
        }
        reply(taps[0].feed, "250 one\r\n")
        reply(taps[17].feed, "250 two\r\n")
        #expect(texts(trace).suffix(2) == ["250 one", "…"])
        taps = []
        var next = DialogueTap(hub)
        _ = next.look { party }
        say(next.feed, "more noise\r\n")
        reply(next.feed, "250 three\r\n")
        #expect(texts(trace).last == "250 three")
    }

    @Test("an end is told once, with what has come of it, and the reader's sequence ends")
    func end() async throws {
        let hub = hub()
        let ends = Mutex<[TraceSummary]>([])
        let trace = try #require(
            hub.start(TraceOrder(.upstream("primary"))) { end in ends.withLock { $0.append(end) } })
        var tap = DialogueTap(hub)
        _ = tap.look { upstream }
        tap.feed?.note("a")
        hub.stop()
        hub.end(trace, .reader)
        for await _ in trace.news {}
        #expect(ends.withLock { $0 } == [TraceSummary(end: .stop, lines: 1, dropped: 0, lasted: .zero)])
        #expect(texts(trace) == ["a"])
        #expect(!hub.isOn)
        #expect(hub.start(TraceOrder(.upstream("primary"))) { _ in } == nil)
    }

    @Test("one recipient's transactions are shown from MAIL to the reply to the dot, and nothing else of the session")
    func recipient() throws {
        let hub = hub()
        let pattern = try #require(Self.pattern)
        let trace = try #require(hub.start(TraceOrder(.recipient(pattern))) { _ in })
        var tap = DialogueTap(hub)
        let party = try client("192.0.2.7")
        _ = tap.look { party }
        let feed = tap.feed
        say(feed, "EHLO x\r\n")
        reply(feed, "250 x\r\n")
        for (recipient, answer) in [("bob", "one"), ("ann", "two"), ("carl", "three")] {
            say(feed, "MAIL FROM:<s@example.com>\r\n")
            reply(feed, "250 \(answer)\r\n")
            say(feed, "RCPT TO:<\(recipient)@example.com>\r\n", isInTransaction: true)
            reply(feed, "250 \(answer)\r\n")
            say(feed, "DATA\r\n", isInTransaction: true)
            Array("x\r\n".utf8).withUnsafeBytes { feed?.content($0) }
            feed?.endContent()
            reply(feed, "250 queued \(answer)\r\n")
        }
        say(feed, "QUIT\r\n")
        feed?.end("closed by the client")
        #expect(
            texts(trace) == [
                "MAIL FROM:<s@example.com>", "250 two", "RCPT TO:<ann@example.com>", "250 two", "DATA",
                "[3 octets of content]", "250 queued two",
            ])
    }

    @Test("a transaction that is open when the trace begins is shown if it has such a recipient")
    func joined() throws {
        let hub = hub()
        let pattern = try #require(Self.pattern)
        let trace = try #require(hub.start(TraceOrder(.recipient(pattern))) { _ in })
        let party = try client("192.0.2.7")
        for recipients in [["ann@example.com"], ["bob@example.com"]] {
            var tap = DialogueTap(hub)
            _ = tap.look { party }
            tap.feed?.joined(recipients: recipients)
            reply(tap.feed, "250 \(recipients[0])\r\n")
        }
        #expect(texts(trace) == ["250 ann@example.com"])
    }

    @Test("the transactions of an upstream are told apart, though the next one is pipelined behind the dot")
    func pipelined() throws {
        let hub = hub()
        let pattern = try #require(Self.pattern)
        let trace = try #require(hub.start(TraceOrder(.recipient(pattern))) { _ in })
        var tap = DialogueTap(hub)
        _ = tap.look { upstream }
        let feed = tap.feed
        feed?.began(1, recipients: ["ann@example.com"])
        feed?.began(2, recipients: ["bob@example.com"])
        Array(".\r\nMAIL FROM:<s@example.com>\r\n".utf8).withUnsafeBytes { feed?.sent(commands: $0, 2, contentOf: 1) }
        reply(feed, "250 taken\r\n", 1)
        reply(feed, "250 sender\r\n", 2)
        #expect(texts(trace) == [".", "250 taken"])
        feed?.note("the session")
        feed?.ended(1)
        feed?.end("closed")
        #expect(texts(trace) == ["the session"])
    }
}
