import Mail
import NIOCore
import Spool
import TestKit
import Testing

@testable import Delivery

@Suite("Mail that is to be sent later")
struct ScheduledMailTests {
    private static let hour = Duration.seconds(3600)

    private func order(_ order: QueueOrder, _ id: QueueID, on stage: DeliveryStage) throws -> [QueueOrderResult] {
        let result = stage.dispatcher.orders.order(order, [id], wait: .seconds(1))
        try stage.settle()
        return try result.wait()
    }

    @Test("it waits for its time, while other mail goes out, and then goes to all its recipients", arguments: [1, 2])
    func waits(upstreams: Int) throws {
        let stage = DeliveryStage(upstreams: upstreams)
        stage.accept()
        try stage.settle()
        let id = stage.accept(to: ["a@x", "b@x"], heldFor: Self.hour)
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 2)
        #expect(stage.recipients(of: id).map(\.state) == [.scheduled, .scheduled])
        #expect(stage.spool.messages.map(\.openAttempt) == [nil])
        try stage.leap(Self.hour - .milliseconds(1))
        #expect(stage.first.received.count == 2)
        try stage.leap(.milliseconds(2))
        #expect(stage.first.received.count == 3)
        #expect(stage.spool.messages.isEmpty)
        #expect(!stage.first.commands.contains { $0.contains("HOLD") })
    }

    @Test("an upstream that comes back gets it no earlier")
    func recovery() throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.first.refuses = true
        stage.accept()
        let id = stage.accept(heldFor: .seconds(100 * 3600))
        try stage.leap(Self.hour)
        stage.first.refuses = false
        try stage.leap(Self.hour)
        #expect(stage.first.received.count == 1)
        #expect(stage.recipients(of: id).map(\.attempts) == [0])
        try stage.leap(.seconds(98 * 3600 + 1))
        #expect(stage.first.received.count == 2)
    }

    @Test("it is still scheduled after a restart, however late it is due", arguments: [1, 24, 30 * 24])
    func restart(hours: Int) throws {
        let stage = DeliveryStage(upstreams: 1)
        let id = QueueID(rawValue: 0)
        var message = SpooledMessage(
            id: id, receivedAt: stage.now, sender: .null, body: .sevenBit, priority: .normal, messageID: "",
            origin: "", size: 10, recipients: [Recipient(address: Address(unchecked: "a@x"))])
        let due = stage.now + .seconds(hours * 3600)
        message.schedule(for: due)
        stage.spool.insert(message, content: ByteBuffer(string: "A: b\r\n\r\n"))
        stage.dispatcher.restore([
            ScheduledMessage(
                id: id, receivedAt: message.receivedAt, releaseAt: due, dueAt: due, priority: .normal, inDoubt: false)
        ])
        try stage.leap(.seconds(hours * 3600 - 1))
        #expect(stage.first.received.isEmpty)
        #expect(stage.recipients(of: id).map(\.nextAttemptAt) == [due])
        try stage.leap(.seconds(2))
        #expect(stage.first.received.count == 1)
    }

    @Test("release sends it now, and only once")
    func release() throws {
        let stage = DeliveryStage()
        let id = stage.accept(heldFor: Self.hour)
        try stage.settle()
        #expect(try order(.retry, id, on: stage) == [.unchanged("it is scheduled: release sends it now")])
        #expect(stage.first.received.isEmpty)
        #expect(try order(.release, id, on: stage) == [.done])
        #expect(stage.first.received.count == 1)
        try stage.leap(.seconds(7200))
        #expect(stage.first.received.count + stage.second.received.count == 1)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("drop cancels it")
    func drop() throws {
        let stage = DeliveryStage()
        let id = stage.accept(heldFor: Self.hour)
        try stage.settle()
        #expect(try order(.drop(notify: false), id, on: stage) == [.done])
        #expect(stage.spool.messages.isEmpty)
        try stage.leap(.seconds(7200))
        #expect(stage.first.received.isEmpty && stage.second.received.isEmpty)
    }

    @Test("what is held does not go out when its time comes")
    func hold() throws {
        let stage = DeliveryStage()
        let id = stage.accept(heldFor: Self.hour)
        try stage.settle()
        #expect(try order(.hold, id, on: stage) == [.done])
        try stage.leap(.seconds(7200))
        #expect(stage.first.received.isEmpty)
        #expect(try order(.release, id, on: stage) == [.done])
        #expect(stage.first.received.count == 1)
    }

    @Test("nobody who sets the system's clock moves it", arguments: [86_400, -86_400])
    func step(seconds: Int) throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.accept(heldFor: Self.hour)
        try stage.settle()
        stage.step(by: .seconds(seconds))
        try stage.leap(Self.hour - .seconds(1))
        #expect(stage.first.received.isEmpty)
        try stage.leap(.seconds(2))
        #expect(stage.first.received.count == 1)
    }

    @Test("its retries and its expiry begin with its time")
    func expiry() throws {
        let stage = DeliveryStage(upstreams: 1) {
            $0.retry.initial = .seconds(10)
            $0.retry.max = .seconds(10)
            $0.retry.expireAfter = .seconds(100)
        }
        stage.first.script = { phase, _ in phase == .rcpt ? .reply("450 4.2.1 later") : nil }
        let id = stage.accept(heldFor: Self.hour)
        try stage.leap(Self.hour + .seconds(95))
        #expect(stage.recipients(of: id).map(\.state) == [.deferred])
        #expect(stage.recipients(of: id).map(\.attempts) == [10])
        try stage.leap(.seconds(10))
        #expect(stage.recipients(of: id).map(\.state) == [.failed])
        #expect(stage.recipients(of: id).map(\.failureClass) == [.expired])
    }

    @Test("released early, it ages from then", arguments: [true, false])
    func early(isHeld: Bool) throws {
        let stage = DeliveryStage(upstreams: 1) {
            $0.retry.initial = .seconds(1000)
            $0.retry.expireAfter = .seconds(100)
        }
        stage.first.script = { phase, _ in phase == .rcpt ? .reply("450 4.2.1 later") : nil }
        let id = stage.accept(heldFor: Self.hour)
        try stage.leap(.seconds(600))
        if isHeld { #expect(try order(.hold, id, on: stage) == [.done]) }
        #expect(try order(.release, id, on: stage) == [.done])
        try stage.leap(.seconds(99))
        #expect(stage.recipients(of: id).map(\.state) == [.deferred])
        try stage.leap(.seconds(2))
        #expect(stage.recipients(of: id).map(\.failureClass) == [.expired])
    }
}
