import Mail
import SASL
import SMTP
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Upstreams that reply in ways of their own")
struct OddReplyTests {
    @Test(
        "a message that was answered is not sent again, however the answer looks",
        arguments: [
            "250-2.0.0 a\r\n251 b", "354-hm\r\n250 taken", "250OK", "250\t2.0.0\tOK", "250", "250 ",
            "250-a\r\n\r\n250 b",
            "\r\n250 after an empty line", "250-\r\n250", "250-a\r\nb\r\n250 c", "250 2.0.0", "2502.0.0 ok",
        ])
    func answered(reply: String) throws {
        let stage = DeliveryStage { $0.upstreams[0].inDoubtHold = .seconds(1) }
        stage.first.script = { at, _ in at == .dot ? .reply(reply) : nil }
        stage.accept()
        stage.accept()
        try stage.advance(.seconds(5))
        #expect(stage.first.contents.count == 2)
        #expect(stage.words == ["delivered first", "delivered first"])
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a connection that ends within the reply to the final dot has answered it", arguments: [1, 2])
    func cutReply(upstreams: Int) throws {
        for octets in ["250", "250 2.0.0 Ok: que", "250-queued\r\n", "250-queued\r\n250"] {
            let stage = DeliveryStage(upstreams: upstreams) { $0.upstreams[0].inDoubtHold = .seconds(1) }
            stage.first.script = { at, _ in at == .dot ? .cut(octets) : nil }
            stage.accept()
            try stage.advance(.seconds(5))
            #expect(stage.first.contents.count == 1, "\(octets)")
            #expect(stage.words == ["delivered first"], "\(octets)")
        }
        let refusing = DeliveryStage(upstreams: upstreams)
        refusing.first.script = { at, _ in at == .dot ? .cut("550 5.1.1 no such user") : nil }
        let id = refusing.accept()
        try refusing.settle()
        #expect(refusing.words.last == "failed first")
        #expect(refusing.recipients(of: id).isEmpty || refusing.recipients(of: id)[0].state == .failed)
    }

    @Test("a connection that ends before the code of the reply is complete leaves a doubt", arguments: ["2", "25", ""])
    func noCode(octets: String) throws {
        let stage = DeliveryStage()
        stage.first.script = { at, _ in at == .dot ? .cut(octets) : nil }
        stage.accept()
        try stage.settle()
        #expect(stage.words.first == "in doubt first")
    }

    @Test(
        "a refusal that comes before the content is the message's verdict, the same as one behind the dot",
        arguments: [
            "552 5.3.4 message too large", "554 5.7.1 spam", "550 5.1.1 no such user", "451 4.3.0 try later",
            "421 4.3.2 closing", "452 4.2.2 mailbox full",
        ])
    func beforeContent(reply: String) throws {
        let early = DeliveryStage()
        early.first.script = { at, _ in at == .data ? .reply("354 go\r\n\(reply)") : nil }
        let late = DeliveryStage()
        late.first.script = { at, _ in at == .dot ? .reply(reply) : nil }
        for stage in [early, late] {
            stage.accept()
            try stage.settle()
        }
        #expect(early.words == late.words)
        #expect(early.dispatcher.statuses().map(\.lastError) == late.dispatcher.statuses().map(\.lastError))
        #expect(early.dispatcher.statuses()[0].circuit == .closed)
        #expect(early.second.received.count == late.second.received.count)
        #expect(early.first.contents.isEmpty && late.first.contents.count == 1)
    }

    @Test("a success that comes before the content takes no message", arguments: ["250 2.0.0 taken", "250", "220 x"])
    func earlySuccess(reply: String) throws {
        let stage = DeliveryStage()
        stage.first.script = { at, _ in at == .data ? .reply("354 go\r\n\(reply)") : nil }
        stage.accept()
        try stage.settle()
        #expect(stage.first.contents.isEmpty)
        #expect(stage.words == ["deferred first -> second", "delivered second"])
    }

    @Test("an empty line behind a 354 is nothing")
    func emptyLine() throws {
        let stage = DeliveryStage()
        stage.first.script = { at, _ in at == .data ? .reply("354 go\r\n") : nil }
        stage.accept()
        try stage.settle()
        #expect(stage.words == ["delivered first"])
    }

    @Test("mail behind a message that was refused before its content stays with the upstream")
    func behindRefused() throws {
        let stage = DeliveryStage { $0.upstreams[0].maxConnections = 1 }
        nonisolated(unsafe) var asked = 0
        stage.first.script = { at, _ in
            guard at == .data else { return nil }
            asked += 1
            return asked == 1 ? .reply("354 go\r\n550 5.1.1 no such user") : nil
        }
        for _ in 0..<4 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 3)
        #expect(stage.second.connects == 0)
        #expect(stage.words == ["failed first"] + Array(repeating: "delivered first", count: 3))
    }

