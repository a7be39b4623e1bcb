import Mail
import Notices
import Testing
import Upstreams

@testable import Delivery

/// Not at random, but at every step there is.
@Suite("A relay that dies at any step of a message's life", .timeLimit(.minutes(30)))
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

        func apply(to scenario: inout Scenario, _ policy: InDoubtPolicy) {
            for index in 0..<2 { scenario.plan.settings.upstreams[index].inDoubt = policy }
            scenario.send(at: .seconds(1), to: 3)
            apply(to: &scenario)
        }

        private func apply(to scenario: inout Scenario) {
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

    /// What its sender is told, or an operator does.
    enum Care: String, CaseIterable, CustomTestStringConvertible {
        case refused = "refused in part, of which its sender and the postmaster are told"
        case returned = "refused in part, and its notice is refused too"
        case wanted = "delivered in part, as its sender wants to know"
        case delayed = "late, of which its sender is told"
        case expired = "expired untried"
        case scheduled = "sent at its time"
        case released = "released before its time"
        case held = "held, and released"
        case dropped = "dropped, of which its sender is told"
        case moved = "moved to the other upstream"

        var testDescription: String { rawValue }

        fileprivate func apply(to scenario: inout Scenario) {
            scenario.plan.settings.notices.postmaster = Address(unchecked: "postmaster@relay.test")
            scenario.send(at: .seconds(1), to: 2)
            switch self {
            case .refused: scenario.refuse()
            case .returned:
                scenario.refuse()
                scenario.plan.submissions[0].sender = .unknown
            case .wanted:
                scenario.refuse()
                scenario.plan.submissions[0].notify = [[.success], [.success, .failure], []]
            case .delayed, .expired:
                for index in 0..<2 {
                    scenario.turn(.refuses, of: index, at: .zero)
                    scenario.turn(.fine, of: index, at: .seconds(self == .delayed ? 4 : 7))
                }
                scenario.plan.settings.retry.warnAfter = .milliseconds(1500)
                if self == .expired { scenario.plan.settings.retry.expireAfter = .seconds(3) }
            case .scheduled: scenario.plan.submissions[0].delay = .seconds(3)
            case .released:
                scenario.plan.submissions[0].delay = .seconds(60)
                scenario.order(.release, at: .seconds(2))
            case .held:
                scenario.plan.submissions[0].delay = .seconds(2)
                scenario.order(.hold, at: .seconds(2))
                scenario.order(.release, at: .seconds(5))
            case .dropped:
                scenario.plan.submissions[0].delay = .seconds(2)
                scenario.order(.drop(notify: true), at: .seconds(2))
            case .moved:
                for index in 0..<2 { scenario.turn(.refuses, of: index, at: .zero) }
                scenario.turn(.fine, of: 1, at: .milliseconds(1500))
                scenario.order(.move(to: "u1"), at: .seconds(2))
            }
        }
    }

    private static func scenario(_ fill: (inout Scenario) -> Void) -> Scenario {
        var scenario = Scenario()
        for index in 0..<2 { scenario.plan.settings.upstreams[index].inDoubtHold = .seconds(3) }
        scenario.plan.settings.retry.initial = .seconds(2)
        scenario.plan.settings.retry.max = .seconds(10)
        scenario.plan.settings.circuit.maxOpenDuration = .seconds(10)
        scenario.plan.end = .seconds(8)
        fill(&scenario)
        return scenario
    }

    @Test("loses nothing and sends nothing twice", arguments: Life.allCases, InDoubtPolicy.allCases)
    func everyStep(life: Life, policy: InDoubtPolicy) {
        Self.die(Self.scenario { life.apply(to: &$0, policy) })
    }

    @Test("forgets nobody who must be told, and does no order by halves", arguments: Care.allCases)
    func everyStep(care: Care) {
        Self.die(Self.scenario(care.apply))
    }

    private static func die(_ scenario: Scenario) {
        for recordsAtDots in [false, true] {
            var scenario = scenario
            scenario.plan.recordsAtDots = recordsAtDots
            dieAtEachStep(scenario)
        }
    }

    private static func dieAtEachStep(_ scenario: Scenario) {
        let whole = scenario.simulation()
        #expect(whole.run() == nil)
        let steps = whole.stepsWithMail
        whole.finish()
        #expect(steps > 10)
        for isPowerCut in [false, true] {
            for step in 0...steps {
                var scenario = scenario
                scenario.plan.events.append(
                    (.seconds(1), .crash(afterSteps: step, isPowerCut: isPowerCut, downtime: .milliseconds(300))))
                let simulation = scenario.simulation()
                let problem = simulation.run()
                let death = isPowerCut ? "power cut" : "kill"
                let mode = scenario.plan.recordsAtDots ? "at dots" : "as they begin"
                #expect(problem == nil, "\(death) after \(step) steps, attempts recorded \(mode)")
                #expect(simulation.crashes == 1)
                simulation.finish()
            }
        }
    }
}
