import Mail
import NIOCore
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Mail that its upstream refuses, while another route's upstream waits for a trial")
struct CirculationTests {
    /// Mail to `refused.test` goes to the first upstream only, all other mail to the second.
    private func stage() -> DeliveryStage {
        DeliveryStage(upstreams: 2) {
            var refused = RouteSettings(name: "refused")
            refused.match = Route.Match(recipient: "@refused.test")
            refused.upstreams = [$0.upstreams[0].name]
            var rest = RouteSettings(name: "rest")
            rest.upstreams = [$0.upstreams[1].name]
            $0.routes = [refused, rest]
            $0.circuit.consecutiveFailures = 1
        }
    }

    @Test("waits for its time", arguments: ["550 5.7.1 sender refused", "451 4.7.1 not now"])
    func refused(reply: String) throws {
        let stage = stage()
        var mails = 0
        stage.first.script = { phase, _ in
            guard phase == .mail else { return nil }
            mails += 1
            return .reply(reply)
        }
        // Its circuit opens, and nobody has mail for its trial.
        stage.second.script = { phase, _ in phase == .dot ? .silence : nil }
        stage.accept(to: ["a@other.test"])
        try stage.leap(.seconds(45))
        #expect(stage.dispatcher.statuses()[1].circuit != .closed)
        stage.accept(to: ["a@refused.test"])
        try stage.leap(.seconds(600))
        #expect((2...12).contains(mails), "\(mails) attempts in ten minutes")
    }
}
