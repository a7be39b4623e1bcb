import Mail
import NIOCore
import Spool
import Synchronization
import Testing
import Upstreams

@testable import Delivery

@Suite("Mail of a hijacked user that waits already")
struct GuardTests {
    private final class Suspects: Sendable {
        private let users = Mutex<Set<String>>([])
        func add(_ user: String) { _ = users.withLock { $0.insert(user) } }
        func contains(_ user: String) -> Bool { users.withLock { $0.contains(user) } }
    }

    private let suspects = Suspects()

    private func stage(configure: (inout DeliverySettings) -> Void = { _ in }) -> DeliveryStage {
        DeliveryStage(guardian: DeliveryGuard { [suspects] user, _ in suspects.contains(user) }, configure: configure)
    }

    private func isHeld(_ recipient: Recipient) -> Bool { recipient.state == .held && recipient.holdReason == .hijack }

    @Test("is held when its turn comes, and nobody else's is")
    func held() throws {
        let stage = stage { $0.upstreams[0].maxRate = Rate(count: 1, per: .seconds(1)) }
        _ = stage.dispatcher.control("second", UpstreamControl(.disable))
        let shop = (0..<5).map { _ in stage.accept(to: ["x@a.test", "y@a.test"], user: "shop") }
        let others = ["web", nil].map { stage.accept(to: ["z@a.test"], user: $0) }
        suspects.add("shop")
        try stage.advance(.seconds(20))
        let left = shop.filter { !stage.recipients(of: $0).isEmpty }
        #expect(left.count >= 4)
        #expect(left.allSatisfy { stage.recipients(of: $0).allSatisfy(isHeld) })
        #expect(left.allSatisfy { stage.recipients(of: $0).allSatisfy { $0.attempts == 0 } })
        #expect(others.allSatisfy { stage.recipients(of: $0).isEmpty })
        #expect(stage.dispatcher.jobsWaiting == 0)
    }

    @Test("goes when an operator releases it, and is not held again")
    func released() throws {
        let stage = stage()
        suspects.add("shop")
        let id = stage.accept(user: "shop")
        try stage.settle()
        #expect(stage.recipients(of: id).allSatisfy(isHeld) && stage.first.received.isEmpty)
        _ = stage.dispatcher.orders.order(.release, [id], wait: .seconds(1))
        try stage.settle()
        #expect(stage.first.received.count == 1 && stage.recipients(of: id).isEmpty)
    }

    @Test("is not held if it is a notice, or a doubt that must be resolved")
    func exceptions() throws {
        let stage = stage { $0.upstreams[0].inDoubt = .retrySame }
        stage.first.script = { phase, _ in phase == .dot ? .drop : nil }
        let id = stage.accept(user: "shop")
        try stage.settle()
        #expect(stage.recipients(of: id).map(\.state) == [.inDoubt])
        stage.first.script = { _, _ in nil }
        suspects.add("shop")
        stage.accept(to: ["n@a.test"], user: "shop", notice: .failure)
        try stage.leap(.seconds(7200))
        #expect((stage.first.received + stage.second.received).map(\.recipients).contains(["n@a.test"]))
        #expect(stage.recipients(of: id).isEmpty)
    }
}

extension Dispatcher {
    fileprivate var jobsWaiting: Int { queue.backlog + upstreams.all.reduce(0) { $0 + $1.pool.pendingCount } }
}
