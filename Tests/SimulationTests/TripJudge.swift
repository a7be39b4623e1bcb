import Mail
import RoundTrips
import Spool
import TestKit
import Upstreams

@testable import Delivery

/// Knows what has become of each probe, and so whether what round trips say and do is right.
final class TripJudge {
    /// What has become of one probe. Times are those of the run.
    private struct Fate {
        let path: TripPath
        let sentAt: Timestamp
        var takenAt: Int64?
        /// Who has taken it.
        var upstream: Int?
        /// When the relay heard the 250.
        var heardAt: Int64?
        /// The first copy is in the mailbox.
        var arrivedAt: Int64?
        /// Its upstream delivers it nowhere.
        var isLost = false
        /// The mailbox has lost it.
        var isSwallowed = false
        /// The relay was restarted with it under way.
        var hasSeenRestart = false
    }

    private struct Counts {
        var sent = 0
        var arrived = 0
        var missing = 0
        var failed = 0
        var unjudged = 0

        var ended: Int { arrived + missing + failed + unjudged }

        mutating func add(_ kind: TripFact.Kind) {
            switch kind {
            case .sent: sent += 1
            case .arrived: arrived += 1
            case .missing: missing += 1
            case .failed: failed += 1
            case .unjudged: unjudged += 1
            case .excused, .returned, .doubled: break
            }
        }
    }

    /// Time that is lost on the way, beside that of the probes.
    private static let slack = Duration.seconds(2)

    private let plan: PlannedTrips
    private unowned let simulation: Simulation
    /// Whether the upstreams have no other trouble, so that what is late is known to be late.
    var isCalm = false

    private var fates: [UInt64: Fate] = [:]
    private var byMoment: [String: [UInt64]] = [:]
    private var counts = Counts()
    /// Under way when counting began.
    private var restored = 0
    private var carriageSince: [Int: Int64] = [:]
    private var begunAt: Int64 = 0
    private var replacedAt: Int64 = 0
    private var pardonedAt: [String: Int64] = [:]
    /// Upstreams that are blamed in this life, since when by the delivery's clock.
    private(set) var blames: [String: (blame: UpstreamBlame, at: Int64)] = [:]
    /// When an upstream was last to blame.
    private var lastBlamed: [String: Int64] = [:]
    /// What a restart has to bring back.
    private var remembered: [UpstreamBlame] = []
    private var isRestoring = false

    // Outcome of the runs, for the totals.
    private(set) var allSent = 0
    private(set) var allArrived = 0
    private(set) var allMissing = 0
    private(set) var allBlamed = 0
    private(set) var allAcquitted = 0
    private(set) var restarts = 0

    init(_ plan: PlannedTrips, _ simulation: Simulation) {
        (self.plan, self.simulation) = (plan, simulation)
    }

    private var now: Int64 { simulation.timeline.now }

    private func problem(_ text: String) { simulation.oracle.problem("round trips: \(text)") }

    // MARK: - The way of the probes

    func sent(_ token: ProbeToken) {
        if fates[token.number] != nil { problem("number \(token.number) is sent twice") }
        fates[token.number] = Fate(path: token.path, sentAt: token.sentAt)
        byMoment["\(token.path) \(token.sentAt)", default: []].append(token.number)
    }

    func mailbox(of number: UInt64) -> String? { fates[number]?.path.mailbox }

    func taken(_ probe: ProbeMark, by upstream: Int, isLost: Bool) {
        let name = simulation.plan.natures[upstream].name
        if let pin = probe.upstream, pin != name { problem("probe \(probe.number) of \(pin) goes through \(name)") }
        guard var fate = fates[probe.number] else { return }
        fate.takenAt = fate.takenAt ?? now
        (fate.upstream, fate.isLost) = (upstream, isLost)
        fates[probe.number] = fate
    }

