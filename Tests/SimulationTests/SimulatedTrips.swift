import Mail
import NIOCore
import RoundTrips
import Spool
import TestKit
import Upstreams

@testable import Delivery

/// The round trips of a run: a course in virtual time that sends probes through the relay, the mailboxes that they go to,
/// and what the service around the course keeps on disk.
final class SimulatedTrips {
    /// How long what has changed may be unsaved.
    private static let saveDelay = Duration.seconds(5)

    let plan: PlannedTrips
    let judge: TripJudge
    private unowned let simulation: Simulation
    private let chance: Chance
    private let key = ProbeKey.simulated
    let mailboxes: [SimulatedMailbox]
    private(set) var carriages: [PlannedTrips.Carriage]

    /// What belongs to one life of the relay.
    struct Life {
        let loop: SimulatedLoop
        let port: SpoolPort
        /// The steady clock begins anywhere.
        let offset: Int64
        var course: TripCourse
        var lookers: [SimulatedLooker] = []
        var queueIDs: [UInt64: QueueID]
        var alarm: Timeline.Entry?
        var savedAt: Timestamp
        var hasNews = false
    }

    /// What is on disk.
    private struct Saved {
        var memory: [UInt8]?
        var history: [UInt8]?
    }

    private(set) var life: Life?
    private var saved = Saved()
    /// As it was before that.
    private var older = Saved()

    init(_ plan: PlannedTrips, _ simulation: Simulation, _ chance: Chance) {
        (self.plan, self.simulation, self.chance) = (plan, simulation, chance)
        mailboxes = plan.mailboxes.map { SimulatedMailbox($0) }
        carriages = simulation.plan.natures.map { _ in PlannedTrips.Carriage() }
        judge = TripJudge(plan, simulation)
    }

    var patience: Duration { plan.patience }

    var moment: TripMoment {
        let steady = (life?.offset ?? 0) + simulation.timeline.now / 1_000_000
        return TripMoment(wall: simulation.now + simulation.lead, steady: Timestamp(milliseconds: steady))
    }

    // MARK: - Behind the upstreams

    func arrange() {
        for (at, event) in plan.events {
            simulation.timeline.at(at.nanoseconds) { [unowned self] in happen(event) }
        }
    }

    private func happen(_ event: PlannedTrips.Event) {
        guard simulation.timeline.now <= simulation.plan.end.nanoseconds else { return }
        simulation.trace.note { "round trips: \(event)" }
        switch event {
        case .carriage(let upstream, let carriage): carry(upstream, carriage)
        case .access(let mailbox, let access): mailboxes[mailbox].turn(access, at: simulation.timeline.now)
        case .skew(let mailbox, let skew): mailboxes[mailbox].skew = skew
        case .request:
            guard var course = life?.course else { return }
            for path in paths where !course.request(path) { simulation.oracle.problem("there is no path \(path)") }
            life?.course = course
            settle()
        }
    }

    private func carry(_ upstream: Int, _ carriage: PlannedTrips.Carriage) {
        carriages[upstream] = carriage
        judge.carriageChanged(upstream)
    }

    /// Every upstream delivers everything in time from now on, into mailboxes that are open.
    func heal() {
        for index in carriages.indices { carry(index, PlannedTrips.Carriage()) }
        for mailbox in mailboxes where mailbox.access != .open { mailbox.turn(.open, at: simulation.timeline.now) }
    }

    /// An upstream has taken a message.
    func taken(_ message: Int, by upstream: Int) {
        let entry = simulation.oracle.messages[message]
        guard let probe = entry.accepted.probe, let box = judge.mailbox(of: probe.number),
            let mailbox = mailboxes.first(where: { $0.nature.name == box })
        else { return }
        let carriage = carriages[upstream]
        let isLost = chance.percent(carriage.loss)
        judge.taken(probe, by: upstream, isLost: isLost)
        guard !isLost else { return }
        let header = header(of: entry, upstream)
        for _ in 0..<(chance.percent(carriage.doubled) ? 2 : 1) {
            let folder = chance.percent(carriage.junk) ? TripFolder.junk : .inbox
            simulation.timeline.after(chance.duration(carriage.delay)) { [unowned self] in
                guard mailbox.access != .deaf else { return judge.swallowed(probe.number) }
                judge.delivered(probe.number)
                mailbox.put(header, folder, now: simulation.now)
            }
        }
    }

    /// With the hop of the upstream, whose clock is wrong too.
    private func header(of message: Oracle.Message, _ upstream: Int) -> [UInt8] {
        var dates = MailDate()
        let skew = Duration.seconds(upstream * 40 - 40)
        let date = dates.text(of: simulation.now + skew)
        let hop = "Received: from relay.test by u\(upstream).test with ESMTP; \(date)\r\n"
        return Array(hop.utf8) + Array(message.wire.readableBytesView)
    }

    // MARK: - Lives

    private var names: [String] { simulation.settings.upstreams.map(\.name) }

    private var paths: [TripPath] { plan(names).flatMap(\.paths) }

