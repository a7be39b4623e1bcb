import Mail
import Notices
import SASL
import SMTP
import Spool
import Upstreams

@testable import Delivery

/// Everything decided before a run begins; derived from the seed alone.
struct Plan {
    struct Submission {
        var at: Duration
        var recipients: [String]
        var body = BodyType.sevenBit
        var octets = 40
        var priority = Priority.normal
        var isUnwanted = false
        var sender = Sender.known
        /// NOTIFY of each recipient; empty if there is none at all.
        var notify: [RecipientOptions.Notify?] = []
        /// RET.
        var returns: MessageOptions.ReturnContent?
        /// How long after its arrival its sender wants it sent.
        var delay = Duration.zero
        /// What it belongs to; nil if it does not say.
        var stream: String?
        /// Who hands it in; nil for a client without a login.
        var user: String?
        /// Set for a probe of a round trip.
        var probe: ProbeMark?
    }

    /// Who gets its notices.
    enum Sender {
        case known
        /// Nobody, since no server knows the address.
        case unknown
        /// Nobody, since no server says why.
        case unwanted
        /// The postmaster, if there is one.
        case postmaster
        /// Nobody, since it has the null sender.
        case nobody
    }

    /// An external event.
    enum Event {
        case weather(upstream: Int, Weather)
        case restart(upstream: Int, forgets: Bool)
        /// For this many steps.
        case crash(afterSteps: Int, isPowerCut: Bool, downtime: Duration)
        case disk(SimulatedDisk.Room)
        /// Somebody sets the system's clock, forward if positive.
        case clock(by: Duration)
        /// An operator's action on an upstream.
        case order(upstream: Int, UpstreamControl.Action, for: Duration?)
        /// An operator's order about messages.
        case queueOrder(PlannedOrder)
        /// Somebody changes relay.conf, and has it loaded.
        case reload([PlannedEdit])
        /// An operator pauses a stream, or lets it go on.
        case stream(String, isPaused: Bool)
        /// To the endpoint that the tokens of the first upstream's account come from.
        case tokens(SimulatedTokens.Change)
    }

    var settings = DeliverySettings()
    var natures: [SimulatedUpstream.Nature] = []
    var submissions: [Submission] = []
    var events: [(at: Duration, event: Event)] = []
    var tempo = SimulatedSpool.Tempo(
        commit: .microseconds(200)...(.milliseconds(5)), read: .microseconds(100)...(.milliseconds(5)), storedPercent: 0
    )
    /// Whether attempts are recorded at their dots, as in a spool in PostgreSQL, and not as they begin.
    var recordsAtDots = false
    /// From then on there are no more faults.
    var end = Duration.seconds(60)

    /// After this time without faults nothing may still wait, except for an operator.
    var patience: Duration { Self.patience(settings) }

    static func patience(_ settings: DeliverySettings) -> Duration {
        let retry = longestRetry(settings)
        let slowest = settings.upstreams.map { $0.dataTimeout + $0.commandTimeout + $0.connectTimeout + $0.inDoubtHold }
        return max(retry, settings.circuit.maxOpenDuration * 1.1) * 3 + (slowest.max() ?? .zero) * 3
            + settings.recovery.stepDuration * 4 + .seconds(30)
    }

    private static func longestRetry(_ settings: DeliverySettings) -> Duration {
        Priority.allCases.map { settings.retry.settings(for: $0) }.map { $0.max * (1 + $0.jitter) }.max() ?? .zero
    }

    /// How long a run may continue after its end: mail that no upstream can carry, or that one refuses and that must
    /// not try another, fails only after an impasse.
    var afterlife: Duration {
        // Mail fails, its notice fails, and so does the double bounce.
        patience + (Impasse.span + Self.longestRetry(settings) * 2) * 3
    }

    /// Of runs by their seeds, each second one records attempts at their dots.
    func alternating(_ seed: UInt64) -> Plan {
        var plan = self
        plan.recordsAtDots = seed.isMultiple(of: 2)
        return plan
    }

    static func upstream(_ name: String) -> UpstreamSettings {
        var upstream = UpstreamSettings(name: name, host: name, port: 25)
        upstream.tls = .off
        return upstream
    }
}

// MARK: - Random plans