    func delivered(_ number: UInt64) {
        let arrivedAt = fates[number]?.arrivedAt ?? now
        fates[number]?.arrivedAt = arrivedAt
    }

    func swallowed(_ number: UInt64) { fates[number]?.isSwallowed = true }

    func carriageChanged(_ upstream: Int) { carriageSince[upstream] = now }

    func heard(_ news: ProbeNews) {
        if case .took(let mark, _) = news { fates[mark.number]?.heardAt = now }
    }

    // MARK: - Lives

    func begun(_ memory: TripMemory, _ history: TripHistory) {
        (begunAt, replacedAt) = (now, now)
        restarts += 1
        counts = Counts()
        blames = [:]
        restored = 0
        remembered = memory.blames
        isRestoring = true
        for probe in memory.probes { fates[probe.number]?.hasSeenRestart = true }
    }

    /// Other paths: what was under way on those that are gone counts no more.
    func replaced(_ course: TripCourse?) {
        replacedAt = now
        counts = Counts()
        restored = underWay(course)
    }

    func crashed() {
        for upstream in blames.keys { lastBlamed[upstream] = now }
        blames = [:]
    }

    func saved(_ memory: TripMemory, octets: Int) {
        let most = memory.probes.count + memory.blames.count + memory.verdicts.count + memory.lastSent.count
        if octets > 200 + 600 * (most + memory.queueIDs.count) { problem("\(octets) octets for \(most) things") }
        if memory.queueIDs.count > memory.probes.count + 8 {
            problem("\(memory.queueIDs.count) queue IDs for \(memory.probes.count) probes under way")
        }
    }

    private func underWay(_ course: TripCourse?) -> Int {
        course?.listings(now: simulation.now + simulation.lead).reduce(0) { $0 + $1.standing.underWay } ?? 0
    }

    // MARK: - What follows

    func blamed(_ blame: UpstreamBlame) {
        defer {
            blames[blame.upstream] = (blame, now)
            lastBlamed[blame.upstream] = now
        }
        if isRestoring, remembered.contains(where: { $0.upstream == blame.upstream }) { return }
        allBlamed += 1
        let losses = blame.paths.map { path in
            fates.values.count { $0.path == path && isUpstreams($0) }
        }
        if losses.allSatisfy({ $0 < plan.settings.missingThreshold }) {
            problem("\(blame.upstream) is blamed, and has lost \(losses) probes")
        }
    }

    /// Whether an upstream has lost a probe, or has delivered it too late.
    private func isUpstreams(_ fate: Fate) -> Bool {
        guard let takenAt = fate.takenAt else { return false }
        let limit = plan.settings.missingAfter.nanoseconds
        return fate.isLost || fate.arrivedAt.map { $0 - takenAt > limit } ?? isOverdue(fate)
    }

    private func isOverdue(_ fate: Fate) -> Bool {
        guard let takenAt = fate.takenAt, !fate.isSwallowed, fate.arrivedAt == nil else { return false }
        return now - takenAt > plan.settings.missingAfter.nanoseconds
    }

    func acquitted(_ upstream: String) {
        allAcquitted += 1
        blames[upstream] = nil
        lastBlamed[upstream] = now
    }

    func pardoned(_ upstream: String) { pardonedAt[upstream] = now }

    func isTrusted(_ upstream: String, for span: Int64) -> Bool {
        blames[upstream] == nil && lastBlamed[upstream].map { now - $0 > span } ?? true
    }

    // MARK: - Facts

    func heard(_ fact: TripFact) {
        counts.add(fact.kind)
        let those = (byMoment["\(fact.path) \(fact.sentAt)"] ?? []).compactMap { fates[$0] }
        switch fact.kind {
        case .sent: allSent += 1
        case .arrived: allArrived += 1
        case .missing:
            allMissing += 1
            if those.allSatisfy({ !$0.isSwallowed && !isUpstreams($0) }) {
                problem("a probe of \(fact.path) is missing, and has arrived: \(those)")
            }
        case .failed:
            if !those.isEmpty, those.allSatisfy({ $0.heardAt != nil }) {
                problem("a probe of \(fact.path) has failed, and was taken: \(those)")
            }
        case .unjudged, .excused, .returned, .doubled: break
        }
    }

