import Mail
import NIOCore
import Spool
import Upstreams
import TestKit
import Testing

@testable import Delivery

@Suite("Doubts resolved by an operator")
struct ResolvingTests {
    /// A message in doubt at the first upstream, which works from then on.
    private func doubtful(
        to recipients: [String] = ["a@x"], _ policy: InDoubtPolicy = .hold,
        configure: (inout DeliverySettings) -> Void = { _ in }
    ) throws -> (stage: DeliveryStage, id: QueueID) {
        let stage = DeliveryStage {
            $0.upstreams[0].inDoubt = policy
            configure(&$0)
        }
        stage.first.script = { phase, _ in phase == .dot ? .drop : nil }
        let id = stage.accept(to: recipients)
        try stage.settle()
        stage.first.script = { _, _ in nil }
        try #require(stage.recipients(of: id).map(\.state) == recipients.map { _ in .inDoubt })
        return (stage, id)
    }

    private func resolve(
        _ id: QueueID, on stage: DeliveryStage, _ recipients: [String]?, _ answer: InDoubtResolution
    ) throws -> InDoubtResolutionResult {
        let result = stage.dispatcher.resolve(id, recipients?.map { Address(unchecked: $0) }, as: answer)
        try stage.settle()
        return try result.wait()
    }

    private func resolve(_ id: QueueID, on stage: DeliveryStage, _ answer: InDoubtResolution) throws
        -> InDoubtResolutionResult
    {
        try resolve(id, on: stage, nil, answer)
    }

    private static let a = Address(unchecked: "a@x")

    @Test("delivered: the message is gone, and no upstream is asked")
    func delivered() throws {
        let (stage, id) = try doubtful()
        #expect(try resolve(id, on: stage, .delivered) == .resolved([Self.a]))
        #expect(stage.spool.messages.isEmpty)
        #expect(stage.words.last == "resolved delivered")
        try stage.leap(.seconds(7200))
        #expect(stage.first.received.isEmpty && stage.second.received.isEmpty)
    }