    private func plan(_ upstreams: [String]) -> [TripPlan] {
        plan.mailboxes.enumerated().map { number, mailbox in
            let name = "trip\(number)"
            let pinned = upstreams.map { TripPath(trip: name, upstream: $0, mailbox: mailbox.name) }
            let routed = TripPath(trip: name, upstream: nil, mailbox: mailbox.name)
            return TripPlan(plan.settings, plan.isRouted ? pinned + [routed] : pinned)
        }
    }

    /// The relay starts: delivery comes first.
    func begin() {
        guard let relay = simulation.life else { return }
        let bound = NIOLoopBound(self, eventLoop: relay.loop)
        let port = relay.spool.openPort(arrivals: false) { completions in
            for completion in completions { bound.value.answered(completion) }
        }
        let wait = Duration.milliseconds(chance.number(1...40))
        relay.loop.at(simulation.timeline.now + wait.nanoseconds) { [unowned self] in begin(relay.loop, port) }
    }

    private func begin(_ loop: SimulatedLoop, _ port: SpoolPort) {
        do {
            let memory = try saved.memory.map { try TripMemory(octets: $0) } ?? TripMemory()
            let history = try saved.history.map { try TripHistory(encoded: $0) } ?? TripHistory()
            let course = TripCourse(hostname: "relay.test", key: key, history: history, memory: memory)
            life = Life(
                loop: loop, port: port, offset: Int64(chance.number(1...1 << 40)), course: course,
                queueIDs: memory.queueIDs, savedAt: .distantPast)
            let began = moment.steady
            life?.savedAt = began
            let looks = mailboxes.map { SimulatedLooker($0, loop, self, chance) }
            life?.lookers = looks
            judge.begun(memory, history)
            replace(names)
            save()
            // On disk before the first probe is.
            older = saved
            for looker in looks { looker.start() }
        } catch {
            simulation.oracle.problem("what is kept of round trips cannot be read: \(error)")
        }
    }

    /// Another relay.conf applies.
    func reloaded(_ upstreams: [String]) {
        guard life != nil else { return }
        replace(upstreams)
        judge.replaced(life?.course)
    }

    private func replace(_ upstreams: [String]) {
        hear { course, now in course.replace(plan(upstreams), now: now) }
    }

    func crash() {
        guard let life else { return }
        life.alarm?.callOff()
        for looker in life.lookers { looker.stop() }
        // What was written last may not have reached the disk.
        if older.memory != nil, chance.percent(30) { saved = older }
        self.life = nil
        judge.crashed()
    }

    // MARK: - What is heard

    func heard(_ news: ProbeNews) {
        judge.heard(news)
        guard life != nil else { return }
        switch news {
        case .handedOver: break
        case .took(let mark, _), .failed(let mark, _, _), .dropped(let mark): life?.queueIDs[mark.number] = nil
        }
        hear { course, now in
            switch news {
            case .handedOver(let mark):
                course.handedOver(mark.number, now: now)
                return []
            case .took(let mark, let upstream): return course.took(mark.number, by: upstream, now: now)
            case .failed(let mark, _, let reply): return course.failed(mark.number, reply: reply, now: now)
            case .dropped(let mark): return course.dropped(mark.number, now: now)
            }
        }
    }

    /// An operator's reset ends what round trips have brought about.
    func heard(_ event: DeliveryEvent) {
        guard case .upstreamControl(let upstream, "reset", _, _, expired: nil) = event, let loop = life?.loop else {
            return
        }
        judge.pardoned(upstream)
        loop.at(simulation.timeline.now) { [unowned self] in
            hear { course, now in course.pardon(upstream, now: now) }
        }
    }

    func found(_ letter: SimulatedMailbox.Letter, in mailbox: SimulatedMailbox) -> Bool {
        var isOurs = false
        hear { course, now in
            let result = course.found(
                HeaderTrace(parsing: letter.header), in: mailbox.nature.name, place: letter.place,
                folder: letter.folder, internalDate: mailbox.nature.hasDates ? letter.internalDate : nil, now: now)
            isOurs = result.isOurs
            return result.steps
        }
        return isOurs
    }

    func hear(_ change: (inout TripCourse, TripMoment) -> [TripStep]) {
        guard var course = life?.course else { return }
        let steps = change(&course, moment)
        life?.course = course
        carryOut(steps)
        settle()
    }

    // MARK: - Time

    private func settle() {
        guard let life else { return }
        for (mailbox, looker) in zip(mailboxes, life.lookers) { looker.expect(life.course.awaits(mailbox.nature.name)) }
        rearm()
    }

    private func rearm() {
        guard var life else { return }
        life.alarm?.callOff()
        let now = moment.steady
        let saving = life.hasNews ? life.savedAt + Self.saveDelay : nil
        let due = [life.course.nextDeadline(now: now), saving].compactMap { $0 }.min()
        life.alarm = due.map { due in
            let wait = max(.milliseconds(1), due - now)
            return life.loop.at(simulation.timeline.now + wait.nanoseconds) { [unowned self] in alarmed() }
        }
        self.life = life
    }

