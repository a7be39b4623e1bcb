/// Decides, as a value, when a listener accepts connections: it stops before its slots are used up, and resumes when
/// one is free.
///
/// The operator is told once, from the first connection that has to wait until an eighth of the slots is free again, so
/// that a listener that is full for an hour does not report every session that ends.
struct AcceptState: Sendable {
    /// What to tell the operator.
    enum News: Hashable, Sendable {
        case paused(String)
        case resumed
    }

    private var limit: Int
    private(set) var occupied = 0
    /// Whether a read was requested while no slot was free.
    private(set) var isHeld = false
    /// Why connections wait, as told to the operator.
    private var cause: String?

    init(limit: Int) {
        self.limit = limit
    }

    /// The channel wants to accept the next connection. ``isHeld`` says whether it has to wait.
    mutating func readWanted(totalIsFull: Bool) -> News? {
        isHeld = occupied >= limit || totalIsFull
        guard isHeld else { return nil }
        return pause(occupied >= limit ? LimitName.listenerConnections.rawValue : LimitName.totalConnections.rawValue)
    }

    /// A connection was accepted, so the system has the resources for one.
    mutating func accepted(totalIsCalm: Bool) -> News? {
        occupied += 1
        return resumeIfCalm(totalIsCalm)
    }

    /// A connection has ended.
    mutating func released(totalIsCalm: Bool) -> News? {
        occupied -= 1
        return isHeld ? nil : resumeIfCalm(totalIsCalm)
    }

    /// The listener is closed: nothing waits for it any more.
    mutating func closed() -> News? {
        guard cause != nil else { return nil }
        cause = nil
        return .resumed
    }

    /// The system could not accept a pending connection.
    mutating func failed(_ reason: String) -> News? {
        pause(reason)
    }

    /// The number of slots is another one; sessions that there are stay.
    mutating func replace(limit: Int) {
        self.limit = limit
    }

    private mutating func pause(_ reason: String) -> News? {
        guard cause == nil else { return nil }
        cause = reason
        return .paused(reason)
    }

    private mutating func resumeIfCalm(_ totalIsCalm: Bool) -> News? {
        guard cause != nil, totalIsCalm, occupied <= Self.calm(limit) else { return nil }
        cause = nil
        return .resumed
    }

    /// Number of slots in use below which the shortage is over.
    static func calm(_ limit: Int) -> Int {
        limit - max(1, limit / 8)
    }
}
