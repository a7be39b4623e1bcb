internal import NIOCore

/// The connections over TCP, and the choice of one to close when there are too many. A value without IO.
///
/// The connection that has waited longest for a request, or for the rest of a request, is closed: a client that opens
/// connections and sends nothing, or dribbles, shuts out only itself. Connections being answered stay open.
struct ConnectionTable {
    enum Phase: Hashable {
        /// For a request, or the rest of one. Next: `answering`.
        case waiting
        /// A request has come in full. Next: `waiting`.
        case answering
    }

    private struct Entry {
        var phase: Phase
        /// Since when it has waited.
        var since: NIODeadline
    }

    /// Connections that may exist at a time; those that there are stay.
    var limit: Int
    private var entries: [UInt64: Entry] = [:]
    private var last: UInt64 = 0

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { entries.count }

    /// Whether it waits for a request, or for the rest of one.
    func isWaiting(_ number: UInt64) -> Bool { entries[number]?.phase == .waiting }

    /// A connection has been opened.
    ///
    /// - Returns: its number, and the number of the connection to close, which may be the new connection's.
    mutating func opened(at now: NIODeadline) -> (number: UInt64, excess: UInt64?) {
        last += 1
        let oldest = entries.count < limit ? nil : oldestWaiting
        let isFull = entries.count >= limit
        entries[last] = Entry(phase: .waiting, since: now)
        return (last, isFull ? oldest ?? last : nil)
    }

    private var oldestWaiting: UInt64? {
        entries.filter { $0.value.phase == .waiting }.min { $0.value.since < $1.value.since }?.key
    }

    mutating func requestReceived(_ number: UInt64) { entries[number]?.phase = .answering }

    mutating func answered(_ number: UInt64, at now: NIODeadline) {
        guard entries[number] != nil else { return }
        entries[number] = Entry(phase: .waiting, since: now)
    }

    mutating func closed(_ number: UInt64) { entries[number] = nil }
}
