import Mail
import NIOCore
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("When somebody sets the clock")
struct ClockStepTests {
    private static let days = Duration.seconds(6 * 86_400)

    @Test("nothing expires, and everything goes out as soon as an upstream is back", arguments: [1, -1])
    func thereAndBack(sign: Int) throws {
        let stage = DeliveryStage()
        stage.first.refuses = true
        stage.second.refuses = true
        for _ in 0..<20 { stage.accept() }
        try stage.advance(.seconds(1))
        stage.step(by: Self.days * sign)
        try stage.advance(.seconds(4))
        for _ in 0..<20 { stage.accept(at: stage.now + Self.days * sign) }
        stage.step(by: Self.days * -sign)
        try stage.advance(.seconds(1))
        stage.first.refuses = false
        stage.second.refuses = false
        try stage.leap(.seconds(90))
        #expect(!stage.words.contains { $0.hasPrefix("failed") })
        #expect(stage.words.count { $0.hasPrefix("delivered") } == 40)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a step is reported once, with its direction", arguments: [Self.days, .seconds(-3)])
    func reported(step: Duration) throws {
        let stage = DeliveryStage()
        stage.step(by: step)
        try stage.settle()
        #expect(stage.words == ["clock stepped by \(step.wholeMilliseconds) ms"])
    }

    @Test("a message expires when its time has passed, not when a clock says so", arguments: [1, -1])
    func expiry(sign: Int) throws {
        let stage = DeliveryStage(upstreams: 1) {
            $0.retry.initial = .seconds(2)
            $0.retry.max = .seconds(5)
            $0.retry.expireAfter = .seconds(100)
            $0.circuit.maxOpenDuration = .seconds(5)
        }
        stage.first.refuses = true
        let id = stage.accept()
        try stage.leap(.seconds(40))
        stage.step(by: Self.days * sign)
        try stage.leap(.seconds(55))
        #expect(stage.recipients(of: id).map(\.state) == [.deferred])
        try stage.leap(.seconds(15))
        #expect(stage.recipients(of: id).map(\.state) == [.failed])
    }

    @Test("a retry waits as long as it was to, and operators see when that is", arguments: [1, -1])
    func retry(sign: Int) throws {
        let stage = DeliveryStage(upstreams: 1) { $0.retry.initial = .seconds(60) }
        stage.first.script = { phase, _ in phase == .rcpt ? .reply("450 4.2.0 later") : nil }
        let id = stage.accept()
        try stage.advance(.seconds(1))
        let due = try #require(stage.recipients(of: id).first?.nextAttemptAt)
        stage.step(by: Self.days * sign)
        stage.first.script = { _, _ in nil }
        try stage.leap(.seconds(50))
        #expect(stage.first.received.isEmpty)
        #expect(stage.dispatcher.clock.wall(of: due) == due + Self.days * sign)
        try stage.leap(.seconds(15))
        #expect(stage.first.received.count == 1)
    }

    @Test("a hold of a doubt is neither cut short nor drawn out", arguments: [1, -1])
    func hold(sign: Int) throws {
        let stage = DeliveryStage(upstreams: 1) {
            $0.upstreams[0].inDoubt = .retrySame
            $0.upstreams[0].inDoubtHold = .seconds(60)
        }
        stage.first.script = { phase, _ in phase == .dot ? .drop : nil }
        let id = stage.accept()
        try stage.advance(.seconds(1))
        #expect(stage.recipients(of: id).map(\.state) == [.inDoubt])
        stage.first.script = { _, _ in nil }
        stage.step(by: Self.days * sign)
        let sent = stage.first.received.count
        try stage.leap(.seconds(50))
        #expect(stage.first.received.count == sent)
        try stage.leap(.seconds(15))
        #expect(stage.first.received.count == sent + 1)
    }

    @Test("an operator's order lasts as long as it was to", arguments: [1, -1])
    func order(sign: Int) throws {
        let stage = DeliveryStage(upstreams: 1)
        _ = stage.dispatcher.control("first", UpstreamControl(.disable, duration: .seconds(60)))
        stage.step(by: Self.days * sign)
        stage.accept()
        try stage.leap(.seconds(50))
        #expect(stage.first.received.isEmpty)
        try stage.leap(.seconds(15))
        #expect(stage.first.received.count == 1)
    }

    @Test("delays are the time that has passed", arguments: [1, -1])
    func delay(sign: Int) throws {
        let stage = DeliveryStage(upstreams: 1) { $0.retry.initial = .seconds(10) }
        stage.first.refuses = true
        stage.accept()
        try stage.advance(.seconds(1))
        stage.step(by: Self.days * sign)
        stage.first.refuses = false
        try stage.leap(.seconds(30))
        let delays = stage.events.all.compactMap { event -> Duration? in
            if case .delivered(_, _, _, _, _, let delay, _, _) = event { delay } else { nil }
        }
        #expect(delays.count == 1 && delays.allSatisfy { $0 > .seconds(1) && $0 < .seconds(31) })
    }

    // MARK: - What lies on disk

    private func found(
        on stage: DeliveryStage, _ state: Recipient.State = .deferred, due: Timestamp, receivedAt: Timestamp
    ) -> QueueID {
        let id = QueueID(rawValue: 0)
        let message = SpooledMessage(
            id: id, receivedAt: receivedAt, sender: .null, body: .sevenBit, priority: .normal, messageID: "",
            origin: "", size: 10,
            recipients: [
                Recipient(
                    address: Address(unchecked: "a@x"), state: state, attempts: 1, nextAttemptAt: due, upstream: "first"
                )
            ])
        stage.spool.insert(message, content: ByteBuffer(string: "A: b\r\n\r\n"))
        stage.dispatcher.restore([
            ScheduledMessage(
                id: id, receivedAt: receivedAt, dueAt: due, priority: .normal, inDoubt: state == .inDoubt)
        ])
        return id
    }

    @Test(
        "mail due later than the longest wait is tried at once", arguments: [.seconds(7200), Self.days, .seconds(1e12)])
    func impossible(wait: Duration) throws {
        let stage = DeliveryStage(upstreams: 1)
        _ = found(on: stage, due: stage.now + wait, receivedAt: stage.now + wait)
        try stage.settle()
        #expect(stage.first.received.count == 1)
    }

    @Test("mail due within the longest wait waits for its time")
    func possible() throws {
        let stage = DeliveryStage(upstreams: 1)
        _ = found(on: stage, due: stage.now + .seconds(3600), receivedAt: stage.now)
        try stage.settle()
        #expect(stage.first.received.isEmpty)
        try stage.leap(.seconds(3601))
        #expect(stage.first.received.count == 1)
    }

    @Test("a doubt that is to arise some day has its hold from now")
    func impossibleDoubt() throws {
        let stage = DeliveryStage(upstreams: 1) {
            $0.upstreams[0].inDoubt = .retrySame
            $0.upstreams[0].inDoubtHold = .seconds(60)
        }
        _ = found(on: stage, .inDoubt, due: stage.now + Self.days, receivedAt: stage.now)
        try stage.leap(.seconds(50))
        #expect(stage.first.received.isEmpty)
        try stage.leap(.seconds(15))
        #expect(stage.first.received.count == 1)
    }

    @Test("mail too old by a clock that may be wrong gets its turn again and again before it expires")
    func old() throws {
        let stage = DeliveryStage(upstreams: 1) { $0.retry.max = .seconds(600) }
        stage.first.refuses = true
        let id = found(on: stage, due: stage.now - Self.days, receivedAt: stage.now - Self.days)
        try stage.leap(.seconds(590))
        #expect(stage.recipients(of: id).map(\.state) == [.deferred])
        try stage.leap(.seconds(1300))
        #expect(stage.recipients(of: id).map(\.state) == [.failed])
    }

    @Test("a clock far ahead at the start that is put right later has expired nothing")
    func startedAhead() throws {
        let stage = DeliveryStage(upstreams: 1) { $0.retry.max = .seconds(600) }
        stage.first.refuses = true
        let id = found(on: stage, due: stage.now - Self.days, receivedAt: stage.now - Self.days)
        try stage.leap(.seconds(500))
        stage.step(by: .zero - Self.days)
        try stage.leap(.seconds(3000))
        #expect(stage.recipients(of: id).map(\.state) == [.deferred])
        stage.first.refuses = false
        try stage.leap(.seconds(700))
        #expect(stage.first.received.count == 1)
    }
}