    @Test(
        "a server that refuses small content early and once more behind the dot says nothing of the next message",
        arguments: [("552 5.3.4 too large", "554 5.5.1 no valid message"), ("451 4.3.0 later", "451 4.3.0 later")],
        [true, false])
    func refusesTwice(replies: (String, String), pipelining: Bool) throws {
        let stage = DeliveryStage(upstreams: 1) { $0.upstreams[0].maxConnections = 1 }
        stage.first.pipelining = pipelining
        nonisolated(unsafe) var asked = 0
        stage.first.script = { at, _ in
            guard at == .dot else { return nil }
            asked += 1
            return asked == 1 ? .reply("\(replies.0)\r\n\(replies.1)") : nil
        }
        for _ in 0..<4 { stage.accept() }
        try stage.settle()
        // A deferred message goes as soon as the upstream has shown that it works.
        let isPermanent = replies.0.hasPrefix("5")
        let count = isPermanent ? 3 : 4
        #expect(stage.first.received.count == count)
        let first = isPermanent ? "failed first" : "deferred first -> later"
        #expect(stage.words == [first] + Array(repeating: "delivered first", count: count))
        #expect(stage.dispatcher.statuses()[0].circuit == .closed)
    }

    @Test(
        "two replies to one message cost no other one anything but a session, whatever the second one is",
        arguments: ["250 2.0.0 ok", "554 5.5.1 no valid message", "451 4.3.0 later", "500 5.5.2 what"], [true, false])
    func answersTwice(second: String, pipelining: Bool) throws {
        let stage = DeliveryStage { $0.upstreams[0].maxConnections = 1 }
        stage.first.pipelining = pipelining
        nonisolated(unsafe) var dots = 0
        stage.first.script = { at, recipient in
            if at == .rcpt, recipient == "gone@x" { return .reply("550 5.1.1 no such user") }
            guard at == .dot else { return nil }
            dots += 1
            return dots == 1 ? .reply("552 5.3.4 too large\r\n\(second)") : nil
        }
        stage.accept()
        let id = stage.accept(to: ["a@x", "gone@x"])
        for _ in 0..<3 { stage.accept(to: ["gone@x", "b@x"]) }
        try stage.settle()
        #expect(stage.first.received.map(\.recipients) == [["a@x"]] + Array(repeating: ["b@x"], count: 3))
        #expect(stage.second.connects == 0)
        #expect(stage.recipients(of: id).map(\.state) == [.delivered, .failed])
        #expect(stage.dispatcher.statuses()[0].failedTotal == 0)
        #expect(stage.dispatcher.statuses()[0].messagesPerSession == nil)
        #expect(stage.first.connects == 2)
    }