    @Test("retry: again through the same upstream, now, whatever the policy", arguments: InDoubtPolicy.allCases)
    func retry(policy: InDoubtPolicy) throws {
        let (stage, id) = try doubtful(policy)
        #expect(try resolve(id, on: stage, .retry) == .resolved([Self.a]))
        #expect(stage.first.received.count == 1)
        try stage.leap(.seconds(7200))
        #expect(stage.first.received.count == 1 && stage.second.received.isEmpty)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("failover: through another upstream, now, whatever the policy", arguments: InDoubtPolicy.allCases)
    func failover(policy: InDoubtPolicy) throws {
        let (stage, id) = try doubtful(policy)
        #expect(try resolve(id, on: stage, .failover) == .resolved([Self.a]))
        #expect(stage.second.received.count == 1)
        try stage.leap(.seconds(7200))
        #expect(stage.first.received.isEmpty && stage.second.received.count == 1)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("some recipients: the others stay in doubt")
    func some() throws {
        let (stage, id) = try doubtful(to: ["a@x", "b@x", "c@x"])
        #expect(try resolve(id, on: stage, ["B@X"], .delivered) == .resolved([Address(unchecked: "b@x")]))
        #expect(stage.recipients(of: id).map(\.state) == [.inDoubt, .delivered, .inDoubt])
        #expect(try resolve(id, on: stage, ["c@x", "c@x"], .failover) == .resolved([Address(unchecked: "c@x")]))
        #expect(stage.second.received.map(\.recipients) == [["c@x"]])
        #expect(stage.recipients(of: id).map(\.state) == [.inDoubt, .delivered, .delivered])
        #expect(try resolve(id, on: stage, .delivered) == .resolved([Self.a]))
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("different resolutions for recipients of one message are each carried out")
    func different() throws {
        let (stage, id) = try doubtful(to: ["a@x", "b@x"])
        _ = stage.dispatcher.flow.pause(until: stage.dispatcher.clock.instant + .seconds(5))
        #expect(try resolve(id, on: stage, ["a@x"], .retry) == .resolved([Self.a]))
        #expect(try resolve(id, on: stage, ["b@x"], .failover) == .resolved([Address(unchecked: "b@x")]))
        #expect(stage.recipients(of: id).map(\.resolution) == [.retry, .failover])
        try stage.leap(.seconds(10))
        #expect(stage.first.received.map(\.recipients) == [["a@x"]])
        #expect(stage.second.received.map(\.recipients) == [["b@x"]])
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a recipient that is unknown or not in doubt changes nothing")
    func refused() throws {
        let (stage, id) = try doubtful(to: ["a@x", "b@x"])
        _ = try resolve(id, on: stage, ["b@x"], .delivered)
        let before = stage.spool.messages
        let nobody = Address(unchecked: "z@x")
        #expect(try resolve(id, on: stage, ["a@x", "z@x"], .delivered) == .noSuchRecipient(nobody))
        #expect(try resolve(id, on: stage, ["b@x"], .retry) == .notInDoubt(Address(unchecked: "b@x")))
        #expect(stage.spool.messages == before)
        stage.first.script = { phase, _ in phase == .dot ? .reply("451 later") : nil }
        let other = stage.accept()
        try stage.settle()
        #expect(try resolve(other, on: stage, .delivered) == .notInDoubt(nil))
        stage.first.script = { _, _ in nil }
        try stage.leap(.seconds(7200))
        #expect(stage.recipients(of: other).isEmpty)
        #expect(stage.recipients(of: id).map(\.state) == [.inDoubt, .delivered])
    }

    @Test("failover without another upstream in the route changes nothing; retry is still possible")
    func noOtherUpstream() throws {
        let (stage, id) = try doubtful(to: ["a@x", "b@only.x"]) {
            var route = RouteSettings(name: "only")
            route.match.recipient = "@only.x"
            route.upstreams = ["first"]
            $0.routes = [route]
        }
        let before = stage.spool.messages
        #expect(try resolve(id, on: stage, .failover) == .noOtherUpstream(Address(unchecked: "b@only.x")))
        #expect(stage.spool.messages == before)
        #expect(stage.first.received.isEmpty && stage.second.received.isEmpty)
        #expect(try resolve(id, on: stage, ["a@x"], .failover) == .resolved([Self.a]))
        #expect(stage.second.received.map(\.recipients) == [["a@x"]])
        #expect(try resolve(id, on: stage, .retry) == .resolved([Address(unchecked: "b@only.x")]))
        #expect(stage.first.received.map(\.recipients) == [["b@only.x"]])
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("during an attempt it cannot be resolved; afterwards it can")
    func busy() throws {
        let (stage, id) = try doubtful()
        stage.first.script = { phase, _ in phase == .dot ? .silence : nil }
        #expect(try resolve(id, on: stage, .retry) == .resolved([Self.a]))
        #expect(try resolve(id, on: stage, .delivered) == .busy)
        try stage.leap(.seconds(301))
        #expect(stage.recipients(of: id).map(\.state) == [.inDoubt])
        // The new doubt waits for a new resolution.
        #expect(stage.recipients(of: id).map(\.resolution) == [nil])
        try stage.leap(.seconds(7200))
        #expect(stage.second.received.isEmpty)
        #expect(try resolve(id, on: stage, .delivered) == .resolved([Self.a]))
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a retry without a result stays with its upstream, and is repeated when that is back")
    func retryFails() throws {
        let (stage, id) = try doubtful()
        stage.first.refuses = true
        #expect(try resolve(id, on: stage, .retry) == .resolved([Self.a]))
        try stage.leap(.seconds(600))
        #expect(stage.recipients(of: id).map(\.state) == [.inDoubt])
        #expect(stage.recipients(of: id).map(\.resolution) == [.retry])
        stage.first.refuses = false
        try stage.leap(.seconds(7200))
        #expect(stage.first.received.count == 1 && stage.second.received.isEmpty)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("one that stands in line because no upstream works can be resolved")
    func standing() throws {
        let (stage, id) = try doubtful(.failover) { $0.circuit.consecutiveFailures = 1 }
        stage.first.refuses = true
        stage.second.refuses = true
        try stage.leap(.seconds(90))
        #expect(stage.recipients(of: id).map(\.state) == [.inDoubt])
        #expect(try resolve(id, on: stage, .delivered) == .resolved([Self.a]))
        (stage.first.refuses, stage.second.refuses) = (false, false)
        try stage.leap(.seconds(7200))
        #expect(stage.first.received.isEmpty && stage.second.received.isEmpty)
    }

    @Test("of two simultaneous orders one is carried out")
    func twoOrders() throws {
        let (stage, id) = try doubtful()
        stage.spool.setHoldsReads(true)
        let first = stage.dispatcher.resolve(id, nil, as: .retry)
        let second = stage.dispatcher.resolve(id, nil, as: .failover)
        #expect(try second.wait() == .busy)
        stage.spool.setHoldsReads(false)
        stage.spool.answerReads()
        try stage.settle()
        #expect(try first.wait() == .resolved([Self.a]))
        #expect(stage.first.received.count == 1 && stage.second.received.isEmpty)
    }

    @Test("an unreadable message stays unchanged, and keeps its place")
    func unreadable() throws {
        let (stage, id) = try doubtful(.retrySame)
        stage.spool.failNext(.load, with: SpoolError(.inputOutput, "the disk has failed"))
        #expect(try resolve(id, on: stage, .delivered) == .unreadable("the disk has failed"))
        try stage.leap(.seconds(7200))
        #expect(stage.first.received.count == 1)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a stopping relay resolves nothing")
    func stopping() throws {
        let (stage, id) = try doubtful()
        stage.dispatcher.stop(grace: .milliseconds(10)) {}
        #expect(try resolve(id, on: stage, .delivered) == .stopping)
        #expect(stage.recipients(of: id).map(\.state) == [.inDoubt])
    }

    @Test("a resolution survives a restart", arguments: [Recipient.Resolution.retry, .failover])
    func restart(resolution: Recipient.Resolution) throws {
        let stage = DeliveryStage { $0.upstreams[0].inDoubt = .hold }
        let message = SpooledMessage(
            id: QueueID(rawValue: 5), receivedAt: stage.now, sender: .null, body: .sevenBit, priority: .normal,
            messageID: "", origin: "", size: 10,
            recipients: [
                Recipient(
                    address: Self.a, state: .inDoubt, attempts: 1, nextAttemptAt: stage.now, upstream: "first",
                    resolution: resolution)
            ])
        stage.spool.insert(message, content: ByteBuffer(string: "A: b\r\n\r\n"))
        stage.dispatcher.restore([
            ScheduledMessage(
                id: message.id, receivedAt: message.receivedAt, dueAt: stage.now, priority: .normal, inDoubt: true)
        ])
        try stage.settle()
        #expect(stage.first.received.count == (resolution == .retry ? 1 : 0))
        #expect(stage.second.received.count == (resolution == .retry ? 0 : 1))
    }
}

@Suite("In-doubt rules in relay.conf")
struct InDoubtRulesTests {
    private static let since = Timestamp(milliseconds: 1_000_000)

    private static func settings() -> DeliverySettings {
        var settings = DeliverySettings()
        settings.upstreams = ["first", "second"].map { UpstreamSettings(name: $0, host: $0, port: 25) }
        settings.upstreams[0].inDoubtHold = .seconds(60)
        var route = RouteSettings(name: "careful")
        route.match.recipient = "@careful.example"
        route.upstreams = ["first", "second"]
        route.inDoubt = .hold
        route.inDoubtHold = .seconds(5)
        settings.routes = [route]
        return settings
    }

    private static func message(
        _ addresses: [String], upstream: String = "first", resolution: Recipient.Resolution? = nil
    ) -> SpooledMessage {
        SpooledMessage(
            id: QueueID(rawValue: 1), receivedAt: since, sender: .null, body: .sevenBit, priority: .normal,
            messageID: "", origin: "", size: 1,
            recipients: addresses.map {
                Recipient(
                    address: Address(unchecked: $0), state: .inDoubt, nextAttemptAt: since, upstream: upstream,
                    resolution: resolution)
            })
    }

    @Test("the route's setting precedes the upstream's, for each recipient")
    func routes() {
        let rules = InDoubtRules(Self.settings())
        let message = Self.message(["a@x.example", "a@careful.example"])
        #expect(message.recipients.map { rules.rule(for: $0, of: message)?.policy } == [.retrySame, .hold])
        #expect(message.recipients.map { rules.rule(for: $0, of: message)?.hold } == [.seconds(60), .seconds(5)])
        #expect(message.recipients.map { rules.dueTime(of: $0, in: message) } == [Self.since + .seconds(60), nil])
    }

    @Test("an operator's resolution precedes both", arguments: [Recipient.Resolution.retry, .failover])
    func operators(resolution: Recipient.Resolution) {
        let plan = RetryPlan(Self.settings())
        let message = Self.message(["a@x.example", "a@careful.example"], resolution: resolution)
        #expect(plan.nextDue(of: message) == Self.since)
        let cycle = plan.cycle(for: message, at: Self.since)
        #expect(cycle?.recipients == [0, 1])
        #expect(cycle?.onlyUpstream == (resolution == .retry ? "first" : nil))
        #expect(cycle?.withoutUpstream == (resolution == .retry ? nil : "first"))
    }

    @Test("recipients whose doubts end in different ways are kept apart")
    func apart() {
        var settings = Self.settings()
        settings.routes[0].inDoubt = .failover
        let plan = RetryPlan(settings)
        let message = Self.message(["a@x.example", "a@careful.example"])
        let late = Self.since + .seconds(100)
        #expect(plan.cycle(for: message, at: late)?.recipients == [0])
        #expect(plan.cycle(for: message, at: Self.since + .seconds(6))?.recipients == [1])
        #expect(plan.cycle(for: message, at: Self.since + .seconds(6))?.withoutUpstream == "first")
    }

    @Test("a removed upstream cannot be asked again, whatever the setting")
    func gone() {
        let plan = RetryPlan(Self.settings())
        let message = Self.message(["a@x.example"], upstream: "gone", resolution: .retry)
        #expect(plan.nextDue(of: message) == Self.since)
        #expect(plan.cycle(for: message, at: Self.since)?.onlyUpstream == nil)
        let careful = Self.message(["a@careful.example"], upstream: "gone")
        #expect(plan.nextDue(of: careful) == Self.since)
    }

    @Test("nobody knows what is in doubt of a message in progress, except for those who are no recipients of it")
    func onItsWay() throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.first.script = { phase, _ in phase == .dot ? .silence : nil }
        let id = stage.accept()
        try stage.settle()
        #expect(stage.dispatcher.queue.location(of: id) == .withUpstream)
        let answer = stage.dispatcher.resolve(id, nil, as: .delivered)
        try stage.settle()
        #expect(try answer.wait() == .busy)
        let nobody = Address(unchecked: "z@x")
        let other = stage.dispatcher.resolve(id, [nobody], as: .delivered)
        try stage.settle()
        #expect(try other.wait() == .noSuchRecipient(nobody))
    }
}