    // MARK: - Mail

    /// A final dot has reached a server.
    func dotted(_ dot: Oracle.Dot, _ message: Int) {
        let name = simulation.plan.natures[dot.upstream].name
        let entry = simulation.oracle.messages[message]
        guard entry.accepted.probe == nil, let (blame, at) = blames[name], blame.action == .open,
            simulation.lead == .zero, dot.began > Simulation.epoch + .nanoseconds(at) + .milliseconds(1)
        else { return }
        problem("\(simulation.oracle.name(message)) goes to \(name), which is to get none since \(now - at) ns")
    }

    // MARK: - Every second

    func look(
        _ life: SimulatedTrips.Life?, _ carriages: [PlannedTrips.Carriage], _ mailboxes: [SimulatedMailbox]
    ) {
        guard let life else { return }
        checkRestart(life)
        // The listings sum up the history of a day.
        if now / Duration.seconds(1).nanoseconds % 10 == 0 { checkCounts(life) }
        checkCircuits()
        checkSpool()
        guard isCalm else { return }
        for upstream in carriages.indices {
            checkBlame(of: upstream, carriages, mailboxes)
            checkAcquittal(of: upstream, carriages, mailboxes)
        }
    }

    private func checkRestart(_ life: SimulatedTrips.Life) {
        guard isRestoring else { return }
        isRestoring = false
        // Counting begins now.
        counts = Counts()
        restored = underWay(life.course)
        let names = Set(simulation.settings.upstreams.map(\.name))
        for known in remembered where names.contains(known.upstream) && now - begunAt < 900_000_000 {
            if blames[known.upstream] == nil, (pardonedAt[known.upstream] ?? -1) < begunAt {
                problem("\(known.upstream) was to blame before a restart, and is not behind it")
            }
        }
    }

    private func checkCounts(_ life: SimulatedTrips.Life) {
        let underWay = underWay(life.course)
        if counts.sent + restored != counts.ended + underWay {
            problem("\(restored) were under way, and \(underWay) are: \(counts)")
        }
        let paths = life.course.listings(now: simulation.now + simulation.lead).count
        // What may wait for a mailbox that nobody can look into is bounded too.
        let span = plan.settings.missingAfter + .seconds(150)
        let most = paths * (Int(span / (plan.settings.every * 0.8)) + 20)
        if underWay > most { problem("\(underWay) are under way, at most \(most)") }
    }

    /// Whether circuits are as they are to be.
    private func checkCircuits() {
        guard let dispatcher = simulation.dispatcher else { return }
        for name in simulation.settings.upstreams.map(\.name) {
            guard let upstream = dispatcher.upstreams[name] else { continue }
            let known = blames[name]
            let wanted: RoundTripBlame? = known.flatMap { RoundTripBlame(rawValue: $0.blame.action.rawValue) }
            let found: RoundTripBlame? = upstream.circuit.withholding.map { $0 == .whole ? .open : .reduce }
            // Those that are told of it hear of it a moment later.
            guard wanted != found, known.map({ now - $0.at > 1_000_000 }) ?? true,
                (pardonedAt[name]).map({ now - $0 > 1_000_000 }) ?? true
            else { continue }
            problem("\(name) is blamed by \(wanted as Any), and its circuit says \(found as Any)")
        }
    }

    /// No probe waits for long once it is of no use.
    private func checkSpool() {
        guard isCalm else { return }
        let limit = plan.settings.missingAfter + .seconds(45)
        for stored in simulation.disk.messages.values {
            guard let probe = stored.message.probe, let fate = fates[probe.number], !fate.hasSeenRestart,
                begunAt < (fate.sentAt - Simulation.epoch).nanoseconds, simulation.now - fate.sentAt > limit
            else { continue }
            problem("probe \(probe.number) waits since \(fate.sentAt)")
        }
    }

