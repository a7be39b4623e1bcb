import Mail
import RoundTrips

/// A mailbox at a server of somebody else.
final class SimulatedMailbox {
    struct Letter {
        let place: String
        let folder: TripFolder
        let header: [UInt8]
        /// By the server's clock.
        let internalDate: Timestamp
    }

    let nature: PlannedTrips.Mailbox
    var skew: Duration
    private(set) var access = PlannedTrips.Access.open
    /// When it was last anything but open.
    private(set) var troubledAt: Int64 = 0
    private(set) var letters: [Letter] = []
    private var lastID = 0
    /// Whoever waits for new mail.
    var arrived: () -> Void = {}

    init(_ nature: PlannedTrips.Mailbox) {
        self.nature = nature
        skew = nature.skew
    }

    func turn(_ access: PlannedTrips.Access, at time: Int64) {
        self.access = access
        troubledAt = time
    }

    /// - Parameter now: by a clock that is right.
    func put(_ header: [UInt8], _ folder: TripFolder, now: Timestamp) {
        lastID += 1
        let seconds = (now + skew).milliseconds / 1000
        letters.append(
            Letter(
                place: "\(folder);1;\(lastID)", folder: folder, header: header,
                internalDate: Timestamp(milliseconds: seconds * 1000)))
        arrived()
    }

    func delete(_ place: String) { letters.removeAll { $0.place == place } }
}

/// Looks into one mailbox during one life of the relay, as a session of IMAP or POP3 does.
final class SimulatedLooker {
    private let mailbox: SimulatedMailbox
    private let loop: SimulatedLoop
    private let chance: Chance
    private unowned let trips: SimulatedTrips
    private var isLooking = false
    private var isAsked = false
    private var isExpecting = false

    init(_ mailbox: SimulatedMailbox, _ loop: SimulatedLoop, _ trips: SimulatedTrips, _ chance: Chance) {
        (self.mailbox, self.loop, self.trips, self.chance) = (mailbox, loop, trips, chance)
    }

    func start() {
        if mailbox.nature.isPrompt {
            mailbox.arrived = { [unowned self] in
                guard mailbox.access != .closed(isLasting: true) else { return }
                loop.at(loop.timeline.now + Duration.milliseconds(20).nanoseconds) { [unowned self] in look() }
            }
        }
        poll()
    }

    func stop() { mailbox.arrived = {} }

    func expect(_ isExpecting: Bool) { self.isExpecting = isExpecting }

    private func poll() {
        let wait = mailbox.nature.isPrompt ? .seconds(20) : PlannedTrips.pollInterval
        loop.at(loop.timeline.now + wait.nanoseconds) { [unowned self] in
            if isExpecting { look() }
            poll()
        }
    }

    /// One look at a time; another one follows if it is asked for meanwhile.
    func look() {
        guard !isLooking else { return isAsked = true }
        isLooking = true
        let began = trips.moment.steady
        let seen = Set(mailbox.letters.map(\.place))
        loop.at(loop.timeline.now + mailbox.nature.look.nanoseconds) { [unowned self] in end(began, seen) }
    }

    private func end(_ began: Timestamp, _ seen: Set<String>) {
        isLooking = false
        var isWhole = true
        switch mailbox.access {
        case .closed(let isLasting): return failed("no login", isLasting)
        case .shaky(let percent): isWhole = !chance.percent(percent)
        case .open, .deaf: break
        }
        // What comes during a look may be seen or not.
        let letters = mailbox.letters.filter { seen.contains($0.place) || chance.percent(50) }
        for letter in isWhole ? letters : Array(letters.prefix(letters.count / 2)) {
            let isOurs = trips.found(letter, in: mailbox)
            // Some servers forget a deletion when the session breaks.
            if isOurs, isWhole || chance.percent(50) { mailbox.delete(letter.place) }
        }
        guard isWhole else { return failed("the connection is lost", false) }
        trips.hear { course, now in course.looked(mailbox.nature.name, from: began, now: now) }
        if isAsked { again() }
    }

    private func failed(_ cause: String, _ isLasting: Bool) {
        trips.hear { course, now in
            course.lookFailed(mailbox.nature.name, cause: cause, isLasting: isLasting, now: now)
        }
        loop.at(loop.timeline.now + chance.seconds(1...5).nanoseconds) { [unowned self] in
            if isExpecting || isAsked { again() }
        }
    }

    private func again() {
        isAsked = false
        look()
    }
}
