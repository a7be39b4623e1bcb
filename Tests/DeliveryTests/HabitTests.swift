import Mail
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Upstreams have habits, and no habit is a failure")
struct HabitTests {
    /// Two upstreams, of which the second must get nothing.
    private func stage(_ sessions: Int = 3) -> DeliveryStage {
        DeliveryStage { $0.upstreams[0].maxConnections = .fixed(sessions) }
    }

    private func deliver(_ count: Int, _ stage: DeliveryStage) throws {
        for _ in 0..<count { stage.accept() }
        try stage.settle()
    }

    /// Everything went through the first upstream, each message once, without a failure.
    private func check(_ stage: DeliveryStage, _ count: Int) {
        #expect(stage.first.received.count == count)
        #expect(stage.second.connects == 0)
        #expect(stage.words.allSatisfy { !$0.hasPrefix("circuit") && !$0.hasPrefix("slowed") && !$0.hasPrefix("in") })
        #expect(stage.dispatcher.statuses()[0].failedTotal == 0)
        #expect(stage.spool.messages.isEmpty)
    }

    // MARK: - Sessions that end

    @Test(
        "a server closes after a number of messages, with or without a word, and with or without PIPELINING",
        arguments: [1, 2, 7], [nil, "421 4.3.0 Enough", "421 4.7.0 Too many messages in this session"])
    func closes(after count: Int, reply: String?) throws {
        for pipelining in [true, false] {
            let stage = stage()
            stage.first.pipelining = pipelining
            stage.first.closing = .init(count: count, reply: reply)
            try deliver(40, stage)
            check(stage, 40)
            #expect(stage.words.contains("habit first messages_per_session \(count)"))
            #expect(stage.dispatcher.statuses()[0].messagesPerSession == count)
        }
    }

    @Test("once the habit is known, nothing is sent that has to be sent again")
    func learns() throws {
        let stage = stage(1)
        stage.first.closing = .init(count: 1, reply: nil)
        try deliver(20, stage)
        check(stage, 20)
        // Each message once, and once more those that followed the first two in their sessions.
        #expect(stage.first.commands.count { $0.hasPrefix("MAIL") } <= 22)
    }

    @Test("a habit that ends is forgotten")
    func forgets() throws {
        let stage = stage(1)
        stage.first.closing = .init(count: 1, reply: nil)
        try deliver(5, stage)
        stage.first.closing = nil
        try stage.leap(SessionLength.firstTest)
        try deliver(5, stage)
        check(stage, 10)
        #expect(stage.words.contains("habit first messages_per_session any"))
        #expect(stage.dispatcher.statuses()[0].messagesPerSession == nil)
    }

    @Test("an idle session that is closed teaches nothing")
    func idle() throws {
        let stage = stage(1)
        for _ in 0..<3 {
            stage.accept()
            try stage.advance(.seconds(2))
            for connection in stage.first.connections { connection.drop() }
            try stage.settle()
        }
        check(stage, 3)
        #expect(stage.dispatcher.statuses()[0].messagesPerSession == nil)
    }

    @Test("a server that closes before any work, or amid the recipients, has failed as before")
    func failures() throws {
        for behaviour in [ScriptedUpstream.Behaviour.drop, .replyAndDrop("421 4.3.0 Closing")] {
            let stage = stage()
            stage.accept()
            try stage.settle()
            stage.first.script = { phase, _ in phase == .rcpt ? behaviour : nil }
            stage.accept()
            try stage.settle()
            #expect(stage.second.received.count == 1)
            #expect(stage.dispatcher.statuses()[0].failedTotal == 1)
        }
    }

    // MARK: - Sessions that are used up

