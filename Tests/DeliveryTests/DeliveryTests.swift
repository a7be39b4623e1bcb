import Mail
import NIOCore
import NIOEmbedded
import Spool
import TestKit
import Upstreams
import Testing

@testable import Delivery

@Suite("Delivery")
struct DeliveryTests {
    @Test("a message leaves through the first upstream, byte for byte, and is gone from the spool")
    func delivers() throws {
        let stage = DeliveryStage()
        let id = stage.accept(to: ["a@x", "b@y"], content: "Subject: t\r\n\r\n..dot\r\n")
        try stage.settle()
        #expect(
            stage.first.received == [
                .init(
                    sender: "s@x", recipients: ["a@x", "b@y"],
                    content: "X-Posthorse-ID: \(id)\r\nSubject: t\r\n\r\n..dot\r\n")
            ])
        #expect(stage.spool.messages.isEmpty)
        #expect(stage.words == ["delivered first"])
        #expect(stage.second.connects == 0)
    }

    @Test("many messages share a few kept-open sessions", arguments: [true, false])
    func sharesSessions(pipelining: Bool) throws {
        let stage = DeliveryStage { $0.upstreams[0].maxConnections = 3 }
        stage.first.pipelining = pipelining
        for _ in 0..<100 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 100)
        #expect(Set(stage.first.received.map(\.content)).count == 100)
        #expect(stage.first.connects == 3)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("flowing mail is committed with its attempt open; the dot is recorded before it is sent")
    func expected() throws {
        let stage = DeliveryStage()
        let first = stage.accept()
        try stage.settle()
        let second = stage.accept()
        stage.spool.setAutomatic(false)
        let operations = stage.spool.operations.count
        try stage.settle()
        #expect(stage.first.received.count == 2)
        #expect(stage.spool.notedDots == [first, second])
        let later = stage.spool.operations.dropFirst(operations)
        #expect(later.count == 1)
        guard case .settle(let settlement, nil) = later.first, settlement.id == second, settlement.isLast else {
            throw StageError("the message has not left")
        }
    }

    @Test("mail committed for one upstream that goes to another starts a new attempt there")
    func expectedElsewhere() throws {
        let stage = DeliveryStage()
        stage.accept()
        try stage.settle()
        stage.first.refuses = true
        for connection in stage.first.connections { connection.drop() }
        stage.accept()
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 2)
        let begun = stage.spool.operations.compactMap { operation -> String? in
            guard case .beginAttempt(_, let attempt) = operation else { return nil }
            return attempt.upstream
        }
        #expect(begun == ["first", "second", "second"])
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("content of mail far behind in the queue does not stay in memory, and all of it is delivered")
    func backlog() throws {
        let stage = DeliveryStage(upstreams: 1) { $0.upstreams[0].maxConnections = 1 }
        let body = String(repeating: "x", count: 100_000) + "\r\n"
        for _ in 0..<200 { stage.accept(content: body) }
        stage.eventLoop.run()
        // Of 25 MB, no more than the 64 that stay whatever their size, and those in progress.
        #expect(stage.spool.residentOctets <= 68 * 131_200)
        try stage.settle()
        #expect(stage.first.received.count == 200)
        #expect(stage.spool.messages.isEmpty)
        #expect(stage.spool.residentOctets == 0)
    }

    @Test(
        "a reply that comes before the content was sent delivers nothing, and the mail goes elsewhere",
        arguments: ["354 go\r\n250 2.0.0 taken early", "354 go\r\n25", "354-go\r\n354 on\r\n554 5.7.1 no"])
    func earlyReply(reply: String) throws {
        let stage = DeliveryStage()
        stage.first.script = { phase, _ in phase == .data ? .reply(reply) : nil }
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 1)
        #expect(stage.spool.messages.isEmpty)
        #expect(!stage.words.contains("delivered first"))
        #expect(!stage.words.contains { $0.hasPrefix("in doubt") })
    }

    @Test("the attempt is durable before the final dot is sent")
    func recordsBeforeTheDot() throws {
        let stage = DeliveryStage()
        stage.accept()
        stage.spool.setAutomatic(false)
        try stage.settle()
        #expect(stage.first.received.isEmpty)
        #expect(stage.spool.pendingOperations == 1)
        stage.spool.commit()
        try stage.settle()
        #expect(stage.first.received.count == 1)
    }

    @Test("content on disk is sent part by part, unchanged")
    func storedContent() throws {
        let stage = DeliveryStage()
        stage.spool.setStoresContent(true)
        let content = "Subject: t\r\n\r\n" + String(repeating: "0123456789\r\n", count: 50_000)
        let id = stage.accept(content: content)
        try stage.settle()
        #expect(stage.first.received.first?.content == "X-Posthorse-ID: \(id)\r\n" + content)
    }

    @Test("a refused connection costs nothing: the same message goes through the next upstream at once")
    func refused() throws {
        let stage = DeliveryStage()
        stage.first.refuses = true
        for _ in 0..<20 { stage.accept() }
        try stage.settle()
        #expect(stage.second.received.count == 20)
        #expect(stage.now == DeliveryStage.epoch)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test(
        "a failure before the final dot moves the message on in the same cycle",
        arguments: [
            (ScriptedUpstream.Phase.banner, "554 go away"), (.banner, "421 busy"), (.ehlo, "421 busy"),
            (.mail, "451 not now"), (.mail, "421 bye"), (.mail, "554 sending paused"), (.rcpt, "450 try later"),
            (.rcpt, "421 bye"), (.data, "451 not now"), (.data, "421 bye"), (.banner, "nonsense"), (.mail, "999 odd"),
        ])
    func movesOn(phase: ScriptedUpstream.Phase, reply: String) throws {
        let stage = DeliveryStage()
        stage.first.script = { at, _ in at == phase ? .reply(reply) : nil }
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.isEmpty)
        #expect(stage.second.received.count == 1)
        #expect(stage.now == DeliveryStage.epoch)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test(
        "a disconnect before the final dot moves the message on in the same cycle",
        arguments: [ScriptedUpstream.Phase.banner, .ehlo, .mail, .rcpt, .data], [true, false])
    func dropped(phase: ScriptedUpstream.Phase, pipelining: Bool) throws {
        let stage = DeliveryStage()
        stage.first.pipelining = pipelining
        stage.first.script = { at, _ in at == phase ? .drop : nil }
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 1)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test(
        "silence before the final dot moves the message on within a second",
        arguments: [ScriptedUpstream.Phase.banner, .ehlo, .mail, .rcpt, .data], [true, false])
    func silent(phase: ScriptedUpstream.Phase, pipelining: Bool) throws {
        let stage = DeliveryStage()
        stage.first.pipelining = pipelining
        stage.first.script = { at, _ in at == phase ? .silence : nil }
        stage.accept()
        try stage.advance(.seconds(1))
        #expect(stage.second.received.count == 1)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a connection that is neither made nor refused moves the message on within a second")
    func unreachable() throws {
        let stage = DeliveryStage()
        stage.first.ignoresConnects = true
        for _ in 0..<5 { stage.accept() }
        try stage.advance(.seconds(1))
        #expect(stage.second.received.count == 5)
    }

    @Test("after consecutive failures the upstream is skipped, then tried with one message, then used again")
    func circuit() throws {
        let stage = DeliveryStage {
            $0.circuit.consecutiveFailures = 3
            $0.recovery.rampSteps = []
        }
        stage.first.refuses = true
        for _ in 0..<3 {
            stage.accept()
            try stage.settle()
        }
        #expect(stage.words.contains("circuit first open"))
        let connects = stage.first.connects
        for _ in 0..<10 {
            stage.accept()
            try stage.settle()
        }
        #expect(stage.first.connects == connects)
        #expect(stage.second.received.count == 13)
        try stage.leap(.seconds(12))
        for _ in 0..<5 { stage.accept() }
        try stage.settle()
        #expect(stage.first.connects == connects + 1)
        #expect(stage.second.received.count == 18)
        stage.first.refuses = false
        try stage.leap(.seconds(23))
        stage.accept()
        try stage.settle()
        #expect(stage.words.contains("circuit first closed"))
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 2)
        #expect(stage.second.received.count == 18)
    }

    @Test("an upstream that closed an idle session gets a new one, and no blame")
    func staleSession() throws {
        let stage = DeliveryStage()
        stage.accept()
        try stage.settle()
        var drops = 1
        stage.first.script = { phase, _ in
            guard phase == .mail, drops > 0 else { return nil }
            drops -= 1
            return .drop
        }
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 2)
        #expect(stage.second.received.isEmpty)
        #expect(stage.words == ["delivered first", "delivered first"])
    }

    @Test("a session that was opened in advance, and closed while it was idle, is replaced without blame")
    func staleBeforeItsFirstMessage() throws {
        let stage = DeliveryStage { $0.circuit.consecutiveFailures = 1 }
        stage.first.script = { phase, _ in
            phase == .mail ? .lateReply("250 2.1.0 ok", after: .milliseconds(600)) : nil
        }
        stage.accept()
        try stage.advance(.seconds(3))
        #expect(stage.words == ["delivered first"])
        #expect(stage.second.connects == 1 && stage.second.commands.count == 1)
        stage.first.refuses = true
        for connection in stage.first.connections { connection.drop() }
        var drops = 1
        stage.second.script = { phase, _ in
            guard phase == .mail, drops > 0 else { return nil }
            drops -= 1
            return .drop
        }
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 1)
        #expect(stage.second.connects == 2)
        #expect(stage.dispatcher.statuses()[1].failedTotal == 0)
        #expect(!stage.words.contains("circuit second open"))
    }

    @Test("an idle session is closed after a while, a used-up one is replaced")
    func recycles() throws {
        let stage = DeliveryStage {
            $0.upstreams[0].maxConnections = 1
            $0.upstreams[0].maxMessagesPerConnection = 10
        }
        for _ in 0..<25 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 25)
        #expect(stage.first.connects == 3)
        try stage.leap(.seconds(31))
        #expect(stage.first.connections.allSatisfy { !$0.channel.isActive })
        #expect(stage.dispatcher.statuses()[0].connections == 0)
    }
}

