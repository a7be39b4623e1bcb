import Mail
import Testing
import Upstreams

@testable import Delivery

/// Not at random, but at every step there is.
@Suite("A relay that dies at any step of a message's life", .timeLimit(.minutes(5)))
struct CrashPointTests {
    /// What happens to the message meanwhile.
    enum Life: String, CaseIterable, CustomTestStringConvertible {
        case plain = "delivered at once"
        case lockstep = "delivered without pipelining"
        case failover = "moved on from an upstream that hangs up at MAIL"
        case partial = "delivered in part by each of two upstreams"
        case limited = "delivered in two transactions"
        case doubtful = "in doubt since the connection ended after the dot"
        case late = "tried again by the schedule"

        var testDescription: String { rawValue }

        fileprivate func apply(to scenario: inout Scenario) {
            switch self {
            case .plain: break
            case .lockstep: scenario.plan.natures[0].pipelining = false
            case .failover: scenario.turn(.broken(.mail, .drop), at: .zero)
            case .partial: scenario.turn(.broken(.rcpt, .reply("450 4.2.0 later")), at: .milliseconds(1012))
            case .limited: scenario.plan.natures[0].recipientLimit = 2
            case .doubtful:
                scenario.turn(.broken(.dot, .takenAndDrop), at: .zero)
                scenario.turn(.fine, at: .milliseconds(1500))
            case .late:
                scenario.turn(.broken(.dot, .reply("451 4.3.0 later")), at: .zero)
                scenario.turn(.fine, at: .milliseconds(1500))
            }
        }
    }

    private static func scenario(_ life: Life, _ policy: InDoubtPolicy) -> Scenario {
        var scenario = Scenario()
        for index in 0..<2 {
            scenario.plan.settings.upstreams[index].inDoubt = policy
            scenario.plan.settings.upstreams[index].inDoubtHold = .seconds(3)
        }
        scenario.plan.settings.retry.initial = .seconds(2)
        scenario.plan.settings.retry.max = .seconds(10)
        scenario.plan.settings.circuit.maxOpenDuration = .seconds(10)
        scenario.send(at: .seconds(1), to: 3)
        life.apply(to: &scenario)
        scenario.plan.end = .seconds(8)
        return scenario
    }

    @Test("loses nothing and sends nothing twice", arguments: Life.allCases, InDoubtPolicy.allCases)
    func everyStep(life: Life, policy: InDoubtPolicy) {
        let whole = Self.scenario(life, policy).simulation()
        #expect(whole.run() == nil)
        let steps = whole.stepsWithMail
        whole.finish()
        #expect(steps > 10)
        for isPowerCut in [false, true] {
            for step in 0...steps {
                var scenario = Self.scenario(life, policy)
                scenario.plan.events.append(
                    (.seconds(1), .crash(afterSteps: step, isPowerCut: isPowerCut, downtime: .milliseconds(300))))
                let simulation = scenario.simulation()
                let problem = simulation.run()
                #expect(problem == nil, "\(isPowerCut ? "power cut" : "kill") after \(step) steps")
                #expect(simulation.crashes == 1)
                simulation.finish()
            }
        }
    }
}
