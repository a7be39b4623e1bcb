import Mail
import NIOCore

/// One server during a run: its capabilities, its current faults, and its memory.
final class SimulatedUpstream {
    struct Nature {
        var name: String
        var latency: Duration
        var pipelining = true
        var binary = false
        var authenticates = false
        /// RCPTMAX and MAILMAX of LIMITS (RFC 9422); 0 for none.
        var recipientLimit = 0
        var messageLimit = 0
        /// Connections idle for longer are dead when used again.
        var idleLimit = Duration.seconds(600)
        /// The provider whose texts it uses. Resend does not accept a message again under the same key.
        var provider: String?
        var habits = Habits()
        /// Whether it has habits, and never any trouble.
        var isWell = false
        /// Sessions that it may have by the relay's configuration.
        var sessions = 100
        /// Time between the end of the content and the final reply.
        var thought = Duration.zero
        /// Whether it offers DSN, and so reports deliveries itself.
        var reports = false
        /// The password of the relay's account, or what its tokens begin with.
        var secret: String?
        /// Whether it takes tokens instead of a password.
        var hasTokens = false
    }

    let index: Int
    let nature: Nature
    let timeline: Timeline
    let oracle: Oracle
    let chance: Chance
    let trace: Trace
    /// Hears whom it is asked about.
    weak var suppressions: SimulatedSuppressions?
    /// Where the relay gets its tokens; nil if the account has a password, or there is none.
    var tokens: SimulatedTokens?
    /// What becomes of a message that it has taken, by its number.
    var passesOn: ((Int) -> Void)?
    var weather = Weather.fine
    /// Since when it has had no faults.
    private(set) var fineSince: Int64 = 0
    /// When it last gave a reason to send mail elsewhere.
    private(set) var troubledAt = Int64.min
    /// When a session was accepted for the first time.
    private(set) var openedAt: Int64?
    /// When it dropped commands for the first time.
    private(set) var droppedAt: Int64?
    /// Sessions or messages that it has refused for its limits.
    var refusals = 0
    private var changedAt: Int64?
    /// Times of connection attempts.
    private(set) var connects: [Int64] = []
    private(set) var messages = 0
    private var keys: Set<String> = []
    private(set) var connections: [SimulatedConnection] = []
    /// Whether the circuit has reason to open.
    var isWell: Bool { nature.isWell }
    /// Whether nothing is wrong with it, nor with what the relay needs for a login.
    var isFine: Bool { weather == .fine && (tokens?.weather ?? .fine) == .fine }

    init(_ index: Int, _ nature: Nature, _ timeline: Timeline, _ oracle: Oracle, _ chance: Chance, _ trace: Trace) {
        self.index = index
        self.nature = nature
        self.timeline = timeline
        self.oracle = oracle
        self.chance = chance
        self.trace = trace
    }

    func turn(_ weather: Weather) {
        trace.note { "\(self.nature.name): \(weather)" }
        if self.weather != .fine { fineSince = timeline.now }
        if self.weather != .fine || weather != .fine { hadTrouble() }
        self.weather = weather
        if weather == .refuses { dropAll() }
    }

    /// Something has happened to the relay's tokens for it.
    func tokensChanged() {
        fineSince = timeline.now
        hadTrouble()
    }

    /// The server restarts, and may have forgotten what it knew.
    func restart(forgets: Bool) {
        trace.note { "\(self.nature.name) restarts" }
        if forgets { keys.removeAll() }
        hadTrouble()
        dropAll()
    }

    private func dropAll() {
        for connection in connections { connection.drop() }
    }

    func accept(_ loop: SimulatedLoop, _ sickness: Habits.Sickness? = nil) -> SimulatedConnection {
        countConnect()
        connections.removeAll(where: \.isClosed)
        let connection = SimulatedConnection(self, loop, sickness)
        connections.append(connection)
        // Beside its sessions there is a health check, and some say goodbye.
        let open = connections.count { $0.isWithRelay }
        let isSettled = changedAt.map { timeline.now - $0 > Duration.seconds(60).nanoseconds } ?? true
        if nature.habits.sick.isEmpty, isSettled, open > 2 * max(nature.sessions, 4) + 2 {
            oracle.problem("\(nature.name) has \(open) sessions, and is to have \(nature.sessions)")
        }
        return connection
    }

    /// Open sessions that have begun before this one, at the addresses that work.
    func sessions(before connection: SimulatedConnection) -> Int {
        connections.prefix { $0 !== connection }.count { !$0.isClosed && $0.sickness == nil }
    }

    /// The run is over.
    func forget() { connections = [] }

    /// The relay may have more or fewer sessions from now on, and others in place of those that it has.
    func settingsChanged() { changedAt = timeline.now }

    func opened() { openedAt = openedAt ?? timeline.now }

    func dropped() { droppedAt = droppedAt ?? timeline.now }

    func hadTrouble() { troubledAt = timeline.now }

    func countConnect() { connects.append(timeline.now) }

    /// Whether the message is new to a server that remembers keys.
    func remember(_ key: String?) -> Bool {
        messages += 1
        guard let key else { return true }
        return keys.insert(key).inserted
    }

    /// The fault at this step; nil for none.
    func misfortune(at phase: Weather.Phase) -> Weather.Misfortune? {
        switch weather {
        case .fine, .refuses, .ignores: nil
        case .broken(let at, let misfortune): at == phase ? misfortune : nil
        case .stormy(let percent): chance.percent(percent) ? anyMisfortune(at: phase) : nil
        case .slow(let delay): .late(delay)
        case .throttling(let percent):
            chance.percent(percent) ? Weather.complaint(at: phase, nature.provider).map { .reply($0) } : nil
        case .mumbling(let at): at == phase ? .reply(chance.one(of: Weather.mumbles)) : nil
        case .suspended(let at):
            at == phase ? .reply(Weather.suspension(at: phase, nature.provider)) : nil
        }
    }

    private func anyMisfortune(at phase: Weather.Phase) -> Weather.Misfortune {
        switch chance.number(0...9) {
        case 0, 1: .hang
        case 2, 3: phase == .dot && chance.percent(50) ? .takenAndDrop : .drop
        case 4: phase == .dot ? .takenAndHang : .late(chance.seconds(0...4))
        case 5, 6: .late(chance.seconds(0...2))
        case 7, 8: .reply(chance.one(of: Weather.trouble(at: phase)))
        default: .farewell("421 4.3.2 going down")
        }
    }
}