    @Test("a refusal amid the content with a close behind it concerns that message alone", arguments: [true, false])
    func refusesAndCloses(pipelining: Bool) throws {
        let stage = DeliveryStage { $0.upstreams[0].maxConnections = 2 }
        stage.first.pipelining = pipelining
        nonisolated(unsafe) var dots = 0
        stage.first.script = { at, _ in
            guard at == .dot else { return nil }
            dots += 1
            return dots.isMultiple(of: 3) ? .replyAndDrop("451 Scanner busy") : nil
        }
        for _ in 0..<20 { stage.accept() }
        try stage.advance(.seconds(1))
        #expect(stage.second.connects == 0)
        #expect(stage.dispatcher.statuses()[0].failedTotal == 0)
        #expect(stage.dispatcher.statuses()[0].messagesPerSession == nil)
        #expect(stage.first.received.count == dots - dots / 3)
        #expect(!stage.words.contains { $0.hasPrefix("habit") || $0.hasPrefix("circuit") })
    }

    @Test(
        "what is no reply, in place of the one to the final dot, leaves a doubt and no copy",
        arguments: ["hello", "2x0 taken", "354 go on", "99 bottles", "-250 ok"])
    func nonsense(reply: String) throws {
        let stage = DeliveryStage { $0.upstreams[0].inDoubtHold = .seconds(60) }
        stage.first.script = { at, _ in at == .dot ? .reply(reply) : nil }
        let id = stage.accept()
        try stage.settle()
        #expect(stage.words.first == "in doubt first")
        #expect(stage.first.contents.count == 1 && stage.second.connects == 0)
        #expect(stage.recipients(of: id).map(\.state) == [.inDoubt])
    }

    @Test("a message behind a lost dot is told to have been at its own beginning")
    func phaseBehindDot() throws {
        let stage = DeliveryStage { $0.upstreams[0].maxConnections = 1 }
        stage.accept(to: ["c@x"])
        try stage.settle()
        stage.first.script = { at, _ in at == .dot ? .cut("2") : nil }
        for _ in 0..<2 { stage.accept() }
        try stage.settle()
        #expect(stage.words.dropFirst().prefix(2) == ["in doubt first", "deferred first -> second"])
        #expect(phases(stage) == ["mail"])
    }

    @Test(
        "a reply without an end is told of the command that it answers",
        arguments: [(ScriptedUpstream.Phase.mail, "451"), (.rcpt, "250"), (.rcpt, "550"), (.data, "451")])
    func endless(phase: ScriptedUpstream.Phase, code: String) throws {
        let stage = DeliveryStage()
        let text = (0..<4000).map { _ in "\(code)-" + String(repeating: "x", count: 50) }.joined(separator: "\r\n")
        stage.first.script = { at, _ in at == phase ? .reply(text) : nil }
        stage.accept()
        try stage.settle()
        #expect(Set(phases(stage)) == ["\(phase)"])
    }

    private func phases(_ stage: DeliveryStage) -> [String?] {
        stage.events.all.compactMap { event -> String?? in
            if case .deferred(_, _, _, let phase, _, _, _, _) = event { .some(phase) } else { nil }
        }
    }

