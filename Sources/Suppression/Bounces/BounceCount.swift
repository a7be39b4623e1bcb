package import Mail

/// Counts a group of bounces, given what is stored of their addresses.
package struct BounceCount {
    /// A tally, and the time of its last bounce.
    package struct Counted: Hashable, Sendable {
        package let address: String
        package let tally: BounceTally
        package let lastAt: Timestamp

        package init(address: String, tally: BounceTally, lastAt: Timestamp) {
            (self.address, self.tally, self.lastAt) = (address, tally, lastAt)
        }
    }

    private let settings: SuppressionSettings
    private var entries: [SuppressionKey: SuppressionEntry]
    private var tallies: [String: BounceTally]
    private var lastAt: [String: Timestamp] = [:]
    private var settled: Set<String> = []
    /// Suppressions that came of it, in order, each with the bounce that made it.
    package private(set) var made: [(entry: SuppressionEntry, bounce: Bounce)] = []

    /// - Parameters:
    ///   - entries: the suppressions that there are of these addresses, for all routes.
    ///   - tallies: by address; none is like an empty one.
    package init(
        _ settings: SuppressionSettings, entries: [SuppressionKey: SuppressionEntry], tallies: [String: BounceTally]
    ) {
        (self.settings, self.entries, self.tallies) = (settings, entries, tallies)
    }

    /// What a bounce is about.
    package static func key(of bounce: Bounce) -> SuppressionKey {
        SuppressionKey(SuppressionPattern(address: bounce.address.text))
    }

    package mutating func add(_ bounce: Bounce) {
        let key = Self.key(of: bounce)
        // Somebody's word is not replaced.
        if let entry = entries[key], !entry.isOver(at: bounce.at) { return }
        let address = key.pattern.text
        var tally = tallies[address] ?? BounceTally()
        guard let source = tally.add(bounce, settings) else {
            (tallies[address], lastAt[address]) = (tally, bounce.at)
            settled.remove(address)
            return
        }
        let entry = SuppressionEntry(
            key, reason: bounce.reply, source: source, addedAt: bounce.at,
            expiresAt: settings.expire > .zero ? bounce.at + settings.expire : nil)
        entries[key] = entry
        (tallies[address], lastAt[address]) = (nil, nil)
        settled.insert(address)
        made.append((entry, bounce))
    }

    /// Tallies to be stored.
    package var counted: [Counted] {
        lastAt.map { Counted(address: $0, tally: tallies[$0] ?? BounceTally(), lastAt: $1) }
            .sorted { $0.address < $1.address }
    }

    /// Addresses whose tally a suppression has replaced.
    package var done: [String] { settled.sorted() }
}
