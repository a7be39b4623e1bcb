import Mail
import Spool
import Testing
import Upstreams

@testable import Delivery

@Suite("A simulated delivery whose attempts are recorded at their dots", .timeLimit(.minutes(30)))
struct DotRecordTests {
    private func scenario(_ fill: (inout Scenario) -> Void) -> Scenario {
        var scenario = Scenario()
        scenario.plan.recordsAtDots = true
        fill(&scenario)
        return scenario
    }

    @Test("writes no dot before its attempt is on record, which the oracle would see")
    func oracle() {
        for isLie in [false, true] {
            let simulation = scenario {
                $0.plan.tempo.liesAboutAttempts = isLie
                $0.send(at: .seconds(1))
            }.simulation()
            defer { simulation.finish() }
            let problem = simulation.run()
            #expect((problem != nil) == isLie && problem?.contains("its attempt is not durable") ?? true)
        }
    }

    @Test("leaves no doubt about mail that a power cut finds in its envelope", arguments: [false, true])
    func envelopes(recordsAtDots: Bool) {
        let simulation = scenario {
            $0.plan.recordsAtDots = recordsAtDots
            $0.turn(.broken(.rcpt, .hang), at: .zero)
            $0.turn(.broken(.rcpt, .hang), of: 1, at: .zero)
            $0.send(from: .milliseconds(100), to: .milliseconds(900), every: .milliseconds(50))
            $0.plan.events.append(
                (.seconds(1), .crash(afterSteps: 0, isPowerCut: true, downtime: .milliseconds(300))))
            for index in 0..<2 { $0.turn(.fine, of: index, at: .milliseconds(1100)) }
        }.simulation()
        defer { simulation.finish() }
        #expect(simulation.run() == nil)
        #expect(simulation.crashes == 1 && simulation.oracle.duplicates == 0)
        let doubts = simulation.oracle.messages.flatMap(\.dots).count { $0.doubtSince != nil }
        #expect((doubts == 0) == recordsAtDots)
        #expect(simulation.oracle.messages.allSatisfy { $0.states == [Recipient.State.delivered] })
    }
}