extension Plan {
    init(_ chance: Chance) {
        let count = chance.percent(10) ? 1 : chance.number(2...3)
        settings.hostname = "relay.test"
        makeCircuit(chance)
        settings.makeRetry(chance)
        makeNotices(chance)
        for index in 0..<count { makeUpstream("u\(index)", chance) }
        waitForSickAddresses()
        waitForSlowGreetings(chance)
        end = chance.seconds(20...150)
        for _ in 0..<chance.number(8...32) { makeSubmission(chance) }
        if chance.percent(25) { settings.makeRoutes(chance) }
        for index in 0..<count where !natures[index].isWell { makeWeather(of: index, chance) }
        if chance.percent(15) { makeOrders(chance) }
        makeCrashes(chance)
        if chance.percent(20) { for _ in 0..<chance.number(1...3) { makeDiskTrouble(chance) } }
        if chance.percent(40) { makeQueueOrders(chance) }
        if chance.percent(20) { tempo.commit = .milliseconds(1)...(.milliseconds(500)) }
        tempo.storedPercent = chance.one(of: [0, 0, 10, 100])
        if chance.percent(40) { makeClockSteps(chance) }
        if chance.percent(40) { makeReloads(chance) }
        submissions.sort { $0.at < $1.at }
        events.sort { $0.at < $1.at }
    }

    private mutating func makeCircuit(_ chance: Chance) {
        settings.circuit.consecutiveFailures = chance.number(1...5)
        settings.circuit.openDuration = chance.seconds(1...10)
        settings.circuit.maxOpenDuration = chance.seconds(10...60)
        settings.circuit.minRequests = chance.number(2...20)
        settings.circuit.window = chance.seconds(5...30)
        settings.circuit.latencyThreshold = chance.percent(50) ? chance.seconds(1...5) : .zero
        settings.recovery.stepDuration = chance.seconds(1...10)
        settings.health.interval = chance.percent(50) ? .zero : chance.seconds(2...30)
        settings.health.timeout = chance.seconds(1...5)
    }

    private mutating func makeNotices(_ chance: Chance) {
        if chance.percent(10) { settings.notices.deliver = .none }
        settings.notices.content = chance.one(of: [.headers, .full])
        guard chance.percent(50) else { return }
        // Some of them are no recipients either.
        let name = chance.one(of: ["postmaster", "postmaster", "x-postmaster", "y-postmaster"])
        settings.notices.postmaster = Address(unchecked: "\(name)@relay.test")
    }

    static func giveAccount(to upstream: inout UpstreamSettings, _ nature: inout SimulatedUpstream.Nature) {
        nature.authenticates = true
        nature.secret = "s3cr3t-of-\(upstream.name)"
        upstream.username = "relay"
        upstream.password = .password(Array("s3cr3t-of-\(upstream.name)".utf8))
        upstream.authWithoutTLS = true
    }

    private mutating func makeUpstream(_ name: String, _ chance: Chance) {
        var upstream = Self.upstream(name)
        upstream.maxConnections = .fixed(chance.number(1...4))
        upstream.patience = .milliseconds(chance.number(200...1500))
        upstream.connectTimeout = chance.seconds(1...5)
        upstream.commandTimeout = chance.seconds(2...15)
        upstream.dataTimeout = chance.seconds(2...15)
        upstream.idleTimeout = chance.seconds(2...30)
        upstream.inDoubt = chance.one(of: InDoubtPolicy.allCases)
        upstream.inDoubtHold = chance.seconds(0...30)
        if chance.percent(20) { upstream.maxMessagesPerConnection = chance.number(1...5) }
        var nature = SimulatedUpstream.Nature(name: name, latency: .microseconds(chance.number(500...30_000)))
        nature.pipelining = chance.percent(75)
        nature.binary = chance.percent(60)
        nature.authenticates = chance.percent(20)
        if chance.percent(10) { nature.recipientLimit = chance.number(1...3) }
        if chance.percent(10) { nature.messageLimit = chance.number(1...5) }
        if chance.percent(25) { nature.idleLimit = chance.seconds(1...20) }
        if chance.percent(15) {
            upstream.maxRate = Rate(count: chance.number(1...10), per: .seconds(chance.number(1...5)))
        }
        upstream.weight = chance.number(1...3)
        nature.reports = chance.percent(30)
        nature.provider = chance.one(of: [nil, nil, "ses", "google", "sendgrid", "resend"])
        upstream.provider = nature.provider
        if nature.authenticates { Self.giveAccount(to: &upstream, &nature) }
        if chance.percent(40) {
            nature.habits = Habits(chance)
            nature.isWell = chance.percent(50)
        }
        nature.sessions = upstream.mostConnections
        settings.upstreams.append(upstream)
        natures.append(nature)
    }

    /// As many addresses as there are have to fit into the patience.
    mutating func waitForSickAddresses() {
        for index in natures.indices where !natures[index].habits.sick.isEmpty {
            settings.upstreams[index].patience = max(settings.upstreams[index].patience, .milliseconds(1200))
            settings.upstreams[index].connectTimeout = .seconds(5)
            // So must a probe, before any mail has found the address that works.
            settings.health.timeout = max(settings.health.timeout, .seconds(natures[index].habits.sick.count + 2))
        }
    }