    @Test(
        "a session that is used up is replaced at once, and the reply is in the log",
        arguments: [
            "451 4.4.2 Timeout waiting for data from client", "451 4.7.0 Too many messages in this session, reconnect",
            "452 4.3.2 Session limit reached", "452 4.5.3 Too many recipients: Too many messages sent",
        ], [true, false])
    func usedUp(reply: String, closes: Bool) throws {
        for pipelining in [true, false] {
            let stage = stage(1)
            stage.first.pipelining = pipelining
            stage.first.perSession = .init(count: 3, reply: reply, closes: closes)
            try deliver(12, stage)
            check(stage, 12)
            let told = stage.events.all.compactMap { event in
                if case .deferred(_, _, _, "mail", let reply, "first", nil, _) = event { reply } else { nil }
            }
            #expect(told.first == reply)
            #expect(stage.dispatcher.statuses()[0].messagesPerSession == 3)
            // The third session ends before it is refused.
            #expect(told.count == 2)
            #expect(stage.first.connects == 4)
        }
    }

    @Test(
        "a 421 about the session, once it has taken mail, is learned as what it is, wherever it comes",
        arguments: [
            "421 4.7.0 Session limit exceeded", "421 4.7.0 Too many messages in this session",
            "421 4.4.2 Session timeout",
        ], [ScriptedUpstream.Phase.mail, .rcpt, .data])
    func closesOverTheSession(reply: String, phase: ScriptedUpstream.Phase) throws {
        for pipelining in [true, false] {
            let stage = stage(2)
            stage.first.pipelining = pipelining
            stage.first.perSession = .init(count: 3, phase: phase, reply: reply, closes: true)
            try deliver(40, stage)
            check(stage, 40)
            #expect(stage.words.filter { $0.hasPrefix("habit") } == ["habit first messages_per_session 3"])
            #expect(stage.dispatcher.statuses()[0].sessionsAllowed == nil)
            let told = stage.events.all.compactMap { if case .habit(_, _, let reply) = $0 { reply } else { nil } }
            #expect(told == [reply])
        }
    }

    @Test("a reply that no rule knows means the session, where a close follows it")
    func closesBehind() throws {
        let stage = stage(1)
        stage.first.perSession = .init(count: 2, reply: "451 4.3.0 Enough", closes: true)
        try deliver(6, stage)
        check(stage, 6)
    }

