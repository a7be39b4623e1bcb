internal import NIOCore
internal import Upstreams

/// The addresses of one upstream's name, and what is known of the health of each: which one gets the next session.
///
/// A value without IO or a clock. An address is *untried*, then *healthy* once it completes a greeting and *sick* once it
/// fails. While there is a healthy one, sessions go to healthy ones only. Untried addresses, and sick ones after a minute
/// of rest, doubled with each further failure, are tried beside such a session, which does not wait for them.
struct AddressBook {
    /// How long an address is left alone after its first failure.
    static let firstRest = Duration.seconds(60)
    /// Maximum rest after repeated failures.
    static let longestRest = Duration.seconds(600)
    /// Maximum addresses used of one name.
    static let limit = 64
    /// Maximum addresses whose health is remembered, including those that the resolver does not list now.
    static let memory = 256

    enum State: Equatable {
        case untried
        case healthy
        case sick(reason: String)

        var isSick: Bool {
            switch self {
            case .untried, .healthy: false
            case .sick: true
            }
        }
    }

    /// What is known of one address.
    struct Health: Equatable {
        fileprivate(set) var state = State.untried
        /// When it came into its state.
        fileprivate(set) var since: MonotonicInstant
        /// When a sick address may be tried again.
        fileprivate(set) var due = MonotonicInstant.longAgo
        /// Its last rest; the next is longer unless it stays healthy for as long.
        fileprivate(set) var rest = Duration.zero
        /// Whether somebody is waiting for its greeting longer than usual, or finding out whether it is well.
        fileprivate(set) var isSuspect = false

        fileprivate init(since: MonotonicInstant) { self.since = since }
    }

    /// In the order of the resolver.
    private(set) var addresses: [SocketAddress] = []
    private var known: [SocketAddress: Health] = [:]

    /// Health of a listed address, or of one that was listed before; nil if nothing is known.
    func health(of address: SocketAddress) -> Health? { known[address] }

    /// Whether another address could take the place of one that fails.
    var hasChoice: Bool { addresses.count > 1 }

    // MARK: - What the resolver says

    /// The resolver has answered. Addresses that come back keep their health.
    mutating func list(_ answer: [SocketAddress], now: MonotonicInstant) {
        var seen: Set<SocketAddress> = []
        addresses = answer.filter { seen.insert($0).inserted }.prefix(Self.limit).map { $0 }
        for address in addresses where known[address] == nil { known[address] = Health(since: now) }
        if known.count > Self.memory { forgetOldest() }
    }

    private mutating func forgetOldest() {
        let unlisted = known.filter { !addresses.contains($0.key) }.sorted { $0.value.since < $1.value.since }
        for (address, _) in unlisted.prefix(known.count - Self.memory) { known[address] = nil }
    }

    // MARK: - Choosing

    /// The address for the next connection; nil if each has been tried.
    ///
    /// Healthy ones are first, then untried ones, and among either the one with the fewest sessions; then those that are
    /// being waited for; then sick ones, the longest rested first.
    ///
    /// - Parameter sessions: number of sessions at an address.
    func next(excluding tried: Set<SocketAddress>, sessions: (SocketAddress) -> Int) -> SocketAddress? {
        let candidates = addresses.filter { !tried.contains($0) }
        func least(_ isMeant: (Health) -> Bool) -> SocketAddress? {
            candidates.filter { known[$0].map(isMeant) ?? false }.min { sessions($0) < sessions($1) }
        }
        return least { $0.state == .healthy && !$0.isSuspect } ?? least { $0.state == .untried && !$0.isSuspect }
            ?? least { !$0.state.isSick } ?? candidates.min { due($0) < due($1) }
    }

    /// An address to be tried beside a healthy one: untried, or sick and due. It is suspect until something is reported
    /// of it.
    mutating func nextTrial(now: MonotonicInstant) -> SocketAddress? {
        guard addresses.contains(where: { known[$0]?.state == .healthy }) else { return nil }
        let candidates = addresses.filter { known[$0].map { isDue($0, now: now) } ?? false }
        guard let address = candidates.min(by: { due($0) < due($1) }) else { return nil }
        known[address]?.isSuspect = true
        return address
    }

    private func isDue(_ health: Health, now: MonotonicInstant) -> Bool {
        health.state != .healthy && !health.isSuspect && health.due <= now
    }

    private func due(_ address: SocketAddress) -> MonotonicInstant { known[address]?.due ?? .longAgo }

    // MARK: - What happens

    /// Somebody has waited for its greeting longer than usual: others try other addresses first.
    mutating func suspected(_ address: SocketAddress) { known[address]?.isSuspect = true }

    /// The wait has ended without news of it.
    mutating func noLongerSuspected(_ address: SocketAddress) { known[address]?.isSuspect = false }

    /// It has completed a greeting.
    ///
    /// - Returns: whether it was sick.
    mutating func greeted(_ address: SocketAddress, now: MonotonicInstant) -> Bool {
        guard var health = known[address] else { return false }
        let wasSick = health.state.isSick
        health.isSuspect = false
        if health.state != .healthy { health.since = now }
        health.state = .healthy
        known[address] = health
        return wasSick
    }

    /// It has failed.
    ///
    /// - Returns: whether it was not sick before.
    mutating func failed(_ address: SocketAddress, _ reason: String, now: MonotonicInstant) -> Bool {
        guard var health = known[address] else { return false }
        let wasSick = health.state.isSick
        health.isSuspect = false
        // Several sessions that meet the same trouble are one failure.
        if !wasSick || health.due <= now {
            let isRelapse = wasSick || now - health.since < health.rest
            health.rest = isRelapse ? min(health.rest * 2, Self.longestRest) : Self.firstRest
            health.due = now + health.rest
            health.state = .sick(reason: reason)
            if !wasSick { health.since = now }
        }
        known[address] = health
        return !wasSick
    }
}
