import Mail
import TestKit
import Upstreams

@testable import Delivery

extension Plan {
    /// When the first day of the first upstream is over.
    static let midnight = Duration.seconds(30)

    /// Two upstreams, of which the first allows little, a day or a window; its day ends in the midst of the run.
    static func limited(_ chance: Chance) -> Plan {
        var plan = Plan()
        plan.settings.hostname = "relay.test"
        plan.settings.circuit.consecutiveFailures = chance.number(1...5)
        plan.settings.retry.initial = .seconds(2)
        plan.settings.retry.max = .seconds(10)
        plan.settings.circuit.maxOpenDuration = .seconds(10)
        for name in ["u0", "u1"] {
            var upstream = upstream(name)
            upstream.maxConnections = .fixed(chance.number(1...4))
            // A doubt that only the first upstream may end would wait for its next day but one.
            upstream.inDoubt = name == "u0" ? .failover : chance.one(of: [.retrySame, .hold])
            upstream.inDoubtHold = chance.seconds(0...10)
            var nature = SimulatedUpstream.Nature(name: name, latency: .microseconds(chance.number(500...20_000)))
            nature.sessions = upstream.mostConnections
            nature.pipelining = chance.percent(70)
            if chance.percent(20) { nature.recipientLimit = chance.number(1...3) }
            plan.settings.upstreams.append(upstream)
            plan.natures.append(nature)
        }
        plan.limitFirst(chance)
        plan.end = .seconds(60)
        for _ in 0..<chance.number(5...40) { plan.makeLetter(chance) }
        plan.submissions.sort { $0.at < $1.at }
        plan.makeTrouble(chance)
        plan.events.sort { $0.at < $1.at }
        return plan
    }

    private mutating func limitFirst(_ chance: Chance) {
        let day = Quota(limit: chance.one(of: [1, 3, 10, 30, 400]), period: .day)
        let window = Quota(limit: chance.one(of: [5, 20, 60]), period: .rolling(.seconds(3600)))
        settings.upstreams[0].quota = chance.one(of: [[day], [window], [day, window]])
        // A run begins at eight in the morning of UTC.
        let zone = TimeZoneRules(name: "test", ZoneFile.octets(rule: "<X>-15:59:30"))
        precondition(zone != nil, "the time zone is one")
        settings.upstreams[0].quotaTimezone = zone ?? .utc
    }

    private mutating func makeLetter(_ chance: Chance) {
        // Many of them around midnight.
        let at = chance.percent(40) ? Self.midnight - chance.seconds(0...1) : chance.duration(.zero...end)
        let recipients = (0..<chance.number(1...4)).map { "r\($0)@m\(submissions.count).test" }
        submissions.append(Submission(at: at, recipients: recipients))
    }

    private mutating func makeTrouble(_ chance: Chance) {
        for _ in 0..<chance.number(0...3) {
            let from = chance.duration(.zero...end)
            events.append((from, .weather(upstream: 0, .stormy(chance.number(5...50)))))
            events.append((from + chance.seconds(1...10), .weather(upstream: 0, .fine)))
        }
        for _ in 0..<chance.number(0...4) {
            let crash = Event.crash(
                afterSteps: chance.number(0...60), isPowerCut: chance.percent(40),
                downtime: .milliseconds(chance.number(200...4000)))
            events.append((chance.percent(70) ? chance.one(of: submissions).at : chance.duration(.zero...end), crash))
        }
        guard chance.percent(20) else { return }
        let from = chance.duration(.zero...end)
        events.append((from, .disk(.none)))
        events.append((from + chance.seconds(0...5), .disk(.plenty)))
    }
}