@Suite("Outcomes of a delivery")
struct DeliveryOutcomeTests {
    @Test("5xx to one recipient: it fails with its reply, the other is delivered")
    func oneFails() throws {
        let stage = DeliveryStage()
        stage.first.script = { phase, argument in
            phase == .rcpt && argument == "b@x" ? .reply("550 5.1.1 no such user") : nil
        }
        let id = stage.accept(to: ["a@x", "b@x", "c@x"])
        try stage.settle()
        #expect(stage.first.received.map(\.recipients) == [["a@x", "c@x"]])
        #expect(stage.second.connects == 0)
        #expect(stage.spool.messages.isEmpty)
        let recipients = stage.recipients(of: id)
        #expect(recipients.map(\.state) == [.delivered, .failed, .delivered])
        #expect(recipients[1].lastReply == "550 5.1.1 no such user")
        #expect(recipients[1].upstream == "first")
        try stage.leap(.seconds(86400))
        #expect(stage.first.received.count == 1)
    }

    @Test("4xx to one recipient: only that one goes through the next upstream")
    func oneMovesOn() throws {
        let stage = DeliveryStage()
        stage.first.script = { phase, argument in phase == .rcpt && argument == "b@x" ? .reply("450 4.2.1 later") : nil
        }
        stage.accept(to: ["a@x", "b@x"])
        try stage.settle()
        #expect(stage.first.received.map(\.recipients) == [["a@x"]])
        #expect(stage.second.received.map(\.recipients) == [["b@x"]])
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("5xx to the content: the message fails and is not offered elsewhere", arguments: [true, false])
    func contentRefused(atDot: Bool) throws {
        let stage = DeliveryStage()
        stage.first.script = { phase, _ in phase == (atDot ? .dot : .data) ? .reply("554 5.6.0 bad content") : nil }
        let id = stage.accept()
        try stage.settle()
        #expect(stage.recipients(of: id).map(\.state) == [.failed])
        #expect(stage.spool.messages.isEmpty)
        #expect(stage.second.connects == 0)
    }

    @Test("4xx to the final dot: retried on schedule")
    func dotDeferred() throws {
        let stage = DeliveryStage()
        var refusals = 1
        stage.first.script = { phase, _ in
            guard phase == .dot, refusals > 0 else { return nil }
            refusals -= 1
            return .reply("451 4.7.1 later")
        }
        stage.accept()
        try stage.settle()
        let recipient = try #require(stage.spool.messages.first?.recipients.first)
        #expect(recipient.state == .deferred)
        #expect(recipient.nextAttemptAt == DeliveryStage.epoch + .seconds(30))
        try stage.leap(.seconds(29))
        #expect(stage.first.received.isEmpty)
        try stage.leap(.seconds(2))
        #expect(stage.first.received.count == 1)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("no upstream works: nothing is lost or failed, the waits grow, and recovery empties the queue")
    func bothDown() throws {
        let stage = DeliveryStage { $0.circuit.consecutiveFailures = 100 }
        stage.first.refuses = true
        stage.second.refuses = true
        stage.accept()
        var dues: [Duration] = []
        for _ in 0..<4 {
            try stage.settle()
            let due = try #require(stage.spool.messages.first?.recipients.first?.nextAttemptAt)
            dues.append(due - stage.now)
            try stage.leap(due - stage.now)
        }
        #expect(dues == [.seconds(30), .seconds(60), .seconds(120), .seconds(240)])
        stage.second.refuses = false
        try stage.leap(.seconds(3600))
        #expect(stage.second.received.count == 1)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test(
        "all circuits open: mail waits untried, and the first success releases what was deferred for lack of an upstream"
    )
    func released() throws {
        let stage = DeliveryStage {
            $0.circuit.consecutiveFailures = 1
            $0.retry.initial = .seconds(7200)
            $0.retry.max = .seconds(7200)
        }
        stage.first.refuses = true
        stage.second.refuses = true
        for _ in 0..<50 { stage.accept() }
        try stage.settle()
        #expect(stage.spool.messages.count == 50)
        stage.first.refuses = false
        try stage.advance(.seconds(15))
        #expect(stage.first.received.count == 50)
        #expect(Set(stage.first.received.map(\.content)).count == 50)
    }

    @Test("expired recipients fail, with the last reason")
    func expires() throws {
        let stage = DeliveryStage(upstreams: 1) { $0.retry.expireAfter = .seconds(100) }
        stage.first.refuses = true
        let id = stage.accept()
        for _ in 0..<60 { try stage.leap(.seconds(10)) }
        let recipient = try #require(stage.recipients(of: id).first)
        #expect(recipient.state == .failed)
        #expect(recipient.lastReply?.hasPrefix("expired; last: ") == true)
    }

    @Test("an upstream that is down does not say what it could carry: the message waits for it")
    func incapableAndDown() throws {
        let stage = DeliveryStage()
        stage.first.refuses = true
        stage.second.keywords = ["SIZE 1000"]
        stage.accept(size: 5000)
        try stage.settle()
        #expect(stage.spool.messages.first?.recipients.map(\.state) == [.deferred])
        stage.first.refuses = false
        try stage.leap(.seconds(31))
        #expect(stage.first.received.count == 1)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a session used up by a refused message makes room for the next one")
    func usedUpByRefusal() throws {
        let stage = DeliveryStage(upstreams: 1) {
            $0.upstreams[0].maxConnections = 1
            $0.upstreams[0].maxMessagesPerConnection = 1
        }
        stage.first.script = { phase, argument in
            phase == .rcpt && argument == "no@x" ? .reply("550 5.1.1 no such user") : nil
        }
        stage.accept(to: ["no@x"])
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 1)
        #expect(stage.now == DeliveryStage.epoch)
    }

    @Test(
        "an upstream that cannot carry a message is skipped; if none can, the message waits, and fails in the end",
        arguments: [1, 2])
    func incapable(upstreams: Int) throws {
        let stage = DeliveryStage(upstreams: upstreams)
        stage.first.keywords = ["SIZE 1000"]
        stage.second.keywords = ["SIZE 1000000"]
        let id = stage.accept(size: 5000)
        try stage.settle()
        #expect(stage.first.received.isEmpty)
        if upstreams == 2 {
            #expect(stage.second.received.count == 1)
            #expect(stage.spool.messages.isEmpty)
        } else {
            #expect(stage.spool.messages.first?.recipients.first?.state == .deferred)
            #expect(stage.spool.messages.first?.recipients.first?.lastReply?.hasPrefix("not sent: 552 5.3.4") == true)
            try stage.leap(.seconds(599))
            #expect(stage.spool.messages.first?.recipients.first?.state == .deferred)
            try stage.leap(.seconds(600))
            #expect(stage.recipients(of: id).first?.state == .failed)
            #expect(stage.recipients(of: id).first?.lastReply?.hasPrefix("not sent: 552 5.3.4") == true)
        }
    }
}

@Suite("In doubt")
struct InDoubtTests {
    @Test("retry_same stays with its upstream, and in doubt, if the retry has no result")
    func retrySameFails() throws {
        let stage = try doubtful(.retrySame)
        stage.first.refuses = true
        try stage.leap(.seconds(61))
        let recipient = try #require(stage.spool.messages.first?.recipients.first)
        #expect(recipient.state == .inDoubt)
        #expect(recipient.upstream == "first")
        try stage.leap(.seconds(600))
        #expect(stage.second.received.isEmpty)
        #expect(stage.spool.messages.first?.recipients.map(\.state) == [.inDoubt])
        stage.first.refuses = false
        try stage.leap(.seconds(7200))
        #expect(stage.first.received.count == 1)
        #expect(stage.second.received.isEmpty)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a doubt whose upstream is gone holds up no other mail")
    func doubtDoesNotBlock() throws {
        let stage = DeliveryStage { $0.circuit.consecutiveFailures = 1 }
        stage.first.script = { phase, _ in phase == .dot ? .drop : nil }
        stage.accept()
        try stage.settle()
        stage.first.refuses = true
        try stage.leap(.seconds(61))
        for _ in 0..<10 { stage.accept() }
        try stage.settle()
        #expect(stage.second.received.count == 10)
    }

    @Test("recipients refused before the final dot are not in doubt")
    func partialDoubt() throws {
        let stage = DeliveryStage()
        stage.first.script = { phase, argument in
            switch (phase, argument) {
            case (.rcpt, "b@x"): .reply("550 5.1.1 no such user")
            case (.rcpt, "c@x"): .reply("450 4.2.1 later")
            case (.dot, _): .drop
            default: nil
            }
        }
        stage.accept(to: ["a@x", "b@x", "c@x"])
        try stage.settle()
        let message = try #require(stage.spool.messages.first)
        #expect(message.recipients.map(\.state) == [.inDoubt, .failed, .deferred])
        #expect(message.openAttempt == nil)
    }

    @Test("mail queued after a message that hangs after its final dot goes elsewhere, within a second")
    func behindTheDot() throws {
        let stage = DeliveryStage { $0.upstreams[0].maxConnections = 1 }
        stage.first.script = { phase, _ in phase == .dot ? .silence : nil }
        for _ in 0..<6 { stage.accept() }
        try stage.advance(.seconds(1))
        #expect(stage.second.received.count == 5)
        #expect(stage.spool.messages.count == 1)
    }

    private func doubtful(_ policy: UpstreamSettings.InDoubtPolicy) throws -> DeliveryStage {
        let stage = DeliveryStage { $0.upstreams[0].inDoubt = policy }
        var drops = 1
        stage.first.script = { phase, _ in
            guard phase == .dot, drops > 0 else { return nil }
            drops -= 1
            return .drop
        }
        stage.accept()
        try stage.settle()
        return stage
    }

    @Test("a connection that ends after the final dot: nothing is sent again before the hold is over")
    func held() throws {
        let stage = try doubtful(.retrySame)
        #expect(stage.spool.messages.first?.recipients.map(\.state) == [.inDoubt])
        #expect(stage.words.first == "in doubt first")
        try stage.leap(.seconds(59))
        #expect(stage.first.received.isEmpty)
        #expect(stage.second.received.isEmpty)
    }

    @Test("retry_same goes through the same upstream")
    func retrySame() throws {
        let stage = try doubtful(.retrySame)
        try stage.leap(.seconds(61))
        #expect(stage.first.received.count == 1)
        #expect(stage.second.received.isEmpty)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("failover goes through the next one")
    func failover() throws {
        let stage = try doubtful(.failover)
        try stage.leap(.seconds(61))
        #expect(stage.first.received.isEmpty)
        #expect(stage.second.received.count == 1)
    }

    @Test("hold waits for an operator")
    func hold() throws {
        let stage = try doubtful(.hold)
        try stage.leap(.seconds(86400))
        #expect(stage.first.received.isEmpty)
        #expect(stage.second.received.isEmpty)
        #expect(stage.spool.messages.first?.recipients.map(\.state) == [.inDoubt])
    }

    @Test("silence after the final dot is a doubt too, after data_timeout and not before")
    func silence() throws {
        let stage = DeliveryStage()
        stage.first.script = { phase, _ in phase == .dot ? .silence : nil }
        stage.accept()
        try stage.leap(.seconds(299))
        #expect(stage.words.isEmpty)
        try stage.leap(.seconds(2))
        #expect(stage.words.first == "in doubt first")
        #expect(stage.second.received.isEmpty)
    }
}

@Suite("Delivery with a failing spool")
struct DeliverySpoolTests {
    @Test("an attempt that cannot be recorded sends nothing and pauses everything until the spool writes again")
    func pauses() throws {
        let stage = DeliveryStage()
        stage.spool.failNext(.beginAttempt, with: SpoolError(.full, "disk full"))
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.isEmpty)
        #expect(stage.words == ["paused"])
        try stage.leap(.milliseconds(1100))
        #expect(stage.words == ["paused", "resumed", "delivered first"])
        #expect(stage.first.received.count == 1)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("unreadable content is not sent, and the next message is unharmed")
    func unreadable() throws {
        let stage = DeliveryStage()
        stage.spool.setStoresContent(true)
        stage.spool.failNext(.read, with: SpoolError(.inputOutput, "read failed"))
        stage.accept()
        stage.accept(content: "Subject: second\r\n\r\n")
        try stage.settle()
        #expect(stage.first.received.count == 1)
        #expect(stage.second.received.isEmpty)
        try stage.leap(.seconds(31))
        #expect(stage.first.received.count == 2)
    }

    @Test("messages in the spool at the start are delivered in order of class and age")
    func restores() throws {
        let stage = DeliveryStage { $0.upstreams[0].maxConnections = 1 }
        stage.first.pipelining = false
        for (number, priority) in [(1, Priority.bulk), (2, .normal), (3, .high), (4, .normal)] {
            let message = SpooledMessage(
                id: QueueID(rawValue: Int64(number)), receivedAt: stage.now, sender: .null, body: .sevenBit,
                priority: priority, messageID: "", origin: "", size: 10,
                recipients: [Recipient(address: Address(unchecked: "\(number)@x"))])
            stage.spool.insert(message, content: ByteBuffer(string: "A: b\r\n\r\n"))
        }
        stage.dispatcher.restore(
            stage.spool.messages.map {
                ScheduledMessage(
                    id: $0.id, receivedAt: $0.receivedAt, dueAt: stage.now, priority: $0.priority, inDoubt: false)
            })
        try stage.settle()
        #expect(stage.first.received.map(\.recipients) == [["3@x"], ["2@x"], ["4@x"], ["1@x"]])
    }

    @Test("stopping lets work in progress finish, and starts nothing new")
    func stops() throws {
        let stage = DeliveryStage { $0.upstreams[0].maxConnections = 1 }
        stage.first.pipelining = false
        stage.spool.setAutomatic(false)
        stage.accept()
        stage.accept()
        stage.spool.commit()
        try stage.settle()
        var isDone = false
        stage.dispatcher.stop(grace: .seconds(5)) { isDone = true }
        stage.spool.setAutomatic(true)
        try stage.advance(.milliseconds(100))
        #expect(isDone)
        #expect(stage.first.received.count == 1)
        #expect(stage.spool.messages.count == 1)
        #expect(stage.spool.messages.first?.openAttempt == nil)
    }

    @Test("stopping ends unfinished work: before the final dot it stays queued, after it, it is in doubt")
    func stopsHard() throws {
        for phase in [ScriptedUpstream.Phase.data, .dot] {
            let stage = DeliveryStage(upstreams: 1)
            stage.first.script = { at, _ in at == phase ? .silence : nil }
            stage.accept()
            try stage.settle()
            stage.dispatcher.stop(grace: .milliseconds(500)) {}
            try stage.advance(.milliseconds(600))
            let message = try #require(stage.spool.messages.first)
            #expect(message.openAttempt == nil)
            #expect(message.recipients.map(\.state) == [phase == .dot ? .inDoubt : .queued])
        }
    }
}
