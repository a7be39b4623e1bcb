import Mail
import NIOCore
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Operators' orders")
struct UpstreamControlTests {
    private func control(_ stage: DeliveryStage, _ name: String, _ order: UpstreamControl) throws -> UpstreamDetail? {
        let future = stage.dispatcher.control(name, order)
        try stage.settle()
        return try future.wait()
    }

    @Test("a disabled upstream gets nothing, its queue goes elsewhere, and its time ends automatically")
    func disable() throws {
        let stage = DeliveryStage()
        stage.first.script = { phase, _ in phase == .banner ? .silence : nil }
        stage.accept()
        try stage.settle()
        let detail = try control(stage, "first", UpstreamControl(.disable, reason: "audit", duration: .seconds(60)))
        #expect(detail?.status.adminOverride.state == .disabled)
        #expect(detail?.status.adminOverride.reason == "audit")
        #expect(detail?.status.share == 0)
        #expect(detail?.status.circuitShare == 1)
        #expect(stage.second.received.count == 1)
        stage.first.script = { _, _ in nil }
        try stage.leap(.seconds(30))
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 2)
        try stage.leap(.seconds(31))
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 1)
        #expect(stage.words.contains("control first enable"))
    }

    @Test("all disabled: mail waits, and goes when one is enabled")
    func allDisabled() throws {
        let stage = DeliveryStage()
        _ = try control(stage, "first", UpstreamControl(.disable))
        _ = try control(stage, "second", UpstreamControl(.drain))
        let id = stage.accept()
        try stage.advance(.seconds(5))
        #expect(stage.first.connects + stage.second.connects == 0)
        #expect(stage.recipients(of: id).map(\.state) == [.queued])
        _ = try control(stage, "second", UpstreamControl(.enable))
        try stage.settle()
        #expect(stage.second.received.count == 1)
    }

    @Test("a drained upstream finishes its queue")
    func drain() throws {
        let stage = DeliveryStage()
        stage.first.script = { phase, _ in phase == .banner ? .silence : nil }
        stage.accept()
        try stage.settle()
        let drained = try control(stage, "first", UpstreamControl(.drain))
        #expect(drained?.status.linedUp == 1)
        #expect(drained?.status.inFlight == 1)
        #expect(stage.second.received.isEmpty)
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 1)
        #expect(try control(stage, "first", UpstreamControl(.enable))?.status.adminOverride.state == .enabled)
    }

    @Test(
        "a tripped circuit opens, admits a trial on time, and goes up the ramp; reset restores everything at once"
    )
    func tripAndReset() throws {
        let stage = DeliveryStage()
        let tripped = try control(stage, "first", UpstreamControl(.trip, reason: "drill", duration: .seconds(5)))
        #expect(tripped?.status.circuit == .open)
        #expect(tripped?.nextStepAt != nil)
        #expect(tripped?.history.last?.cause.contains("drill") == true)
        for _ in 0..<10 { stage.accept() }
        try stage.settle()
        #expect(stage.second.received.count == 10)
        try stage.leap(.seconds(6))
        stage.accept()
        try stage.settle()
        for _ in 0..<10 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 2)
        let ramping = try control(stage, "first", UpstreamControl(.reset))
        #expect(ramping?.status.share == 1)
        for _ in 0..<10 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 12)
    }

    @Test("a history has changes only: not an open circuit opened again, nor an enabled upstream enabled")
    func history() throws {
        let stage = DeliveryStage()
        _ = try control(stage, "first", UpstreamControl(.trip, reason: "drill", duration: .seconds(5)))
        _ = try control(stage, "first", UpstreamControl(.enable))
        let tripped = try control(stage, "first", UpstreamControl(.trip, reason: "longer", duration: .seconds(60)))
        #expect(tripped?.history.map(\.transition) == [.circuit(from: .closed, to: .open)])
        #expect(tripped?.reason == "the circuit is open: tripped by hand; longer")
        let until = try #require(tripped?.nextStepAt)
        #expect(until - stage.now > .seconds(59))
        #expect(stage.words.count { $0 == "circuit first open" } == 2)
        for order in [UpstreamControl(.disable), UpstreamControl(.disable, reason: "audit"), UpstreamControl(.enable)] {
            _ = try control(stage, "first", order)
        }
        let detail = try #require(stage.dispatcher.detail(of: "first"))
        #expect(detail.history.map(\.transition.to) == ["open", "disabled", "enabled"])
    }

    @Test("a message that waits is told at which step it was refused, and in which words")
    func phaseOfRefusal() throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.first.script = { phase, _ in phase == .mail ? .reply("421 4.3.2 closing") : nil }
        stage.accept()
        try stage.settle()
        let deferrals = stage.events.all.compactMap { event -> (phase: String?, reply: String)? in
            guard case .deferred(_, _, _, let phase, let reply, _, let retryAt, _) = event, retryAt != nil else {
                return nil
            }
            return (phase, reply)
        }
        #expect(!deferrals.isEmpty)
        #expect(deferrals.allSatisfy { $0.phase == "mail" && $0.reply == "mail: 421 4.3.2 closing" })
    }

    @Test("a message that waits is told by whom it was refused, even if another upstream was tried after that")
    func upstreamOfRefusal() throws {
        let stage = DeliveryStage()
        stage.first.script = { phase, _ in phase == .mail ? .reply("421 4.3.2 closing") : nil }
        stage.second.refuses = true
        stage.accept(to: ["a@x", "b@x"])
        try stage.settle()
        let deferrals = stage.events.all.compactMap { event -> (recipients: Int, upstream: String?, reply: String)? in
            guard case .deferred(_, let recipients, let upstream, _, let reply, _, let retryAt, _) = event,
                retryAt != nil
            else { return nil }
            return (recipients.count, upstream, reply)
        }
        let deferral = try #require(deferrals.first)
        #expect(deferrals.count == 1 && deferral.recipients == 2)
        #expect(deferral.reply == "mail: 421 4.3.2 closing" && deferral.upstream == "first")
    }

    @Test("recipients that wait for different reasons are told apart")
    func reasonsOfWaiting() throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.first.script = { phase, line in
            guard phase == .rcpt else { return nil }
            return .reply(line.contains("a@x") ? "450 4.2.1 a is busy" : "450 4.2.1 b is away")
        }
        stage.accept(to: ["a@x", "b@x"])
        try stage.settle()
        let replies = stage.events.all.compactMap { event -> String? in
            guard case .deferred(_, let recipients, _, _, let reply, _, let retryAt, _) = event, retryAt != nil
            else { return nil }
            return "\(recipients[0].text) \(reply)"
        }
        #expect(replies == ["a@x 450 4.2.1 a is busy", "b@x 450 4.2.1 b is away"])
    }

    @Test("details of an upstream: its last replies, and the reason for its share")
    func detail() throws {
        let stage = DeliveryStage { $0.circuit.consecutiveFailures = 1 }
        stage.accept()
        try stage.advance(.seconds(1))
        stage.first.refuses = true
        for connection in stage.first.connections { connection.drop() }
        stage.accept()
        try stage.settle()
        let detail = try #require(stage.dispatcher.detail(of: "first"))
        #expect(detail.answers.map(\.phase) == ["dot", "connect"])
        #expect(detail.answers.last?.verdict == "transport, failover")
        #expect(detail.reason.hasPrefix("the circuit is open: "))
        #expect(detail.routes == ["default"])
        #expect(stage.dispatcher.detail(of: "nobody") == nil)
    }

    @Test("an answer is told with the rule that decides about it; a success and a lost connection have none")
    func rules() throws {
        let stage = DeliveryStage()
        stage.first.script = { phase, _ in phase == .mail ? .reply("454 4.7.0 Daily quota exceeded") : nil }
        stage.accept()
        try stage.settle()
        var detail = try #require(stage.dispatcher.detail(of: "first"))
        detail.answers.append(.init(at: detail.answers[0].at, phase: "connect", text: "refused", verdict: "transport"))
        detail.answers.append(.init(at: detail.answers[0].at, phase: "dot", text: "250 ok", verdict: nil))
        #expect(detail.answers.allSatisfy { $0.rule == nil })
        let rules = detail.explained(by: stage.dispatcher.upstreams.rules(of: "first")).answers.map(\.rule)
        #expect(rules.map { $0?.contains("quota-exceeded") } == [true, nil, nil])
    }
}