    /// Only health checks find out that an upstream is slow to greet and well, where another one takes its mail.
    mutating func waitForSlowGreetings(_ chance: Chance) {
        for index in natures.indices where natures[index].habits.greeting > .zero {
            settings.health.interval = chance.seconds(2...30)
            settings.health.timeout = .seconds(6)
            settings.upstreams[index].connectTimeout = .seconds(6)
            settings.upstreams[index].commandTimeout = chance.seconds(6...15)
        }
    }

    private mutating func makeSubmission(_ chance: Chance) {
        let number = submissions.count
        let count = chance.percent(60) ? 1 : chance.number(2...5)
        var submission = Submission(at: chance.duration(.zero...end), recipients: [])
        submission.recipients = (0..<count).map { index in
            let kind = chance.percent(8) ? "x" : chance.percent(4) ? "y" : "r"
            return "\(kind)\(index)@m\(number).d\(index % 2).test"
        }
        submission.octets = chance.percent(5) ? chance.number(33_000...200_000) : chance.number(10...500)
        submission.isUnwanted = chance.percent(3)
        submission.priority = chance.one(of: [.normal, .normal, .high, .bulk])
        if natures.contains(where: \.binary), chance.percent(10) { submission.body = .binaryMIME }
        submission.askForNotices(chance)
        if chance.percent(10) { submission.delay = chance.seconds(1...60) }
        submissions.append(submission)
    }

    private mutating func makeWeather(of index: Int, _ chance: Chance) {
        for _ in 0..<chance.number(0...4) {
            let from = chance.duration(.zero...end)
            if chance.percent(15) {
                makeFlapping(of: index, from: from, chance)
            } else {
                events.append((from, .weather(upstream: index, .chance(chance))))
                events.append((from + chance.seconds(1...40), .weather(upstream: index, .fine)))
            }
            if chance.percent(20) {
                let restart = Event.restart(upstream: index, forgets: chance.percent(50))
                events.append((chance.duration(.zero...end), restart))
            }
        }
    }

    private mutating func makeFlapping(of index: Int, from: Duration, _ chance: Chance) {
        let period = chance.seconds(1...4)
        for turn in 0..<chance.number(4...12) {
            let weather = turn % 2 == 0 ? Weather.refuses : .fine
            events.append((from + period * turn, .weather(upstream: index, weather)))
        }
        events.append((from + period * 12, .weather(upstream: index, .fine)))
    }

    private mutating func makeReloads(_ chance: Chance) {
        for _ in 0..<chance.number(1...6) {
            let at = chance.percent(70) ? chance.one(of: submissions).at : chance.duration(.zero...end)
            let edits = (0..<chance.number(1...3)).map { _ in chance.one(of: PlannedEdit.allCases) }
            events.append((at + .milliseconds(chance.number(0...300)), .reload(edits)))
        }
    }

    private mutating func makeOrders(_ chance: Chance) {
        for _ in 0..<chance.number(1...4) {
            let index = chance.number(0...settings.upstreams.count - 1)
            let actions = [
                UpstreamControl.Action.enable, .disable, .drain, .reset, natures[index].isWell ? .reset : .trip,
            ]
            let action = chance.one(of: actions)
            let time = chance.percent(70) ? chance.seconds(1...20) : nil
            events.append((chance.duration(.zero...end), .order(upstream: index, action, for: time)))
        }
    }

    private mutating func makeQueueOrders(_ chance: Chance) {
        for _ in 0..<chance.number(1...8) {
            let at = chance.percent(50) ? chance.one(of: submissions).at : chance.duration(.zero...end)
            let order = PlannedOrder(chance, upstreams: settings.upstreams.map(\.name))
            let given = at + .milliseconds(chance.number(0...200))
            events.append((given, .queueOrder(order)))
            // In the midst of it.
            if chance.percent(20) {
                let crash = Event.crash(
                    afterSteps: chance.number(0...20), isPowerCut: chance.percent(40), downtime: .milliseconds(500))
                events.append((given, crash))
            }
            if chance.percent(10) {
                events.append((given + (.zero - .milliseconds(20)), .disk(.none)))
                events.append((given + .milliseconds(chance.number(10...3000)), .disk(.plenty)))
            }
        }
    }

    private mutating func makeCrashes(_ chance: Chance) {
        guard chance.percent(60) else { return }
        for _ in 0..<chance.number(1...3) {
            let crash = Event.crash(
                afterSteps: chance.number(0...60), isPowerCut: chance.percent(40),
                downtime: .milliseconds(chance.number(200...4000)))
            // Most of them while something is in progress.
            let at = chance.percent(70) ? chance.one(of: submissions).at : chance.duration(.zero...end)
            events.append((at, crash))
        }
    }