    @Test("one that takes nothing in a new session either has failed, and nothing goes in circles")
    func never() throws {
        let stage = stage(1)
        stage.accept()
        try stage.settle()
        stage.first.perSession = .init(count: 0, reply: "451 4.7.0 Too many messages in this session, reconnect")
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 1)
        #expect(stage.second.received.count == 1)
        #expect(stage.first.connects <= 2)
    }

    // MARK: - Sessions at a time

    @Test(
        "a server that allows three sessions gets three, wherever it refuses the fourth",
        arguments: [ScriptedUpstream.Phase.banner, .ehlo, .mail], [true, false])
    func allows(at phase: ScriptedUpstream.Phase, pipelining: Bool) throws {
        let stage = stage(10)
        stage.first.pipelining = pipelining
        stage.first.atATime = .init(
            count: 3, phase: phase, reply: "421 4.7.0 Too many concurrent connections", closes: true)
        try deliver(60, stage)
        check(stage, 60)
        #expect(stage.words.count { $0.hasPrefix("habit") } >= 1)
        #expect(stage.words.last { $0.hasPrefix("habit") } == "habit first sessions 3")
        #expect(stage.dispatcher.statuses()[0].sessionsAllowed == 3)
        #expect(stage.first.connects <= 13)
    }

    @Test("a 4yz to MAIL that keeps the session open is the same")
    func staysOpen() throws {
        let stage = stage(10)
        stage.first.atATime = .init(count: 3, reply: "451 4.7.0 Too many simultaneous connections")
        try deliver(60, stage)
        check(stage, 60)
        #expect(stage.dispatcher.statuses()[0].sessionsAllowed == 3)
    }

    @Test(
        "a 4yz to MAIL with a close behind it is the same, and a message behind it stays too", arguments: [true, false])
    func refusesAndCloses(pipelining: Bool) throws {
        let stage = stage(10)
        stage.first.pipelining = pipelining
        stage.first.atATime = .init(
            count: 3, reply: "451 4.7.0 Too many concurrent connections", closes: true)
        try deliver(60, stage)
        check(stage, 60)
        #expect(stage.dispatcher.statuses()[0].sessionsAllowed == 3)
    }

    @Test("a server that ends each session, and counts all that are open, gets as many as it allows", arguments: 1...3)
    func endsEachAndAllows(count: Int) throws {
        for pipelining in [true, false] {
            let stage = stage(10)
            stage.first.pipelining = pipelining
            stage.first.closing = .init(count: 1, reply: nil)
            stage.first.countsAll = true
            stage.first.atATime = .init(count: count, reply: "451 4.7.0 Too many simultaneous connections")
            for _ in 0..<40 { stage.accept() }
            try stage.advance(.seconds(2))
            check(stage, 40)
            #expect((stage.dispatcher.statuses()[0].sessionsAllowed ?? .max) <= count)
            #expect(stage.words.count { $0.hasPrefix("habit first sessions") } <= 3)
        }
    }

    @Test("a server that refuses each MAIL and closes has failed each, and the next message is not blamed for it")
    func refusesEach() throws {
        let stage = stage(1)
        stage.first.script = { phase, _ in phase == .mail ? .replyAndDrop("451 4.3.0 Not now") : nil }
        try deliver(2, stage)
        #expect(stage.second.received.count == 2)
        let told = stage.events.all.compactMap { event in
            if case .deferred(_, _, "first", "mail", let reply, "second", nil, _) = event { reply } else { nil }
        }
        #expect(told.first == "451 4.3.0 Not now")
        #expect(stage.dispatcher.statuses()[0].messagesPerSession == nil)
    }

    @Test("the number of sessions grows again slowly, until none is refused")
    func grows() throws {
        let stage = stage(6)
        stage.first.atATime = .init(
            count: 3, phase: .banner, reply: "421 4.7.0 Too many concurrent connections", closes: true)
        try deliver(30, stage)
        stage.first.atATime = nil
        for allowed in [4, 5, nil] {
            try stage.leap(SessionLimit.firstGrowth)
            try deliver(30, stage)
            #expect(stage.dispatcher.statuses()[0].sessionsAllowed == allowed)
        }
        check(stage, 120)
    }

    @Test("a health check that is one session too many finds the server well")
    func probe() throws {
        let stage = stage(3)
        stage.first.atATime = .init(
            count: 1, phase: .banner, reply: "421 4.7.0 Too many concurrent connections", closes: true)
        stage.accept()
        try stage.settle()
        _ = stage.dispatcher.control("first", UpstreamControl(.probe))
        try stage.settle()
        let result = try #require(stage.dispatcher.detail(of: "first")?.lastProbe)
        #expect(result.failedPhase == nil)
        #expect(result.text.contains("421 4.7.0 Too many concurrent connections"))
        check(stage, 1)
    }

    @Test("a server that is full for a moment is asked again before the next upstream is")
    func fullForAMoment() throws {
        let stage = stage(1)
        stage.accept()
        try stage.settle()
        stage.first.connections[0].drop()
        var refusals = 2
        stage.first.script = { phase, _ in
            guard phase == .banner, refusals > 0 else { return nil }
            refusals -= 1
            return .replyAndDrop("421 4.7.0 Too many connections")
        }
        stage.accept()
        try stage.advance(.milliseconds(600))
        check(stage, 2)
    }

    @Test("a server that allows no session at all gets less mail, and the next upstream has it")
    func allowsNone() throws {
        let stage = stage(3)
        stage.first.atATime = .init(
            count: 0, phase: .banner, reply: "421 4.7.0 Too many concurrent connections", closes: true)
        for _ in 0..<5 { stage.accept() }
        try stage.advance(.seconds(2))
        #expect(stage.second.received.count == 5)
        #expect(stage.first.connects <= 3)
        #expect(stage.words.contains { $0.hasPrefix("slowed down first") })
        #expect(!stage.words.contains { $0.hasPrefix("circuit") })
    }

    // MARK: - Recipients

    /// It ends a session when one of its transactions has more recipients than this.
    private func cut(_ upstream: ScriptedUpstream, after count: Int, _ behaviour: ScriptedUpstream.Behaviour) {
        upstream.script = { [unowned upstream] at, _ in
            let envelope = upstream.commands.lastIndex { $0.hasPrefix("MAIL") } ?? 0
            return at == .rcpt && upstream.commands.count - 1 - envelope > count ? behaviour : nil
        }
    }

    @Test(
        "an upstream that ends the session amid the recipients gets them in parts, at once",
        arguments: [
            ScriptedUpstream.Behaviour.replyAndDrop("421 4.3.2 Enough"), .replyAndDrop("421 4.5.3 Too many recipients"),
            .drop,
        ], [true, false])
    func recipients(behaviour: ScriptedUpstream.Behaviour, pipelining: Bool) throws {
        let stage = stage()
        stage.first.pipelining = pipelining
        cut(stage.first, after: 20, behaviour)
        let addresses = (0..<100).map { "r\($0)@x" }
        stage.accept(to: addresses)
        try stage.settle()
        check(stage, 5)
        #expect(stage.first.received.flatMap(\.recipients).sorted() == addresses.sorted())
        #expect(stage.words.first == "habit first recipients_per_transaction 20")
        #expect(stage.dispatcher.statuses()[0].recipientsPerTransaction == 20)
        // It is known: the next message is not cut.
        let before = stage.first.connects
        stage.accept(to: addresses)
        try stage.settle()
        check(stage, 10)
        #expect(stage.first.connects <= before + 2)
    }

    @Test("later a larger transaction is tried, and if it goes through the limit is forgotten")
    func recipientsForgotten() throws {
        let stage = stage()
        cut(stage.first, after: 20, .replyAndDrop("421 4.3.2 Enough"))
        stage.accept(to: (0..<100).map { "r\($0)@x" })
        try stage.settle()
        stage.first.script = { _, _ in nil }
        try stage.leap(RecipientLimit.firstTest)
        stage.accept(to: (0..<100).map { "r\($0)@x" })
        try stage.settle()
        check(stage, 6)
        #expect(stage.words.contains("habit first recipients_per_transaction any"))
        #expect(stage.dispatcher.statuses()[0].recipientsPerTransaction == nil)
    }

    @Test("an upstream that goes down amid the recipients has failed, and the mail moves on at once")
    func downAmidRecipients() throws {
        let stage = stage()
        stage.first.script = { [unowned upstream = stage.first] at, _ in
            guard at == .rcpt, upstream.commands.count > 10 else { return nil }
            upstream.refuses = true
            return .replyAndDrop("421 4.3.2 Shutting down")
        }
        stage.accept(to: (0..<100).map { "r\($0)@x" })
        try stage.settle()
        #expect(stage.second.received.map(\.recipients.count) == [100])
        #expect(stage.first.connects == 2)
        #expect(stage.dispatcher.statuses()[0].failedTotal == 1)
    }

    @Test(
        "words about the rate or the account are no limit of recipients",
        arguments: [
            "421 4.7.0 Rate limit exceeded, try again in 60 seconds"
        ])
    func otherWords(reply: String) throws {
        let stage = stage()
        cut(stage.first, after: 20, .replyAndDrop(reply))
        stage.accept(to: (0..<100).map { "r\($0)@x" })
        try stage.settle()
        #expect(stage.second.received.map(\.recipients.count) == [100])
        #expect(!stage.words.contains { $0.hasPrefix("habit") })
    }
}
