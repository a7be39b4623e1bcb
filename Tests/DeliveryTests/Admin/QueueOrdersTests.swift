import Mail
import NIOCore
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Operators' orders about waiting messages")
struct QueueOrdersTests {
    /// A stage whose upstreams refuse connections, with this many messages waiting.
    private func waiting(
        _ count: Int = 1, upstreams: Int = 2, configure: (inout DeliverySettings) -> Void = { _ in }
    ) throws -> (stage: DeliveryStage, ids: [QueueID]) {
        let stage = DeliveryStage(upstreams: upstreams, configure: configure)
        for upstream in [stage.first, stage.second] { upstream.refuses = true }
        let ids = (0..<count).map { _ in stage.accept() }
        try stage.settle()
        return (stage, ids)
    }

    private func order(
        _ order: QueueOrder, _ ids: [QueueID], on stage: DeliveryStage, wait: TimeAmount = .seconds(1)
    ) throws -> [QueueOrderResult] {
        let result = stage.dispatcher.orders.order(order, ids, wait: wait)
        try stage.settle()
        return try result.wait()
    }

    private func received(_ stage: DeliveryStage) -> Int {
        stage.first.received.count + stage.second.received.count
    }

    private func recover(_ stage: DeliveryStage) throws {
        for upstream in [stage.first, stage.second] { upstream.refuses = false }
        try stage.leap(.seconds(3600))
    }

    @Test("fresh mail that an order takes out of its line has no attempt open")
    func attempt() throws {
        let stage = DeliveryStage(upstreams: 1) { $0.upstreams[0].maxConnections = 1 }
        let sent = stage.accept()
        try stage.settle()
        stage.first.script = { phase, _ in phase == .mail ? .silence : nil }
        let ids = (0..<20).map { _ in stage.accept() }
        try stage.settle()
        let last = try #require(ids.last)
        try #require(sent < last && stage.dispatcher.queue.location(of: last) == .inLine)
        try #require(stage.spool.messages.last?.openAttempt != nil)
        let results = try order(.release, [last], on: stage)
        #expect(results != [.busy] && results != [.done])
        try stage.advance(.milliseconds(100))
        #expect(stage.spool.messages.last?.id == last)
        #expect(stage.spool.messages.last?.openAttempt == nil)
    }

    @Test("what is held is not sent before its release")
    func hold() throws {
        let (stage, ids) = try waiting(3)
        #expect(try order(.hold, [ids[1]], on: stage) == [.done])
        try recover(stage)
        #expect(received(stage) == 2)
        #expect(stage.recipients(of: ids[1]).map(\.holdReason) == [.operator])
        #expect(try order(.release, [ids[1]], on: stage) == [.done])
        #expect(received(stage) == 3)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a dropped message is gone, and the others are not")
    func drop() throws {
        let (stage, ids) = try waiting(3)
        #expect(try order(.drop(notify: false), [ids[0], ids[2], ids[0]], on: stage) == [.done, .done, .done])
        #expect(stage.spool.messages.map(\.id) == [ids[1]])
        try recover(stage)
        #expect(received(stage) == 1)
    }

    @Test("retry makes a deferred message due now")
    func retry() throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.first.script = { phase, _ in phase == .rcpt ? .reply("450 4.2.1 later") : nil }
        let id = stage.accept()
        try stage.settle()
        stage.first.script = { _, _ in nil }
        #expect(try order(.retry, [id], on: stage) == [.done])
        #expect(stage.first.received.count == 1)
    }

    @Test("a moved message goes through its upstream, and through the others once that fails")
    func move() throws {
        let stage = DeliveryStage()
        stage.first.script = { phase, _ in phase == .rcpt ? .reply("450 4.2.1 later") : nil }
        stage.second.script = { phase, _ in phase == .rcpt ? .reply("450 4.2.1 later") : nil }
        let id = stage.accept()
        try stage.settle()
        stage.first.script = { _, _ in nil }
        stage.second.script = { _, _ in nil }
        #expect(try order(.move(to: "second"), [id], on: stage) == [.done])
        #expect(stage.second.received.count == 1 && stage.first.received.isEmpty)
    }

