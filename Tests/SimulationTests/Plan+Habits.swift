import Mail
import Upstreams

@testable import Delivery

extension Plan {
    /// Two upstreams that work well, the first of which has such habits.
    static func habitual(_ chance: Chance, where isMeant: (Habits) -> Bool) -> Plan {
        var plan = Plan()
        plan.settings.hostname = "relay.test"
        plan.settings.circuit.consecutiveFailures = chance.number(1...5)
        plan.settings.health.interval = chance.percent(50) ? .zero : chance.seconds(2...10)
        for name in ["u0", "u1"] {
            var upstream = upstream(name)
            upstream.maxConnections = .fixed(chance.number(1...10))
            upstream.inDoubtHold = chance.seconds(0...10)
            plan.settings.upstreams.append(upstream)
            var nature = SimulatedUpstream.Nature(name: name, latency: .microseconds(chance.number(500...20_000)))
            nature.sessions = upstream.mostConnections
            nature.pipelining = chance.percent(70)
            nature.binary = chance.percent(30)
            plan.natures.append(nature)
        }
        plan.natures[0].isWell = true
        repeat { plan.natures[0].habits = Habits(chance) } while !isMeant(plan.natures[0].habits)
        if plan.natures[0].habits.refusesPlain { giveAccount(to: &plan.settings.upstreams[0], &plan.natures[0]) }
        plan.waitForSickAddresses()
        plan.waitForSlowGreetings(chance)
        if plan.natures[0].habits.greeting > .zero { plan.settings.health.interval = chance.seconds(2...5) }
        plan.makeBursts(chance)
        plan.end = .seconds(60)
        return plan
    }

    private mutating func makeBursts(_ chance: Chance) {
        for _ in 0..<chance.number(1...4) {
            let at = chance.seconds(1...30)
            let interval = Duration.milliseconds(chance.one(of: [0, 0, 1, 20, 300]))
            for number in 0..<chance.number(1...50) {
                let recipients = (0..<chance.number(1...3)).map { "r\($0)@d\($0 % 2).test" }
                var submission = Submission(at: at + interval * number, recipients: recipients)
                if natures[0].habits.contentLimit != nil, chance.percent(20) {
                    submission.octets = chance.number(1_000...200_000)
                }
                submissions.append(submission)
            }
        }
        submissions.sort { $0.at < $1.at }
    }
}
