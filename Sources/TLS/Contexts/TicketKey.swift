internal import COpenSSL

/// The key that seals session tickets for about an hour (RFC 5077 section 4 and 5.5).
struct TicketKey: Equatable, Sendable {
    static let nameLength = 16

    /// Sent with each ticket, to find the key again.
    let name: [UInt8]
    let encryption: [UInt8]
    let authentication: [UInt8]
    /// Seconds since 1970.
    let madeAt: Int

    init(name: [UInt8], encryption: [UInt8], authentication: [UInt8], madeAt: Int) {
        self.name = name
        self.encryption = encryption
        self.authentication = authentication
        self.madeAt = madeAt
    }

    /// Fails if the library has no randomness.
    init?(now: Int) {
        var random = [UInt8](repeating: 0, count: Self.nameLength + 64)
        guard RAND_bytes(&random, Int32(random.count)) == 1 else { return nil }
        self.init(
            name: Array(random[..<Self.nameLength]),
            encryption: Array(random[Self.nameLength..<Self.nameLength + 32]),
            authentication: Array(random[(Self.nameLength + 32)...]),
            madeAt: now)
    }
}

/// Rotation of session ticket keys; a value without its own clock.
struct TicketKeyRotation: Sendable {
    /// Seconds for which tickets are sealed with one key; they can be opened for as long again.
    static let lifetime = 3600

    private(set) var current: TicketKey?
    private(set) var previous: TicketKey?

    /// The key for a new ticket; calls `makeKey` when it is time for another one.
    mutating func sealingKey(now: Int, makeKey: (Int) -> TicketKey?) -> TicketKey? {
        // A clock that was set back must not extend the life of a key.
        if let current, (0..<Self.lifetime).contains(now - current.madeAt) { return current }
        guard let next = makeKey(now) else { return nil }
        previous = current
        current = next
        return next
    }

    /// The key that a ticket was sealed with, if still valid, and whether it is the one for new tickets.
    func openingKey(named name: some Sequence<UInt8>, now: Int) -> (key: TicketKey, isCurrent: Bool)? {
        for (key, isCurrent) in [(current, true), (previous, false)] {
            guard let key, key.name.elementsEqual(name) else { continue }
            let age = now - key.madeAt
            return age < 2 * Self.lifetime ? (key, isCurrent && age < Self.lifetime) : nil
        }
        return nil
    }
}
