import Dialogue
import Mail
import NIOCore
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Replies that concern no message hold none")
struct SettlingTests {
    /// One session at a time, whose server is to answer everything within minutes.
    private func stage(upstreams: Int = 1, traces: TraceHub = .unused) -> DeliveryStage {
        let stage = DeliveryStage(upstreams: upstreams, traces: traces) { settings in
            for index in settings.upstreams.indices {
                settings.upstreams[index].maxConnections = 1
                settings.upstreams[index].dataTimeout = .seconds(600)
                settings.upstreams[index].commandTimeout = .seconds(300)
            }
        }
        refuseNobody(stage)
        return stage
    }

    private func refuseNobody(_ stage: DeliveryStage) {
        stage.first.script = { at, argument in
            at == .rcpt && argument == "x@x" ? .reply("550 5.1.1 no such user") : nil
        }
    }

    /// Wants content for no recipient.
    ///
    /// - Parameter dot: what it does with the empty message.
    private func wantContentForNobody(
        _ stage: DeliveryStage, _ phase: ScriptedUpstream.Phase, _ reply: String, dot: ScriptedUpstream.Behaviour
    ) {
        stage.first.script = { at, _ in
            switch at {
            case phase: .reply(reply)
            case .data: .reply("354 go on")
            case .dot: dot
            default: nil
            }
        }
    }

    private static let refusals: [(ScriptedUpstream.Phase, String)] = [
        (.mail, "550 5.1.8 sender unknown"), (.mail, "451 4.3.0 later"), (.rcpt, "550 5.1.1 no such user"),
        (.rcpt, "450 4.2.1 later"),
    ]

    @Test(
        "a message that nobody wants has its result while the reply to the empty message is owed", arguments: refusals,
        [1, 2])
    func emptyMessage(refusal: (phase: ScriptedUpstream.Phase, reply: String), upstreams: Int) throws {
        let (silent, prompt) = (stage(upstreams: upstreams), stage(upstreams: upstreams))
        wantContentForNobody(silent, refusal.phase, refusal.reply, dot: .silence)
        wantContentForNobody(prompt, refusal.phase, refusal.reply, dot: .reply("250 2.0.0 nothing taken"))
        for stage in [silent, prompt] {
            stage.accept()
            try stage.settle()
        }
        #expect(silent.words == prompt.words && silent.words.first.map { $0 != "delivered first" } == true)
        #expect(silent.first.commands.last == "." && silent.first.contents == [] && silent.first.received == [])
        #expect(silent.dispatcher.statuses().map(\.lastError) == prompt.dispatcher.statuses().map(\.lastError))
    }

    @Test("success for the empty message is no delivery, and the session goes on behind it")
    func nothingTaken() throws {
        let stage = stage()
        let id = stage.accept(to: ["x@x"])
        refuseNobody(stage)
        let usual = stage.first.script
        stage.first.script = { at, argument in
            at == .data && stage.first.commands.suffix(2).first == "RCPT TO:<x@x>"
                ? .reply("354 go on") : usual(at, argument)
        }
        stage.accept()
        try stage.settle()
        #expect(stage.words == ["failed first", "delivered first"])
        #expect(stage.recipients(of: id).map(\.state) == [.failed])
        #expect(stage.first.received.map(\.recipients) == [["a@x"]] && stage.first.connects == 1)
        #expect(stage.first.commands.filter { $0 == "." || $0 == "RSET" } == [".", "RSET"])
    }

    @Test(
        "mail behind it waits for seconds, not minutes, then has a new session or the next upstream, and blames nobody",
        arguments: [1, 2])
    func behind(upstreams: Int) throws {
        let stage = stage(upstreams: upstreams)
        wantContentForNobody(stage, .rcpt, "550 5.1.1 no such user", dot: .silence)
        stage.accept(to: ["x@x"])
        stage.accept()
        try stage.settle()
        #expect(stage.words == ["failed first"])
        refuseNobody(stage)
        try stage.advance(.seconds(6))
        #expect(stage.words.filter { !$0.hasPrefix("deferred") }.count == 2)
        #expect(stage.words.last == (upstreams == 1 ? "delivered first" : "delivered second"))
        #expect(stage.dispatcher.statuses()[0].circuit == .closed)
    }

    @Test("so does mail behind a RSET without a reply")
    func reset() throws {
        let stage = stage()
        let usual = stage.first.script
        stage.first.script = { at, argument in at == .rset ? .silence : usual(at, argument) }
        stage.accept(to: ["x@x"])
        stage.accept()
        try stage.settle()
        #expect(stage.words == ["failed first"])
        try stage.advance(.seconds(6))
        #expect(stage.words == ["failed first", "delivered first"])
        #expect(stage.dispatcher.statuses()[0].circuit == .closed)
    }

    @Test("a connection that ends behind the last recipient's refusal has answered the message")
    func closesBehind() throws {
        let stage = stage(upstreams: 2)
        let usual = stage.first.script
        stage.first.script = { at, argument in at == .data ? .drop : usual(at, argument) }
        stage.accept(to: ["x@x"])
        try stage.settle()
        #expect(stage.words == ["failed first"])
        #expect(stage.second.connects == 0)
    }

    @Test("a relay that stops does not wait for them")
    func stops() throws {
        let stage = stage()
        wantContentForNobody(stage, .rcpt, "550 5.1.1 no such user", dot: .silence)
        stage.accept(to: ["x@x"])
        try stage.settle()
        nonisolated(unsafe) var hasStopped = false
        stage.dispatcher.stop(grace: .seconds(60)) { hasStopped = true }
        try stage.settle()
        #expect(hasStopped)
    }

    @Test("a trace of the recipient shows them")
    func traced() throws {
        let hub = TraceHub(now: { DeliveryStage.epoch }, instant: { MonotonicInstant(nanoseconds: 0) })
        let stage = stage(traces: hub)
        let pattern = try #require(RecipientPattern("x@x"))
        let trace = try #require(hub.start(TraceOrder(.recipient(pattern))) { _ in })
        wantContentForNobody(stage, .rcpt, "550 5.1.1 no such user", dot: .reply("250 2.0.0 nothing taken"))
        stage.accept(to: ["x@x"])
        try stage.settle()
        let said = trace.take().map(\.text)
        #expect(said.contains("550 5.1.1 no such user") && said.contains("."))
        #expect(said.contains("250 2.0.0 nothing taken"))
    }
}
