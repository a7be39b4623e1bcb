import Mail
import RoundTrips

/// Round trips of a run: what relay.conf says, and what becomes of mail behind the upstreams.
struct PlannedTrips {
    /// What an upstream does with the probes that it has taken.
    struct Carriage: Equatable {
        /// Percentage.
        var loss = 0
        var delay = Duration.zero...Duration.milliseconds(500)
        /// Percentages of those that are delivered.
        var junk = 0
        var doubled = 0

        static let lost = Carriage(loss: 100)

        var losesAll: Bool { loss == 100 }
    }

    struct Mailbox {
        var name: String
        /// How far the clock of its server is ahead.
        var skew = Duration.zero
        /// How long a look takes.
        var look = Duration.milliseconds(50)
        /// Whether it tells of new mail (IDLE); otherwise it is looked into now and then.
        var isPrompt = true
        /// Whether its server says when a message arrived.
        var hasDates = true
    }

    /// How a mailbox fares.
    enum Access: Equatable {
        case open
        /// Nobody can look into it.
        case closed(isLasting: Bool)
        /// Sessions end in the midst of a look, with this probability in percent.
        case shaky(Int)
        /// It can be looked into, and takes no mail: all of it is lost.
        case deaf
    }

    enum Event {
        case carriage(upstream: Int, Carriage)
        case access(mailbox: Int, Access)
        case skew(mailbox: Int, Duration)
        /// Somebody wants a probe through each upstream now.
        case request
    }

    /// Between two looks where nothing tells of new mail.
    static let pollInterval = Duration.seconds(2)

    var settings = TripSettings(every: .seconds(5), lateAfter: .seconds(5), missingAfter: .seconds(15), action: .open)
    var mailboxes = [Mailbox(name: "box@example.net")]
    /// Whether some go as routed, too.
    var isRouted = false
    var events: [(at: Duration, event: Event)] = []

    /// How long after the last fault all is as it was.
    var patience: Duration {
        settings.every * (settings.missingThreshold + 3) + settings.missingAfter * 2 + .seconds(60)
    }
}

// MARK: - Random plans

extension PlannedTrips {
    init(_ chance: Chance, upstreams count: Int, end: Duration) {
        settings.every = chance.seconds(2...10)
        settings.missingAfter = max(.seconds(2), settings.every * (0.5 + Double(chance.number(0...50)) / 10))
        settings.lateAfter = .milliseconds(chance.number(500...Int(settings.missingAfter.milliseconds)))
        settings.missingThreshold = chance.number(2...4)
        settings.action = chance.one(of: [.open, .open, .reduce, .alert])
        if chance.percent(30) { mailboxes.append(Mailbox(name: "other@example.org")) }
        for index in mailboxes.indices {
            mailboxes[index].skew = chance.one(of: [.zero, .seconds(chance.number(-90...90)), .seconds(-7200)])
            mailboxes[index].look = .milliseconds(chance.number(1...800))
            mailboxes[index].isPrompt = chance.percent(60)
            mailboxes[index].hasDates = chance.percent(80)
        }
        isRouted = chance.percent(30)
        for index in mailboxes.indices where chance.percent(50) { makeTrouble(of: index, chance, end) }
        for index in 0..<count {
            events.append((.zero, .carriage(upstream: index, sound(chance))))
            if chance.percent(60) { makeLosses(of: index, chance, end) }
        }
        if chance.percent(20) { events.append((chance.duration(.zero...end), .request)) }
        events.sort { $0.at < $1.at }
    }

    /// One that delivers everything in time: in much less than `every` where a mailbox takes no mail for a while. What is
    /// slow and lost there looks as if it were its upstream's fault, since what others sent later has arrived before.
    private func sound(_ chance: Chance) -> Carriage {
        let isEverDeaf = events.contains { if case .access(_, .deaf) = $0.event { true } else { false } }
        let longest = isEverDeaf ? settings.every * 0.3 : settings.missingAfter * chance.one(of: [0.1, 0.3, 0.95])
        return Carriage(
            delay: .zero...longest, junk: chance.one(of: [0, 0, 30, 100]), doubled: chance.one(of: [0, 0, 20]))
    }

    private mutating func makeLosses(of index: Int, _ chance: Chance, _ end: Duration) {
        for _ in 0..<chance.number(1...2) {
            let from = chance.duration(.zero...end)
            var carriage = sound(chance)
            carriage.loss = chance.one(of: [100, 100, 100, 50, 10])
            if chance.percent(15) { carriage = Carriage(delay: settings.missingAfter...settings.missingAfter * 3) }
            events.append((from, .carriage(upstream: index, carriage)))
            events.append((from + chance.seconds(5...150), .carriage(upstream: index, sound(chance))))
        }
    }

    private mutating func makeTrouble(of index: Int, _ chance: Chance, _ end: Duration) {
        for _ in 0..<chance.number(1...2) {
            let from = chance.duration(.zero...end)
            let access: Access =
                switch chance.number(0...3) {
                case 0: .closed(isLasting: chance.percent(30))
                case 1: .shaky(chance.number(20...90))
                default: .deaf
                }
            // One that is deaf for less may look as if it were one upstream's fault.
            let length = max(settings.every * 1.5 + .seconds(2), chance.seconds(1...60))
            events.append((from, .access(mailbox: index, access)))
            events.append((from + length, .access(mailbox: index, .open)))
        }
        if chance.percent(30) {
            let skew = Duration.seconds(chance.number(-600...600))
            events.append((chance.duration(.zero...end), .skew(mailbox: index, skew)))
        }
    }
}