    @Test("a moved message whose upstream is away goes the way of all mail")
    func movedInVain() throws {
        let stage = DeliveryStage()
        for upstream in [stage.first, stage.second] {
            upstream.script = { phase, _ in phase == .rcpt ? .reply("450 4.2.1 later") : nil }
        }
        let id = stage.accept()
        try stage.settle()
        stage.first.script = { _, _ in nil }
        stage.second.script = { phase, _ in phase == .mail ? .drop : nil }
        #expect(try order(.move(to: "second"), [id], on: stage) == [.done])
        try stage.advance(.seconds(2))
        #expect(stage.first.received.count == 1)
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("an order waits for the attempt that runs, and then keeps the message from the next upstream")
    func underWay() throws {
        let stage = DeliveryStage { $0.upstreams[0].patience = .seconds(20) }
        stage.first.script = { phase, _ in phase == .mail ? .silence : nil }
        let id = stage.accept()
        try stage.settle()
        let result = stage.dispatcher.orders.order(.hold, [id], wait: .seconds(600))
        try stage.advance(.seconds(1))
        #expect(stage.recipients(of: id).map(\.state) == [.queued])
        try #require(stage.first.connections.last).drop()
        try stage.settle()
        #expect(try result.wait() == [.done])
        #expect(stage.recipients(of: id).map(\.state) == [.held])
        #expect(stage.second.received.isEmpty)
    }

    @Test("an order whose message the attempt ends says what has become of it", arguments: [true, false])
    func ended(delivered: Bool) throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.first.script = { phase, _ in
            phase == .dot ? .lateReply(delivered ? "250 2.0.0 taken" : "550 5.7.1 no", after: .seconds(1)) : nil
        }
        let id = stage.accept()
        try stage.settle()
        let result = stage.dispatcher.orders.order(.retry, [id], wait: .seconds(10))
        try stage.advance(.seconds(2))
        #expect(try result.wait() == [.ended(delivered: delivered)])
    }

    @Test("what could not be recorded keeps its priority")
    func priority() throws {
        let stage = DeliveryStage(upstreams: 1) {
            $0.retry.initial = .seconds(300)
            $0.upstreams[0].maxConnections = 1
        }
        stage.first.script = { phase, _ in phase == .rcpt ? .reply("450 4.2.1 later") : nil }
        let ids = [Priority.bulk, .high].map { stage.accept(to: ["\($0)@x"], priority: $0) }
        try stage.settle()
        stage.first.script = { _, _ in nil }
        stage.spool.failNext(.settle, with: SpoolError(.full, "full"))
        let result = stage.dispatcher.orders.order(.hold, ids, wait: .seconds(1))
        try stage.settle()
        #expect(try result.wait() == [.unrecorded("full"), .unrecorded("full")])
        let retry = stage.dispatcher.orders.order(.retry, ids, wait: .seconds(1))
        try stage.settle()
        #expect(try retry.wait() == [.done, .done])
        #expect(stage.first.received.map(\.recipients) == [["high@x"], ["bulk@x"]])
    }

    @Test("an order whose wait ends before the attempt has changed nothing")
    func busy() throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.first.script = { phase, _ in phase == .dot ? .silence : nil }
        let id = stage.accept()
        try stage.settle()
        let result = stage.dispatcher.orders.order(
            .drop(notify: false), [id, QueueID(rawValue: 1 << 40)], wait: .seconds(3))
        try stage.advance(.seconds(4))
        #expect(try result.wait() == [.busy, .missing])
        #expect(stage.spool.messages.count == 1)
    }

    @Test("a bulk order goes in groups, and each message gets its own result")
    func bulk() throws {
        let count = 3 * QueueOrders.groupSize + 7
        let (stage, ids) = try waiting(count)
        let results = try order(.hold, ids.reversed() + [QueueID(rawValue: 1 << 40)], on: stage)
        #expect(results == ids.map { _ in .done } + [.missing])
        #expect(stage.spool.messages.allSatisfy { $0.recipients[0].state == .held })
        #expect(try order(.hold, [ids[3]], on: stage) == [.unchanged("it is held already")])
        #expect(try order(.release, ids, on: stage) == ids.map { _ in .done })
        try recover(stage)
        #expect(stage.spool.messages.isEmpty)
        #expect(received(stage) == count)
    }

    @Test("what the spool cannot record is not done, and the message waits as before")
    func unrecorded() throws {
        let (stage, ids) = try waiting(1)
        stage.spool.failNext(.settle, with: SpoolError(.full, "no room"))
        #expect(try order(.drop(notify: false), ids, on: stage) == [.unrecorded("no room")])
        #expect(stage.spool.messages.count == 1)
        try recover(stage)
        #expect(received(stage) == 1)
    }

    @Test("a relay that stops carries nothing out")
    func stopping() throws {
        let (stage, ids) = try waiting(1)
        stage.dispatcher.stop(grace: .seconds(1)) {}
        #expect(try order(.hold, ids, on: stage) == [.stopping])
    }
}
