import Mail

@testable import Delivery

extension Plan {
    /// Two upstreams that work well, the first of which has habits that concern its sessions alone.
    static func habitual(_ chance: Chance) -> Plan {
        var plan = Plan()
        plan.settings.hostname = "relay.test"
        plan.settings.circuit.consecutiveFailures = chance.number(1...5)
        plan.settings.health.interval = chance.percent(50) ? .zero : chance.seconds(2...10)
        for name in ["u0", "u1"] {
            var upstream = upstream(name)
            upstream.maxConnections = chance.number(1...10)
            upstream.inDoubtHold = chance.seconds(0...10)
            plan.settings.upstreams.append(upstream)
            var nature = SimulatedUpstream.Nature(name: name, latency: .microseconds(chance.number(500...20_000)))
            nature.sessions = upstream.maxConnections
            nature.pipelining = chance.percent(70)
            nature.binary = chance.percent(30)
            plan.natures.append(nature)
        }
        plan.natures[0].isWell = true
        repeat { plan.natures[0].habits = Habits(chance) } while !plan.natures[0].habits.keepsMail
        if plan.natures[0].habits.refusesPlain { giveAccount(to: &plan.settings.upstreams[0], &plan.natures[0]) }
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
                submissions.append(Submission(at: at + interval * number, recipients: recipients))
            }
        }
        submissions.sort { $0.at < $1.at }
    }
}
