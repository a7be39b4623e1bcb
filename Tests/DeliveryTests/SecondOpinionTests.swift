import Mail
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Second opinions: a bounce needs evidence")
struct SecondOpinionTests {
    private static let phases: [ScriptedUpstream.Phase] = [.rcpt, .data, .dot]

    private func refusing(
        _ stage: DeliveryStage, at phase: ScriptedUpstream.Phase, first: String?, second: String? = nil,
        third: String? = nil
    ) {
        stage.first.script = { at, _ in at == phase ? first.map { .reply($0) } : nil }
        stage.second.script = { at, _ in at == phase ? second.map { .reply($0) } : nil }
        stage.third.script = { at, _ in at == phase ? third.map { .reply($0) } : nil }
    }

    @Test(
        "mail that one upstream refuses for an unknown reason is tried on another at once, and accepted",
        arguments: phases)
    func refuted(phase: ScriptedUpstream.Phase) throws {
        let stage = DeliveryStage()
        refusing(stage, at: phase, first: "554 5.7.1 Something we dislike")
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 1)
        #expect(stage.spool.messages.isEmpty)
        #expect(stage.words.contains("refuted first by second"))
        #expect(!stage.words.contains { $0.hasPrefix("failed") })
    }

    @Test("an upstream that refuses all mail for causes that rules know is no longer believed, and its circuit opens")
    func disbelieved() throws {
        let stage = DeliveryStage()
        refusing(stage, at: .rcpt, first: "550 5.1.1 User unknown")
        var ids: [QueueID] = []
        for number in 0..<20 {
            ids.append(stage.accept(to: ["a@d\(number % 4).test"], from: "s@t\(number % 3).test"))
            try stage.settle()
        }
        let failed = ids.filter { stage.recipients(of: $0).map(\.state) == [.failed] }
        #expect(failed == Array(ids.prefix(5)))
        #expect(stage.second.received.count == 15)
        #expect(stage.words.contains { $0.hasPrefix("circuit first") })
    }

    @Test("an upstream that is not believed is not believed when the connection ends after the dot either")
    func disbelievedInDoubt() throws {
        let stage = DeliveryStage()
        stage.first.script = { phase, argument in
            switch phase {
            case .rcpt where argument.contains("bad"): .reply("550 5.1.1 User unknown")
            case .dot: .drop
            default: nil
            }
        }
        for number in 0..<5 {
            stage.accept(to: ["bad@d\(number).test"])
            try stage.settle()
        }
        let id = stage.accept(to: ["good@x.test", "bad@y.test"])
        try stage.settle()
        #expect(stage.recipients(of: id).map(\.state) == [.inDoubt, .deferred])
    }

    @Test("dead addresses that another upstream refuses too are believed from then on, and open no circuit")
    func believedAgain() throws {
        let stage = DeliveryStage()
        refusing(stage, at: .rcpt, first: "550 5.1.1 User unknown", second: "550 5.1.1 No such user")
        for number in 0..<24 {
            stage.accept(to: ["a@d\(number % 4).test"], from: "s@t\(number % 3).test")
            try stage.settle()
        }
        #expect(stage.spool.messages.allSatisfy { $0.recipients.map(\.state) == [.failed] })
        // One of six is shown to the second.
        #expect(stage.second.commands.count { $0.hasPrefix("RCPT") } == 4)
        #expect(!stage.words.contains { $0.hasPrefix("circuit") })
    }

    @Test("an upstream that refuses every sender for no known cause opens its circuit")
    func sendersRefused() throws {
        let stage = DeliveryStage()
        refusing(stage, at: .mail, first: "550 Klingon only")
        for number in 0..<10 {
            stage.accept(to: ["a@d\(number).test"], from: "s@t\(number).test")
            try stage.settle()
        }
        #expect(stage.second.received.count == 10)
        #expect(stage.first.commands.count { $0.hasPrefix("MAIL") } == 5)
        #expect(stage.words.contains { $0.hasPrefix("circuit first") })
    }

    @Test("if both agree it fails, and no third is asked", arguments: phases)
    func confirmed(phase: ScriptedUpstream.Phase) throws {
        let stage = DeliveryStage(upstreams: 3)
        refusing(stage, at: phase, first: "550 no", second: "554 no")
        let id = stage.accept()
        try stage.settle()
        #expect(stage.recipients(of: id).map(\.state) == [.failed])
        #expect(stage.third.connects == 0)
        #expect(stage.words.contains("confirmed first by second"))
        #expect(!stage.words.contains { $0.hasPrefix("circuit") })
    }

    @Test("a third is asked if the second could not answer", arguments: phases)
    func further(phase: ScriptedUpstream.Phase) throws {
        let stage = DeliveryStage(upstreams: 3)
        refusing(stage, at: phase, first: "550 no")
        stage.second.refuses = true
        stage.accept()
        try stage.settle()
        #expect(stage.third.received.count == 1)
        #expect(stage.words.contains("refuted first by third"))
    }

    @Test("without another enabled upstream the first verdict stands", arguments: [1, 2])
    func firstStands(upstreams: Int) throws {
        let stage = DeliveryStage(upstreams: upstreams)
        refusing(stage, at: .rcpt, first: "550 no")
        if upstreams == 2 {
            _ = stage.dispatcher.control("second", UpstreamControl(.disable))
        }
        let id = stage.accept()
        try stage.settle()
        #expect(stage.recipients(of: id).map(\.state) == [.failed])
        #expect(stage.recipients(of: id).first?.lastReply == "550 no")
    }

    @Test("a known verdict fails at once")
    func known() throws {
        let stage = DeliveryStage()
        refusing(stage, at: .rcpt, first: "550 5.1.1 no such user")
        let id = stage.accept()
        try stage.settle()
        #expect(stage.recipients(of: id).map(\.state) == [.failed])
        #expect(stage.second.connects == 0)
    }

    @Test("while the other upstream is away the message waits for it, and goes through it")
    func waits() throws {
        let stage = DeliveryStage()
        refusing(stage, at: .rcpt, first: "550 no")
        stage.second.refuses = true
        let id = stage.accept()
        try stage.settle()
        #expect(stage.recipients(of: id).map(\.state) == [.deferred])
        stage.second.refuses = false
        try stage.leap(.seconds(120))
        #expect(stage.second.received.count == 1)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("if the other one stays away, three cycles and ten minutes are evidence enough")
    func impasse() throws {
        let stage = DeliveryStage()
        refusing(stage, at: .rcpt, first: "550 5.7.1 no")
        stage.second.refuses = true
        let id = stage.accept()
        try stage.leap(.seconds(599))
        #expect(stage.recipients(of: id).map(\.state) == [.deferred])
        try stage.leap(.seconds(1200))
        #expect(stage.recipients(of: id).map(\.state) == [.failed])
        #expect(stage.recipients(of: id).first?.lastReply == "550 5.7.1 no")
        #expect(stage.recipients(of: id).first?.upstream == "first")
    }

    @Test("one upstream defers the recipient, the other refuses it for an unknown reason: it waits")
    func deferredElsewhere() throws {
        let stage = DeliveryStage()
        refusing(stage, at: .rcpt, first: "450 4.2.0 not now", second: "550 no")
        let id = stage.accept()
        try stage.settle()
        #expect(stage.recipients(of: id).map(\.state) == [.deferred])
    }

    @Test("only the refused recipients move on")
    func part() throws {
        let stage = DeliveryStage()
        stage.first.script = { at, argument in at == .rcpt && argument != "a@x" ? .reply("550 no") : nil }
        stage.second.script = { at, argument in at == .rcpt && argument == "c@x" ? .reply("550 no") : nil }
        let id = stage.accept(to: ["a@x", "b@x", "c@x"])
        try stage.settle()
        #expect(stage.first.received.map(\.recipients) == [["a@x"]])
        #expect(stage.second.received.map(\.recipients) == [["b@x"]])
        #expect(stage.recipients(of: id).map(\.state) == [.delivered, .delivered, .failed])
    }

    @Test("a route without second opinions fails at once", arguments: phases)
    func switchedOff(phase: ScriptedUpstream.Phase) throws {
        let stage = DeliveryStage {
            var route = RouteSettings(name: "default")
            route.upstreams = ["first", "second"]
            route.secondOpinion = false
            $0.routes = [route]
        }
        refusing(stage, at: phase, first: "550 no")
        let id = stage.accept()
        try stage.settle()
        #expect(stage.recipients(of: id).map(\.state) == [.failed])
        #expect(stage.second.connects == 0)
    }

    @Test("with failover_on_reject refused content is tried on one other upstream", arguments: [true, false])
    func rejected(isTaken: Bool) throws {
        let stage = DeliveryStage(upstreams: 3) {
            var route = RouteSettings(name: "default")
            route.upstreams = ["first", "second", "third"]
            route.failoverOnReject = true
            $0.routes = [route]
        }
        refusing(stage, at: .dot, first: "550 5.6.0 content", second: isTaken ? nil : "550 5.6.0 content")
        let id = stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == (isTaken ? 1 : 0))
        #expect(stage.recipients(of: id).map(\.state) == (isTaken ? [] : [.failed]))
        #expect(stage.third.connects == 0)
    }

    @Test(
        "a trial refused for an unknown reason ends when another upstream has decided",
        arguments: [true, false])
    func trial(isTaken: Bool) throws {
        let stage = DeliveryStage { $0.circuit.consecutiveFailures = 1 }
        stage.first.refuses = true
        stage.accept()
        try stage.settle()
        #expect(stage.words.last { $0.hasPrefix("circuit first") } == "circuit first open")
        stage.first.refuses = false
        refusing(stage, at: .rcpt, first: "550 no", second: isTaken ? nil : "550 no")
        try stage.leap(.seconds(60))
        stage.accept()
        try stage.settle()
        let last = stage.words.last { $0.hasPrefix("circuit first") }
        #expect(last == (isTaken ? "circuit first open" : "circuit first closed"))
    }

    // MARK: - Evidence

    /// Messages that the first upstream refuses in unknown words and the second accepts.
    private func refute(
        _ stage: DeliveryStage, _ count: Int, domains: Int, senders: Int,
        reply: String = "554 5.7.1 Dislike 4711 of 192.0.2.1"
    ) throws {
        refusing(stage, at: .rcpt, first: reply)
        for number in 0..<count {
            stage.accept(to: ["r@d\(number % domains).test"], from: "s@t\(number % senders).test")
            try stage.settle()
        }
    }

    @Test("a recipient's domain without a route is asked about elsewhere, and is no evidence when another finds one")
    func unrouteable() throws {
        let stage = DeliveryStage()
        try refute(stage, 12, domains: 6, senders: 3, reply: "550 Unrouteable address")
        #expect(stage.second.received.count == 12)
        #expect(!stage.words.contains { $0.hasPrefix("circuit first") })
    }

    @Test("refuted refusals from several domains and senders open the circuit, with the reply as the cause")
    func opens() throws {
        let stage = DeliveryStage()
        for _ in 0..<50 { stage.accept(from: "s@t1.test") }
        try stage.settle()
        try refute(stage, 12, domains: 6, senders: 3)
        #expect(stage.words.contains("circuit first open"))
        #expect(stage.second.received.count == 12)
        let detail = try #require(stage.dispatcher.detail(of: "first"))
        #expect(detail.status.refutedReply == "554 5.7.1 Dislike # of #")
        #expect(detail.history.last?.cause.contains("554 5.7.1 Dislike # of #") == true)
        // Half of them have not even been tried there.
        let asked = stage.first.commands.filter { $0.hasPrefix("RCPT") && $0.contains(".test") }.count
        #expect(asked < 50 + 12)
    }

    @Test("no single tenant and no single domain opens the circuit for others", arguments: [true, false])
    func alone(isTenant: Bool) throws {
        let stage = DeliveryStage()
        for number in 0..<4 { stage.accept(from: "s@other\(number).test") }
        try stage.settle()
        try refute(stage, 40, domains: isTenant ? 20 : 1, senders: isTenant ? 1 : 20)
        #expect(!stage.words.contains("circuit first open"))
    }

    @Test("a confirmed refusal counts against nobody")
    func confirmedCountsForNobody() throws {
        let stage = DeliveryStage()
        refusing(stage, at: .rcpt, first: "554 5.7.1 Dislike", second: "554 no")
        for number in 0..<40 {
            stage.accept(to: ["r@d\(number).test"], from: "s@t\(number).test")
            try stage.settle()
        }
        #expect(!stage.words.contains { $0.hasPrefix("circuit") })
    }

    // MARK: - Too many recipients

    @Test(
        "recipients beyond a transaction's limit go in the next one, to the same upstream, at once",
        arguments: ["452 4.5.3 Too many recipients", "452 too many recipients", "550 5.5.3 too many recipients"])
    func tooMany(reply: String) throws {
        let stage = DeliveryStage()
        var count = 0
        stage.first.script = { at, _ in
            if at == .mail { count = 0 }
            guard at == .rcpt else { return nil }
            count += 1
            return count > 10 ? .reply(reply) : nil
        }
        let recipients = (1...50).map { "r\($0)@x" }
        stage.accept(to: recipients)
        try stage.settle()
        #expect(stage.first.received.count == 5)
        #expect(stage.first.received.flatMap(\.recipients) == recipients)
        #expect(stage.second.connects == 0)
        #expect(stage.spool.messages.isEmpty)
        // The session knows by now.
        stage.accept(to: recipients)
        try stage.settle()
        #expect(stage.first.received.suffix(5).map(\.recipients.count) == [10, 10, 10, 10, 10])
        #expect(stage.first.commands.filter { $0.hasPrefix("RCPT") }.count == 90 + 50)
    }

    @Test("an upstream for which one recipient is too many is unusable for now")
    func oneTooMany() throws {
        let stage = DeliveryStage()
        refusing(stage, at: .rcpt, first: "452 4.5.3 Too many recipients")
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 1)
    }
}
