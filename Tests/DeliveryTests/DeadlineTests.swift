import Mail
import NIOCore
import Notices
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("A message that waits expires, and its sender hears of the delay, when its time comes")
struct DeadlineTests {
    /// Retries are far apart, expiry and warning are not.
    private func stage(
        upstreams: Int = 1, warnAfter: Duration = .seconds(40), expireAfter: Duration = .seconds(100),
        _ configure: (inout DeliverySettings) -> Void = { _ in }
    ) -> DeliveryStage {
        DeliveryStage(upstreams: upstreams) {
            $0.retry.initial = .seconds(3000)
            $0.retry.warnAfter = warnAfter
            $0.retry.expireAfter = expireAfter
            $0.notices.deliver = .mail
            configure(&$0)
        }
    }

    private func deferring(_ stage: DeliveryStage) {
        stage.first.script = { phase, argument in
            phase == .rcpt && argument.hasPrefix("slow") ? .reply("450 4.2.1 later") : nil
        }
    }

    private func notices(_ stage: DeliveryStage) -> [String] {
        stage.words.filter { $0.hasPrefix("notice") }
    }

    // MARK: - While it waits for its next attempt

    @Test("a deferred message expires between two attempts, and no upstream is asked for it")
    func deferred() throws {
        let stage = stage()
        deferring(stage)
        let id = stage.accept(to: ["slow@x", "a@x"], from: "app@x")
        try stage.leap(.milliseconds(99_999))
        #expect(stage.recipients(of: id).map(\.state) == [.deferred, .delivered])
        let commands = stage.first.commands.count { $0.hasPrefix("RCPT TO:<slow") }
        try stage.leap(.milliseconds(2))
        #expect(stage.recipients(of: id).map(\.failureClass) == [.expired, nil])
        #expect(stage.recipients(of: id).first?.lastReply == "expired; last: 450 4.2.1 later")
        #expect(stage.first.commands.count { $0.hasPrefix("RCPT TO:<slow") } == commands)
        #expect(notices(stage) == ["notice delay app@x", "notice failure app@x"])
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("the delay is told once, at its time, and the retries stay where they are")
    func delay() throws {
        let stage = stage()
        deferring(stage)
        let id = stage.accept(to: ["slow@x"], from: "app@x")
        try stage.leap(.seconds(39))
        let due = stage.recipients(of: id).first?.nextAttemptAt
        #expect(notices(stage).isEmpty && due != nil)
        try stage.leap(.seconds(2))
        #expect(notices(stage) == ["notice delay app@x"])
        #expect(stage.recipients(of: id).map(\.wasWarned) == [true])
        #expect(stage.recipients(of: id).first?.nextAttemptAt == due)
        try stage.leap(.seconds(50))
        #expect(notices(stage).count == 1)
        #expect(stage.recipients(of: id).map(\.attempts) == [1])
    }

    @Test("where nobody is told anything, a delay costs no commit")
    func silent() throws {
        let stage = stage { $0.notices.deliver = .none }
        deferring(stage)
        let id = stage.accept(to: ["slow@x"])
        try stage.leap(.seconds(90))
        #expect(stage.recipients(of: id).map(\.wasWarned) == [false])
        try stage.leap(.seconds(11))
        #expect(stage.recipients(of: id).map(\.failureClass) == [.expired])
    }

    @Test("a message that an upstream will release, too, expires in time")
    func stranded() throws {
        let stage = stage()
        stage.first.refuses = true
        let id = stage.accept()
        try stage.leap(.milliseconds(100_002))
        #expect(stage.recipients(of: id).map(\.failureClass) == [.expired])
        #expect(stage.spool.messages.isEmpty || stage.spool.messages.allSatisfy { $0.notice != nil })
    }

    // MARK: - While no upstream takes mail

    @Test(
        "behind closed circuits all mail expires within a second of its time, and its bounce says that none was tried",
        arguments: [1, 2])
    func blocked(routes: Int) throws {
        let stage = stage {
            $0.circuit.openDuration = .seconds(100_000)
            $0.circuit.maxOpenDuration = .seconds(100_000)
            guard routes > 1 else { return }
            var other = RouteSettings(name: "other")
            other.upstreams = ["first"]
            other.match.recipient = "@other"
            var rest = RouteSettings(name: "rest")
            rest.upstreams = ["first"]
            $0.routes = [other, rest]
        }
        _ = stage.dispatcher.control("first", UpstreamControl(.trip, duration: .seconds(100_000)))
        let count = 2 * DeliveryQueue.windowSize
        let ids = (0..<count).map { _ in stage.accept(from: "app@x") }
        try stage.leap(.milliseconds(41_001))
        #expect(notices(stage) == Array(repeating: "notice delay app@x", count: count))
        #expect(ids.allSatisfy { stage.recipients(of: $0).map(\.state) == [.queued] })
        try stage.leap(.milliseconds(58_998))
        #expect(ids.allSatisfy { stage.recipients(of: $0).map(\.state) == [.queued] })
        try stage.leap(.milliseconds(1_002))
        for id in ids {
            let recipient = try #require(stage.recipients(of: id).first)
            #expect(recipient.failureClass == .expired && recipient.attempts == 0)
            #expect(recipient.lastReply == "expired; last: no upstream takes mail now")
        }
        #expect(notices(stage).count == 2 * count)
        #expect(stage.first.commands.isEmpty)
    }

    @Test("a message that only waits for its turn at a working upstream is warned of, and tried whatever its age")
    func turn() throws {
        let stage = stage { $0.upstreams[0].maxRate = Rate(count: 1, per: .seconds(150)) }
        stage.accept()
        try stage.settle()
        let id = stage.accept(from: "app@x")
        try stage.leap(.seconds(110))
        #expect(notices(stage) == ["notice delay app@x"])
        #expect(stage.recipients(of: id).map(\.state) == [.queued])
        try stage.leap(.seconds(60))
        #expect(stage.first.received.contains { $0.sender == "app@x" })
    }

    @Test("a campaign whose sender has been warned keeps its order, and is not before the mail of others for that")
    func campaign() throws {
        let stage = stage(expireAfter: .seconds(100_000)) {
            $0.upstreams[0].maxRate = Rate(count: 1, per: .seconds(10))
        }
        for number in 0..<400 { stage.accept(to: ["\(number)@x"], from: "app@x", user: "campaign") }
        try stage.leap(.seconds(60))
        #expect(notices(stage).count > 350)
        let before = stage.first.received.count
        stage.accept(to: ["reset@x"], user: "shop")
        try stage.leap(.seconds(120))
        #expect(stage.first.received.dropFirst(before).contains { $0.recipients == ["reset@x"] })
        let order = stage.first.received.flatMap(\.recipients).compactMap { Int($0.dropLast(2)) }
        #expect(order.count > 10 && order == order.sorted())
    }

    // MARK: - What does not expire

    @Test("a doubt outlives the expiry of the other recipients, a hold outlives everything")
    func doubts() throws {
        let stage = stage { $0.upstreams[0].inDoubt = .hold }
        stage.first.script = { phase, argument in
            switch phase {
            case .rcpt where argument.hasPrefix("slow"): .reply("450 4.2.1 later")
            case .dot: .drop
            default: nil
            }
        }
        let id = stage.accept(to: ["a@x", "slow@x"])
        try stage.advance(.seconds(1))
        #expect(stage.recipients(of: id).map(\.state) == [.inDoubt, .deferred])
        stage.first.script = { _, _ in nil }
        let held = stage.accept(heldFor: .seconds(10))
        try stage.settle()
        _ = stage.dispatcher.orders.order(.hold, [held], wait: .zero)
        try stage.leap(.seconds(500))
        #expect(stage.recipients(of: id).map(\.state) == [.inDoubt, .failed])
        #expect(stage.recipients(of: held).map(\.state) == [.held])
    }

    @Test("what came before the clock was set has one more turn, then it fails")
    func step() throws {
        let stage = stage()
        deferring(stage)
        let id = stage.accept(to: ["slow@x"])
        try stage.leap(.seconds(50))
        stage.step(by: .seconds(86_400))
        try stage.leap(.seconds(60))
        #expect(stage.recipients(of: id).map(\.state) == [.deferred])
        #expect(stage.recipients(of: id).map(\.attempts) == [1])
        try stage.leap(.seconds(41))
        #expect(stage.recipients(of: id).map(\.attempts) == [2])
        #expect(stage.recipients(of: id).map(\.failureClass) == [.expired])
    }

    // MARK: - Restarts and trouble

    @Test("after a restart a message expires when it would have, whatever is due on disk", arguments: [true, false])
    func restart(isWarned: Bool) throws {
        let stage = stage()
        var recipient = Recipient(
            address: Address(unchecked: "a@x"), state: .deferred, attempts: 1,
            nextAttemptAt: stage.now + .seconds(2000), upstream: "first")
        if isWarned { recipient.markWarned() }
        let message = SpooledMessage(
            id: stage.spool.makeQueueID(at: stage.now), receivedAt: stage.now - .seconds(30),
            sender: ReversePath(address: Address(unchecked: "app@x")), body: .sevenBit, priority: .normal,
            messageID: "", origin: "", size: 10, recipients: [recipient])
        stage.spool.insert(message, content: ByteBuffer(string: "A: b\r\n\r\n"))
        stage.dispatcher.restore([
            ScheduledMessage(
                id: message.id, receivedAt: message.receivedAt, dueAt: stage.now + .seconds(2000), priority: .normal,
                inDoubt: false, isWarned: isWarned)
        ])
        try stage.leap(.seconds(69))
        #expect(notices(stage) == (isWarned ? [] : ["notice delay app@x"]))
        #expect(stage.recipients(of: message.id).map(\.state) == [.deferred])
        try stage.leap(.seconds(2))
        #expect(stage.recipients(of: message.id).map(\.failureClass) == [.expired])
        #expect(stage.first.received.allSatisfy { $0.sender.isEmpty })
    }

    @Test("an order given at the moment of expiry waits for it, and both are done")
    func order() throws {
        let stage = stage()
        deferring(stage)
        let id = stage.accept(to: ["slow@x"])
        try stage.leap(.milliseconds(99_999))
        let result = stage.dispatcher.orders.order(.hold, [id], wait: .seconds(1))
        try stage.leap(.seconds(10))
        #expect(try result.wait() == [.done])
        #expect(stage.recipients(of: id).map(\.state) == [.held])
    }

    @Test("what could not be recorded is not tried before its time, unless an upstream comes back")
    func fullThenBack() throws {
        let stage = stage()
        deferring(stage)
        let planned = stage.accept(to: ["slow@x"], from: "app@x")
        try stage.leap(.seconds(30))
        stage.first.refuses = true
        let stranded = stage.accept(to: ["a@x"], from: "app@x")
        try stage.leap(.seconds(9))
        stage.spool.failNext(.settle, with: SpoolError(.full, "full"))
        try stage.leap(.seconds(20))
        #expect(stage.recipients(of: planned).map(\.attempts) == [1])
        #expect(stage.recipients(of: planned).map(\.wasWarned) == [true])
        try stage.leap(.seconds(10))
        #expect(stage.recipients(of: stranded).map(\.state) == [.deferred])
        stage.spool.failNext(.settle, with: SpoolError(.full, "full"))
        try stage.leap(.seconds(8))
        #expect(stage.recipients(of: stranded).map(\.wasWarned) == [true])
        stage.first.refuses = false
        _ = stage.dispatcher.control("first", UpstreamControl(.reset))
        try stage.leap(.seconds(1))
        #expect(stage.first.received.contains { $0.recipients == ["a@x"] })
    }

    @Test("what cannot be recorded is not done, and is done later")
    func full() throws {
        let stage = stage()
        deferring(stage)
        let id = stage.accept(to: ["slow@x"])
        try stage.leap(.milliseconds(99_000))
        stage.spool.failNext(.settle, with: SpoolError(.full, "full"))
        try stage.leap(.seconds(2))
        #expect(stage.recipients(of: id).map(\.state) == [.deferred])
        try stage.leap(.seconds(6))
        #expect(stage.recipients(of: id).map(\.failureClass) == [.expired])
        #expect(notices(stage).count == 2)
    }
}
