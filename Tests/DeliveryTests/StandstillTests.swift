import Mail
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("What is said where no upstream takes mail")
struct StandstillTests {
    private static let now = DeliveryStage.epoch

    private func status(_ name: String, _ edit: (inout UpstreamStatus) -> Void = { _ in }) -> UpstreamStatus {
        var status = UpstreamStatus(name: name, priority: 1, address: "\(name):25", since: Self.now)
        edit(&status)
        return status
    }

    private func spent(_ name: String, until seconds: Int) -> UpstreamStatus {
        status(name) { $0.quotaFreeAt = Self.now + .seconds(seconds) }
    }

    private func down(_ name: String) -> UpstreamStatus {
        status(name) { ($0.circuit, $0.lastError) = (.open, "connect: refused") }
    }

    @Test("nothing, while one works or is about to be tried")
    func works() {
        #expect([status("a")].standstill == nil)
        #expect([spent("a", until: 60), status("b")].standstill == nil)
        #expect([down("a"), status("b") { ($0.circuit, $0.awaitsTrial) = (.open, true) }].standstill == nil)
        #expect([UpstreamStatus]().standstill == nil)
    }

    @Test("which quota is free first, where quotas are used up everywhere")
    func spentEverywhere() {
        let words = "no upstream works; the quota of b is used up until \((Self.now + .seconds(60)).rfc3339)"
        #expect([spent("a", until: 90), spent("b", until: 60)].standstill == words)
        #expect([down("a"), spent("b", until: 60)].standstill == words)
    }

    @Test("the last error of the first, where no quota is to blame")
    func faulty() {
        #expect([down("a"), down("b")].standstill == "no upstream works; the last error of a: connect: refused")
        let kept = status("b") { upstream in
            upstream.adminOverride = AdminOverride(state: .disabled, since: Self.now)
            upstream.quotaFreeAt = Self.now
        }
        #expect([kept].standstill == "no upstream works; the last error of b: -")
    }

    @Test("of a relay whose only quota is used up, until it is free")
    func delivery() throws {
        let stage = DeliveryStage(upstreams: 1) { $0.upstreams[0].quota = [Quota(limit: 1, period: .day)] }
        #expect(stage.dispatcher.statuses().standstill == nil)
        for _ in 0..<2 { stage.accept() }
        try stage.settle()
        #expect(stage.dispatcher.statuses().standstill?.hasPrefix("no upstream works; the quota of first") == true)
        try stage.leap(.seconds(16 * 3600 + 1))
        #expect(stage.first.received.count == 2)
    }
}
