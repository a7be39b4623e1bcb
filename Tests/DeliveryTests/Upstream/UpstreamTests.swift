import Mail
import NIOCore
import NIOEmbedded
import TestKit
import Testing
import Upstreams

@testable import Delivery

/// One upstream without sessions, messages or a dispatcher: its reactions to events.
@Suite("An upstream")
struct UpstreamTests {
    private static let epoch = Timestamp(milliseconds: 1_800_000_000_000)

    private let loop = EmbeddedEventLoop()
    private let events = DeliveryStage.Events()

    private func upstream(_ adminOverride: AdminOverride? = nil, maxRate: Rate? = nil) -> Upstream {
        var settings = UpstreamSettings(name: "ses", host: "::1", port: 25)
        settings.maxRate = maxRate
        var circuit = Circuit.Settings(
            consecutiveFailures: 2, openDuration: .seconds(10), maxOpenDuration: .seconds(60))
        circuit.rampSteps = [0.5, 1]
        let bound = NIOLoopBound(loop, eventLoop: loop)
        let clock = DeliveryClock(eventLoop: loop, random: SeededGenerator(seed: 1)) {
            Self.epoch + .nanoseconds(Int64(bound.value.now.uptimeNanoseconds))
        }
        let pool = UpstreamPool(
            index: 0, settings: settings, access: UpstreamAccess(settings, work: InlineWork()),
            limits: SessionWatchdog.Limits(settings), clock: { [loop] in loop.instant },
            report: { [events] in events.add($0) })
        return Upstream(
            pool, circuit: circuit, probes: .seconds(30), adminOverride: adminOverride, clock: clock,
            report: { [events] in events.add($0) })
    }

    private func fail(_ upstream: Upstream, times: Int) -> UpstreamEffects {
        (0..<times).reduce([]) { effects, _ in effects.union(upstream.failed(at: "mail", "no reply")) }
    }

    @Test("that opens accepts no mail; its trial, and the ramp after it, restore it")
    func circuit() {
        let upstream = upstream()
        #expect(fail(upstream, times: 1) == [])
        #expect(fail(upstream, times: 1) == .takesNone)
        #expect(upstream.status.circuit == .open)
        #expect(upstream.status.lastError == "mail: no reply")
        #expect(!upstream.mayTake)
        loop.advanceTime(by: .seconds(12))
        #expect(upstream.letsOneTry && upstream.mayTake && !upstream.isWorking)
        #expect(upstream.beginTrial(by: QueueID(rawValue: 1)) == [])
        #expect(upstream.status.circuit == .halfOpen)
        #expect(upstream.worked(isTrial: true) == .takesMail)
        #expect(upstream.isWorking && upstream.status.share == 0.5)
        loop.advanceTime(by: .seconds(31))
        #expect(upstream.advance() == [])
        #expect(upstream.isSure && upstream.status.share == 1)
        #expect(upstream.detail(routes: []).history.map(\.transition.to) == ["open", "halfOpen", "closed", "closed"])
    }

    @Test("that works after a failure releases what waits for any upstream, once")
    func suspect() {
        let upstream = upstream()
        _ = fail(upstream, times: 1)
        #expect(!upstream.isSure && upstream.isWorking)
        #expect(upstream.worked(isTrial: false) == .works)
        #expect(upstream.worked(isTrial: false) == [])
    }

    @Test("reports each transition with the wall-clock time of the trial")
    func reports() {
        let upstream = upstream()
        _ = upstream.trip(UpstreamControl(.trip, reason: "drill", duration: .seconds(5)))
        guard case .circuit("ses", .closed, .open, 0, "tripped by hand; drill", let until) = events.all.last else {
            Issue.record("\(events.all)")
            return
        }
        #expect(until == upstream.clock.now() + .seconds(5))
    }

    @Test("comes back from an operator's order when it expires, and not before")
    func expiry() {
        let upstream = upstream()
        let order = UpstreamControl(.disable, reason: "audit", duration: .seconds(60))
        #expect(upstream.setState(.disabled, order) == .isDisabled)
        #expect(upstream.probeDue == nil)
        loop.advanceTime(by: .seconds(59))
        #expect(upstream.expireOverride() == nil)
        loop.advanceTime(by: .seconds(1))
        #expect(upstream.expireOverride() == .takesMail)
        #expect(upstream.isEnabled && upstream.expireOverride() == nil)
        #expect(upstream.probeDue != nil)
    }

    @Test("keeps an order from before the start unless it has expired", arguments: [false, true])
    func restored(isOver: Bool) {
        let until = Self.epoch + .seconds(isOver ? -1 : 60)
        let upstream = upstream(AdminOverride(state: .draining, since: Self.epoch, until: until))
        #expect(upstream.status.adminOverride.state == (isOver ? .enabled : .draining))
        #expect(upstream.share == (isOver ? 1 : 0))
    }

    @Test("is reset to all its traffic at its full rate")
    func reset() throws {
        let upstream = upstream(maxRate: Rate(count: 10, per: .seconds(1)))
        _ = fail(upstream, times: 2)
        upstream.slowDown(Reply(451, nil, "slow down"))
        #expect(try #require(upstream.status.rate) < 10)
        #expect(upstream.reset(UpstreamControl(.reset)) == .takesMail)
        #expect(upstream.status.share == 1)
        #expect(upstream.status.rate == 10)
    }

    @Test("writes an address with colons so that it can be told from its port")
    func address() {
        #expect(upstream().status.address == "[::1]:25")
    }
}
