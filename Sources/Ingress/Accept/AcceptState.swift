/// When a listener takes connections, as a value: it stops before its places are used up, and goes on when one is free.
///
/// The operator hears of it once: from the first connection that has to wait until an eighth of the places is free
/// again, so that a listener that is full for an hour does not say so with every session that ends.
struct AcceptState: Sendable {
    /// What an operator is to be told.
    enum News: Hashable, Sendable {
        case paused(String)
        case resumed
    }

    private let limit: Int
    private(set) var occupied = 0
    /// Whether a connection was wanted and none was free to be taken.
    private(set) var isHeld = false
    /// Why connections wait, as the operator knows it.
    private var cause: String?

    init(limit: Int) {
        self.limit = limit
    }

    /// The next connection is wanted. ``isHeld`` tells whether it has to wait.
    mutating func readWanted(totalIsFull: Bool) -> News? {
        isHeld = occupied >= limit || totalIsFull
        guard isHeld else { return nil }
        return pause(occupied >= limit ? LimitName.listenerConnections.rawValue : LimitName.totalConnections.rawValue)
    }

    /// A connection was taken; so the system has what it needs for one.
    mutating func accepted(totalIsCalm: Bool) -> News? {
        occupied += 1
        return resumeIfCalm(totalIsCalm)
    }

    /// A connection has ended.
    mutating func released(totalIsCalm: Bool) -> News? {
        occupied -= 1
        return isHeld ? nil : resumeIfCalm(totalIsCalm)
    }

    /// The system could not give us a connection that has come.
    mutating func failed(_ reason: String) -> News? {
        pause(reason)
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

    /// So many places may be taken where there is no shortage any more.
    static func calm(_ limit: Int) -> Int {
        limit - max(1, limit / 8)
    }
}
