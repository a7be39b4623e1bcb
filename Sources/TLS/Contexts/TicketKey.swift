internal import COpenSSL

/// What session tickets are sealed with for about an hour (RFC 5077 section 4 and 5.5).
struct TicketKey: Equatable, Sendable {
    static let nameLength = 16

    /// Sent with each ticket, so that the key is found again.
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

/// The keys of session tickets as they come and go; a value without a clock of its own.
struct TicketKeyRotation: Sendable {
    /// For how many seconds tickets are sealed with one key; for as long again they are still opened with it.
    static let lifetime = 3600

    private(set) var current: TicketKey?
    private(set) var previous: TicketKey?

    /// The key for a new ticket; `makeKey` is called when it is time for another one.
    mutating func sealingKey(now: Int, makeKey: (Int) -> TicketKey?) -> TicketKey? {
        // A clock that was set back is no reason to keep a key for longer.
        if let current, (0..<Self.lifetime).contains(now - current.madeAt) { return current }
        guard let next = makeKey(now) else { return nil }
        previous = current
        current = next
        return next
    }

    /// The key that a ticket was sealed with, if that may still be used, and whether new tickets are sealed with it too.
    func openingKey(named name: some Sequence<UInt8>, now: Int) -> (key: TicketKey, isCurrent: Bool)? {
        for (key, isCurrent) in [(current, true), (previous, false)] {
            guard let key, key.name.elementsEqual(name) else { continue }
            let age = now - key.madeAt
            return age < 2 * Self.lifetime ? (key, isCurrent && age < Self.lifetime) : nil
        }
        return nil
    }
}