    // MARK: - In time

    /// Since when nothing has been in the way of a verdict about a mailbox.
    private func quietSince(_ mailbox: SimulatedMailbox, _ upstream: String) -> Int64 {
        // After a look that has failed, the next one is asked for half a minute later.
        let settled = mailbox.troubledAt == 0 ? 0 : mailbox.troubledAt + Duration.seconds(30).nanoseconds
        return max(begunAt, replacedAt, pardonedAt[upstream] ?? 0, settled)
    }

    private func isBusy(_ upstream: Int) -> Bool { simulation.isInUse(upstream) }

    /// An upstream that loses everything is left in time.
    private func checkBlame(
        of upstream: Int, _ carriages: [PlannedTrips.Carriage], _ mailboxes: [SimulatedMailbox]
    ) {
        let name = simulation.plan.natures[upstream].name
        guard carriages[upstream].losesAll, isBusy(upstream), blames[name] == nil else { return }
        for mailbox in mailboxes where mailbox.access == .open {
            for witness in carriages.indices where witness != upstream && isBusy(witness) {
                let carriage = carriages[witness]
                guard carriage.loss == 0, carriage.delay.upperBound <= plan.settings.missingAfter else { continue }
                let since = max(
                    quietSince(mailbox, name), carriageSince[upstream] ?? 0, carriageSince[witness] ?? 0)
                let bound = plan.settings.limit(witness: carriage.delay.upperBound) + lookTime(mailbox) + Self.slack
                guard now - since > bound.nanoseconds else { continue }
                return problem("\(name) loses everything for more than \(bound), and is not to blame")
            }
        }
    }

    private func lookTime(_ mailbox: SimulatedMailbox) -> Duration {
        mailbox.nature.look * 2 + PlannedTrips.pollInterval
    }

    /// An upstream that delivers everything again gets its share back.
    private func checkAcquittal(
        of upstream: Int, _ carriages: [PlannedTrips.Carriage], _ mailboxes: [SimulatedMailbox]
    ) {
        let name = simulation.plan.natures[upstream].name
        let carriage = carriages[upstream]
        guard carriage.loss == 0, carriage.delay.upperBound <= plan.settings.missingAfter, blames[name] != nil,
            isBusy(upstream), mailboxes.allSatisfy({ $0.access == .open })
        else { return }
        let since = mailboxes.map { quietSince($0, name) }.max() ?? 0
        let bound =
            plan.settings.every * (plan.settings.missingThreshold + 1) + carriage.delay.upperBound
            + (mailboxes.map(lookTime).max() ?? .zero) + Self.slack
        if now - max(since, carriageSince[upstream] ?? 0) > bound.nanoseconds {
            problem("\(name) delivers everything, and is to blame after \(bound)")
        }
    }

    /// Behind the last fault, and the time to get over it.
    var finalProblem: String? {
        if let blame = blames.first { return "\(blame.key) is to blame in the end" }
        guard let dispatcher = simulation.dispatcher else { return "there is no relay in the end" }
        for name in simulation.settings.upstreams.map(\.name) {
            guard let upstream = dispatcher.upstreams[name] else { continue }
            if upstream.circuit.withholding != nil || isCalm && upstream.circuit.share != 1 {
                return "\(name) has \(upstream.circuit.share) of its traffic in the end"
            }
        }
        return nil
    }
}

extension TripSettings {
    /// By when an upstream is blamed that loses everything; what follows from `every` comes first in docs/round-trips.md.
    ///
    /// - Parameter witness: how long mail of another upstream takes.
    func limit(witness: Duration) -> Duration {
        every * missingThreshold + max(missingAfter, every + witness)
    }
}