    private func alarmed() {
        hear { course, now in
            course.advance(now: now, jitter: { Double(chance.number(-1000...1000)) / 1000 }) { path in
                path.upstream.map { (simulation.disk.overrides[$0]?.state ?? .enabled) == .enabled } ?? true
            }
        }
        if let life, life.hasNews, moment.steady >= life.savedAt + Self.saveDelay { save() }
    }

    private func save() {
        guard var life else { return }
        (life.hasNews, life.savedAt) = (false, moment.steady)
        var memory = life.course.remembered(now: moment)
        memory.queueIDs = life.queueIDs
        older = saved
        saved = Saved(memory: memory.octets, history: life.course.history.encoded())
        self.life = life
        judge.saved(memory, octets: saved.memory?.count ?? 0)
    }

    // MARK: - Steps

    private func carryOut(_ steps: [TripStep]) {
        if !steps.isEmpty { life?.hasNews = true }
        for step in steps {
            switch step {
            case .send(let token): send(token)
            case .look(let mailbox):
                guard let place = mailboxes.firstIndex(where: { $0.nature.name == mailbox }) else { continue }
                life?.lookers[place].look()
            case .withdraw(let number):
                guard let id = life?.queueIDs.removeValue(forKey: number) else { continue }
                simulation.give(PlannedOrder(.withdraw, wait: .seconds(30)), about: [id])
            case .blame(let blame):
                simulation.trace.note { "round trips: \(blame)" }
                judge.blamed(blame)
                tell { $0.blame(blame.upstream, blame.action == .open ? .open : .reduce, cause: blame.cause) }
                save()
            case .acquit(let upstream, let cause):
                simulation.trace.note { "round trips: \(upstream) is acquitted: \(cause)" }
                judge.acquitted(upstream)
                tell { $0.acquit(upstream, cause: cause) }
                save()
            case .fact(let fact):
                simulation.trace.note { "round trips: \(fact.path) \(fact.sentAt) \(fact.kind)" }
                judge.heard(fact)
            case .changed(let change): simulation.trace.note { "round trips: \(change)" }
            case .mailbox(let change): simulation.trace.note { "round trips: \(change)" }
            }
        }
    }

    /// The delivery hears of it a moment later.
    private func tell(_ order: @escaping (Dispatcher) -> Void) {
        guard plan.settings.action != .alert, let loop = life?.loop else { return }
        loop.at(simulation.timeline.now) { [unowned self] in
            if let dispatcher = simulation.dispatcher { order(dispatcher) }
        }
    }

    private func send(_ token: ProbeToken) {
        judge.sent(token)
        guard let relay = simulation.life, let life,
            let probe = ProbeMessage(
                token, key: key, sender: Address(unchecked: "postmaster@relay.test"),
                recipient: Address(unchecked: token.path.mailbox), hostname: "relay.test")
        else { return simulation.oracle.problem("no probe can be made of \(token)") }
        var submission = Plan.Submission(at: .zero, recipients: ["r0@d0.test"])
        submission.probe = ProbeMark(trip: token.path.trip, upstream: token.path.upstream, number: token.number)
        let number = simulation.oracle.messages.count
        let id = relay.spool.makeQueueID(at: moment.wall)
        var dates = MailDate()
        let header = ByteBuffer(
            string: "Received: by relay.test with ESMTP; \(dates.text(of: moment.wall))\r\nX-Posthorse-ID: \(id)\r\n")
        let content = ByteBuffer(bytes: probe.octets)
        var wire = header
        wire.writeImmutableBuffer(content)
        let message = simulation.message(number, id, submission, size: wire.readableBytes)
        simulation.oracle.submitted(message, wire: wire, isUnwanted: false)
        simulation.trace.note { "message \(number) (\(id)) is probe \(token.number) for \(token.path)" }
        tickets[token.number] = id
        let new = NewMessage(message: message, header: header, content: .whole(content))
        relay.spool.submit([.accept(new, ticket: token.number)], from: life.port)
    }

    /// Of probes that the spool is asked to take.
    private var tickets: [UInt64: QueueID] = [:]

    private func answered(_ completion: SpoolCompletion) {
        if case .accepted(let number) = completion, let id = tickets.removeValue(forKey: number),
            life?.course.isWaiting(number) ?? false
        {
            life?.queueIDs[number] = id
        }
        if case .refused(let number, _) = completion {
            tickets[number] = nil
            hear { course, now in course.notSent(number, now: now) }
        }
    }

    // MARK: - Checks

    /// Every second.
    func look() { judge.look(life, carriages, mailboxes) }

    func dotted(_ dot: Oracle.Dot, _ message: Int) { judge.dotted(dot, message) }

    /// Whether mail may have gone to an upstream for this long, as far as round trips are concerned.
    func isTrusted(_ upstream: String, for span: Int64) -> Bool { judge.isTrusted(upstream, for: span) }
}

extension ProbeKey {
    /// Stands for HMAC-SHA-256: as long, and as dependent on every octet, but no secret.
    static let simulated = ProbeKey { octets in
        let sum = octets.reduce(0x9E37_79B9_7F4A_7C15 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        let chance = Chance(sum)
        return (0..<4).flatMap { _ in
            let word = chance.next()
            return (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        }
    }
}