    /// Some are taken back.
    private mutating func makeClockSteps(_ chance: Chance) {
        if chance.percent(50) { settings.retry.expireAfter = chance.seconds(20...60) }
        for _ in 0..<chance.number(1...3) {
            let seconds = chance.one(of: [1, 45, 3600, 6 * 86_400, 56 * 31_556_952, 1174 * 31_556_952])
            let step = Duration.seconds(chance.percent(50) ? seconds : -seconds)
            let at = chance.duration(.zero...end)
            events.append((at, .clock(by: step)))
            if chance.percent(60) { events.append((at + chance.seconds(1...20), .clock(by: .zero - step))) }
        }
    }

    private mutating func makeDiskTrouble(_ chance: Chance) {
        let from = chance.duration(.zero...end)
        let room = chance.percent(50) ? SimulatedDisk.Room.none : .reserve(chance.number(0...40))
        events.append((from, .disk(room)))
        let isLong = chance.percent(30)
        events.append((from + .milliseconds(chance.number(50...(isLong ? 30_000 : 4000))), .disk(.plenty)))
    }
}

extension DeliverySettings {
    mutating func makeRetry(_ chance: Chance) {
        retry.initial = chance.seconds(1...10)
        retry.max = chance.seconds(10...60)
        retry.jitter = Double(chance.number(0...5)) / 10
        if chance.percent(15) { retry.expireAfter = chance.seconds(20...120) }
        if chance.percent(30) { retry.warnAfter = chance.seconds(5...60) }
        if chance.percent(10) { retry.high = Self.override(chance) }
        if chance.percent(10) { retry.bulk = Self.override(chance) }
    }

    private static func override(_ chance: Chance) -> RetrySettings.Override {
        var override = RetrySettings.Override()
        override.initial = chance.seconds(1...20)
        if chance.percent(50) { override.max = chance.seconds(20...60) }
        if chance.percent(50) { override.expireAfter = chance.seconds(20...120) }
        if chance.percent(50) { override.warnAfter = chance.percent(20) ? .zero : chance.seconds(2...60) }
        return override
    }

    /// Recipients of each of the two domains are routed separately, or those of one are.
    mutating func makeRoutes(_ chance: Chance) {
        for number in 0..<chance.number(1...2) {
            var route = RouteSettings(name: "route\(number)")
            route.match = Route.Match(recipient: "*.d\(number).test")
            var names = upstreams.map(\.name)
            if chance.percent(50) { names.reverse() }
            if names.count > 1, chance.percent(40) { route.lastResort = names.removeLast() }
            if names.count > 1, chance.percent(30) { names.removeLast() }
            route.upstreams = names
            route.mode = chance.one(of: [.priority, .weighted, .leastConnections])
            route.overflow = chance.one(of: [.wait, .rate, .busy])
            route.failoverOnReject = chance.percent(30)
            routes.append(route)
        }
    }
}

extension Plan.Submission {
    fileprivate mutating func askForNotices(_ chance: Chance) {
        sender = chance.one(of: [
            .known, .known, .known, .known, .known, .known, .unknown, .unwanted, .postmaster, .nobody,
        ])
        if chance.percent(30) {
            let wishes: [RecipientOptions.Notify?] = [
                nil, [], [.failure], [.delay], [.success], [.success, .failure, .delay],
            ]
            notify = recipients.map { _ in chance.one(of: wishes) }
        }
        returns = chance.one(of: [nil, nil, .full, .headers])
    }
}

extension Weather {
    fileprivate static func chance(_ chance: Chance) -> Weather {
        switch chance.number(0...9) {
        case 0: return chance.percent(50) ? .refuses : .ignores
        case 1: return .broken(.dot, misfortune(at: .dot, chance))
        case 2: return .slow(chance.seconds(0...4))
        case 3: return .throttling(chance.number(10...100))
        case 4: return .suspended(chance.one(of: [.auth, .mail, .rcpt, .data, .dot]))
        case 5: return .stormy(chance.number(5...60))
        case 6: return .mumbling(chance.one(of: [.rcpt, .data, .dot]))
        default:
            let phase = chance.one(of: Phase.allCases)
            return .broken(phase, misfortune(at: phase, chance))
        }
    }

    private static func misfortune(at phase: Phase, _ chance: Chance) -> Misfortune {
        switch chance.number(0...5) {
        case 0: .hang
        case 1: .drop
        case 2: phase == .dot ? .takenAndDrop : .late(chance.seconds(0...5))
        case 3: phase == .dot ? .takenAndHang : .farewell("421 4.3.2 going down")
        case 4: .late(chance.seconds(0...5))
        default: .reply(chance.one(of: trouble(at: phase)))
        }
    }
}
