import Mail
import RoundTrips
import TestKit

/// Upstreams, mailboxes and a relay that sends probes, by a clock of its own.
struct TripWorld {
    /// What becomes of mail that an upstream has taken.
    enum Fate {
        case delivered(after: Duration)
        case lost
        case refused
        case twice(Duration, Duration)
    }

    private enum Event {
        case took(UInt64, TripPath)
        case arrival(TripSighting)
        case look(String)
    }

    private(set) var now = Timestamp(milliseconds: 0)
    var ledger = TripLedger(hostname: "relay.example.com")
    var schedule = TripSchedule()
    var generator: SeededGenerator
    /// By path, and the time of the 250.
    var fate: (TripPath, Timestamp, inout SeededGenerator) -> Fate = { _, _, _ in .delivered(after: .seconds(2)) }
    var isReachable: (String, Timestamp) -> Bool = { _, _ in true }
    /// What goes as routed goes through this one.
    var routedBy = "a"
    var folder: (TripPath) -> TripFolder = { _ in .inbox }

    private var events: [(at: Timestamp, event: Event)] = []
    private var found: [String: [TripSighting]] = [:]
    private var copies = 0

    var changes: [TripChange] = []
    var mailboxChanges: [MailboxChange] = []
    var blames: [UpstreamBlame] = []
    var blamedAt: [String: Timestamp] = [:]
    var acquitted: [String] = []
    var facts: [TripFact] = []
    var findings: [TripFinding] = []
    var sent = 0
    var mostUnderWay = 0

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    var moment: TripMoment { TripMoment(wall: .sample + (now - Timestamp(milliseconds: 0)), steady: now) }

    mutating func configure(
        _ upstreams: [String?], mailboxes: [String] = ["m@example.net"], _ settings: TripSettings
    ) {
        let paths = mailboxes.flatMap { mailbox in
            upstreams.map { TripPath(trip: mailbox, upstream: $0, mailbox: mailbox) }
        }
        let orders = ledger.replace(Dictionary(uniqueKeysWithValues: paths.map { ($0, settings) }), now: moment)
        carryOut(orders)
        schedule.replace(paths.map { ($0, settings.every) }, now: now)
    }

    mutating func run(for length: Duration) {
        let end = now + length
        while now < end {
            while let next = events.first, next.at <= now {
                events.removeFirst()
                handle(next.event)
            }
            if ledger.nextDeadline.map({ $0 <= now }) ?? false { carryOut(ledger.deadlineReached(now: moment)) }
            while let path = schedule.begin(now: now, jitter: .random(in: -1...1, using: &generator)) { send(path) }
            mostUnderWay = max(mostUnderWay, ledger.standings.map(\.underWay).reduce(0, +))
            let times = [events.first?.at, ledger.nextDeadline, schedule.next(now: now), end].compactMap { $0 }
            now = min(end, max(now.advanced(byMilliseconds: 1), times.min() ?? end))
        }
    }

    private mutating func send(_ path: TripPath) {
        guard let (token, orders) = ledger.begin(path, now: moment) else { return schedule.ended(path) }
        sent += 1
        carryOut(orders)
        ledger.handedOver(token.number, now: moment)
        tokens[token.number] = token
        add(.took(token.number, path), at: now + .milliseconds(100))
    }

    private var tokens: [UInt64: ProbeToken] = [:]

    private mutating func add(_ event: Event, at time: Timestamp) {
        let place = events.firstIndex { $0.at > time } ?? events.endIndex
        events.insert((time, event), at: place)
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .took(let number, let path): took(number, path)
        case .arrival(let sighting):
            found[sighting.mailbox, default: []].append(sighting)
            if isReachable(sighting.mailbox, now) { see(sighting.mailbox) }
        case .look(let mailbox):
            guard isReachable(mailbox, now) else {
                carryOut(ledger.lookFailed(mailbox, cause: "password", isLasting: false, now: moment))
                return
            }
            see(mailbox)
            carryOut(ledger.looked(mailbox, from: now, now: moment))
        }
    }

    private mutating func took(_ number: UInt64, _ path: TripPath) {
        let fate = fate(path, now, &generator)
        guard let token = tokens.removeValue(forKey: number) else { return }
        if case .refused = fate { return carryOut(ledger.failed(number, reply: "550 no", now: moment)) }
        carryOut(ledger.took(number, by: path.upstream ?? routedBy, now: moment))
        switch fate {
        case .lost, .refused: break
        case .delivered(let delay): deliver(token, after: delay)
        case .twice(let one, let two):
            deliver(token, after: one)
            deliver(token, after: two)
        }
    }

    private mutating func deliver(_ token: ProbeToken, after delay: Duration) {
        copies += 1
        let at = now + delay
        let sighting = TripSighting(
            token: token, mailbox: token.path.mailbox, place: "INBOX;1;\(copies)", folder: folder(token.path),
            internalDate: .sample + (at - Timestamp(milliseconds: 0)))
        add(.arrival(sighting), at: at)
    }

    private mutating func see(_ mailbox: String) {
        for sighting in found.removeValue(forKey: mailbox) ?? [] {
            let (finding, orders) = ledger.found(sighting, now: moment)
            findings.append(finding)
            carryOut(orders)
        }
    }

    mutating func carryOut(_ orders: [TripOrder]) {
        for order in orders {
            switch order {
            case .count(let fact):
                facts.append(fact)
                if fact.kind.endsProbe { schedule.ended(fact.path) }
            case .changed(let change): changes.append(change)
            case .mailbox(let change): mailboxChanges.append(change)
            case .blame(let blame):
                blames.append(blame)
                blamedAt[blame.upstream] = now
            case .acquit(let upstream, _): acquitted.append(upstream)
            case .look(let mailbox): add(.look(mailbox), at: now + .milliseconds(50))
            case .withdraw: break
            }
        }
    }

    func count(_ isWanted: (TripFact.Kind) -> Bool) -> Int { facts.count { isWanted($0.kind) } }

    /// Verdicts by upstream.
    func verdicts(at mailbox: String = "m@example.net") -> [String: TripVerdict] {
        Dictionary(
            uniqueKeysWithValues: ledger.standings.filter { $0.path.mailbox == mailbox }.compactMap { standing in
                standing.verdict.map { (standing.path.upstream ?? "", $0) }
            })
    }
}