    @Test(
        "mail that waits is told at which step it was refused",
        arguments: [ScriptedUpstream.Phase.mail, .rcpt, .data, .dot])
    func phaseOfWaiting(phase: ScriptedUpstream.Phase) throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.first.script = { at, _ in at == phase ? .reply("451 4.2.1 Later") : nil }
        stage.accept()
        try stage.settle()
        #expect(phases(stage) == ["\(phase)"])
        let unreachable = DeliveryStage(upstreams: 1)
        unreachable.first.refuses = true
        unreachable.accept()
        try unreachable.settle()
        #expect(phases(unreachable) == ["connect"])
    }

    @Test(
        "mail that never had a session is told at which step none came about",
        arguments: [ScriptedUpstream.Phase.banner, .ehlo, .auth], [1, 2])
    func phaseOfOpening(phase: ScriptedUpstream.Phase, upstreams: Int) throws {
        let stage = DeliveryStage(upstreams: upstreams) { settings in
            settings.upstreams[0].username = "relay"
            settings.upstreams[0].password = .password(Array("secret".utf8))
            settings.upstreams[0].authWithoutTLS = true
        }
        stage.first.keywords = ["AUTH PLAIN"]
        stage.first.script = { at, _ in at == phase ? .reply("535 5.7.8 no") : nil }
        for _ in 0..<3 { stage.accept() }
        try stage.settle()
        #expect(Set(phases(stage)) == ["\(phase)"])
    }

    // MARK: - Pipelining

    @Test("after a silence behind pipelined commands the mail moves on, and the next session goes in lock-step")
    func dropsCommands() throws {
        let stage = DeliveryStage()
        stage.first.dropsPipelinedCommands = true
        stage.accept()
        try stage.advance(.milliseconds(900))
        #expect(
            stage.words == ["habit first drops_pipelined_commands any", "deferred first -> second", "delivered second"])
        for _ in 0..<10 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 10)
        #expect(stage.dispatcher.statuses()[0].circuit == .closed && stage.dispatcher.statuses()[0].failedTotal == 0)
        #expect(stage.dispatcher.detail(of: "first")?.reason.contains("one command at a time") == true)
    }

    @Test("until it is known, one session pipelines, and a first burst costs it no more than its message")
    func dropsCommandsOfMany() throws {
        let stage = DeliveryStage()
        stage.first.dropsPipelinedCommands = true
        for _ in 0..<20 { stage.accept() }
        try stage.advance(.seconds(1))
        stage.accept()
        try stage.settle()
        #expect(stage.words.count { $0 == "habit first drops_pipelined_commands any" } == 1)
        #expect(stage.second.received.count == 1)
        #expect(stage.dispatcher.statuses()[0].isInLockStep)
        #expect(stage.dispatcher.statuses()[0].circuit == .closed)
        #expect(stage.words.last == "delivered first")
    }

    @Test("without another upstream the same message is delivered in lock-step")
    func dropsCommandsAlone() throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.first.dropsPipelinedCommands = true
        for _ in 0..<20 { stage.accept() }
        try stage.advance(.seconds(6))
        #expect(stage.first.received.count == 20)
        #expect(Set(stage.words) == ["habit first drops_pipelined_commands any", "delivered first"])
    }

    @Test("sessions that began in lock-step pipeline as soon as one has been answered")
    func pipelinesSoon() throws {
        let stage = DeliveryStage { $0.upstreams[0].maxConnections = 3 }
        for _ in 0..<30 { stage.accept() }
        try stage.settle()
        let sessions = stage.dispatcher.upstreams[0].pool.sessions
        #expect(sessions.count == 3 && sessions.allSatisfy { $0.pipelines })
        #expect(stage.first.received.count == 30)
    }

    @Test("pipelining comes back when the upstream answers pipelined commands again")
    func pipelinesAgain() throws {
        let stage = DeliveryStage()
        stage.first.dropsPipelinedCommands = true
        stage.accept()
        try stage.advance(.seconds(1))
        stage.first.dropsPipelinedCommands = false
        try stage.leap(.seconds(120))
        stage.accept()
        try stage.settle()
        #expect(stage.words.last == "delivered first")
        #expect(stage.dispatcher.detail(of: "first")?.reason == "it works")
    }

    @Test("an upstream that is told not to pipeline is never sent two commands at once")
    func off() throws {
        let stage = DeliveryStage { $0.upstreams[0].pipelining = .off }
        stage.first.dropsPipelinedCommands = true
        for _ in 0..<3 { stage.accept(to: ["a@x", "b@x"]) }
        try stage.settle()
        #expect(stage.first.received.count == 3)
        #expect(stage.words == Array(repeating: "delivered first", count: 3))
    }

    @Test("an upstream that is silent in lock-step as well has failed")
    func silent() throws {
        let stage = DeliveryStage()
        stage.first.script = { at, _ in at == .rcpt ? .silence : nil }
        for _ in 0..<10 {
            stage.accept()
            try stage.advance(.seconds(1))
        }
        #expect(stage.dispatcher.statuses()[0].circuit == .open)
        #expect(stage.second.received.count == 10)
    }
}
