internal import Upstreams

/// The lines of one trace between the sessions and its reader. A value without IO; time is an argument.
///
/// Bounded in lines, in octets and in lines a second: what exceeds is dropped and counted, and a line says how many. The
/// lines of a transaction that may still get a recipient that the trace is about are held apart, bounded as well: of a long
/// one, the first ones.
struct TraceBuffer {
    struct Limits: Hashable, Sendable {
        /// That wait for the reader.
        var lines = 5000
        var octets = 2 << 20
        var perSecond = 500
        /// At once, after a quiet time.
        var burst = 2000
        /// Held of one transaction.
        var heldLines = 100
        /// Held of all transactions.
        var heldOctets = 1 << 20
    }

    private struct Held {
        var lines: [TraceLine] = []
        var dropped = 0
        var octets = 0
    }

    private let limits: Limits
    private var lines: [TraceLine] = []
    private var octets = 0
    private var held: [UInt64: Held] = [:]
    private(set) var heldOctets = 0
    /// Lines that may be added now; as of `refilled`.
    private var allowance: Double
    private var refilled: MonotonicInstant
    /// Dropped since the last line that was kept.
    private var gap = 0
    private(set) var shown = 0
    private(set) var dropped = 0
    private var isClosed = false

    init(_ limits: Limits = Limits(), now: MonotonicInstant) {
        self.limits = limits
        allowance = Double(limits.burst)
        refilled = now
    }

    /// Adds a line.
    ///
    /// - Returns: whether the reader has to be told.
    mutating func add(_ line: TraceLine, now: MonotonicInstant) -> Bool {
        guard !isClosed else { return false }
        refill(now)
        guard allowance >= 1, lines.count < limits.lines, octets + line.cost <= limits.octets else {
            gap += 1
            dropped += 1
            return false
        }
        allowance -= 1
        let isFirst = lines.isEmpty
        closeGap(line)
        append(line)
        shown += 1
        return isFirst
    }

    private mutating func refill(_ now: MonotonicInstant) {
        let passed = max(0, (now - refilled) / .seconds(1))
        allowance = min(Double(limits.burst), allowance + passed * Double(limits.perSecond))
        refilled = max(refilled, now)
    }

    private mutating func append(_ line: TraceLine) {
        lines.append(line)
        octets += line.cost
    }

    private mutating func closeGap(_ line: TraceLine) {
        guard gap > 0 else { return }
        append(.dropped(gap, at: line.at))
        gap = 0
    }

    /// What waits for the reader.
    mutating func take(at line: (Int) -> TraceLine) -> [TraceLine] {
        defer { (lines, octets) = ([], 0) }
        guard gap > 0 else { return lines }
        defer { gap = 0 }
        return lines + [line(gap)]
    }

    // MARK: Held lines

    /// Keeps a line of a session's open transaction.
    mutating func hold(_ line: TraceLine, of session: UInt64) {
        guard !isClosed else { return }
        var entry = held[session] ?? Held()
        if entry.lines.count < limits.heldLines, heldOctets + line.cost <= limits.heldOctets {
            entry.lines.append(line)
            entry.octets += line.cost
            heldOctets += line.cost
        } else {
            entry.dropped += 1
        }
        held[session] = entry
    }

    /// The transaction is one that the trace is about.
    ///
    /// - Returns: whether the reader has to be told.
    mutating func release(_ session: UInt64, now: MonotonicInstant) -> Bool {
        guard let entry = remove(session) else { return false }
        var isNews = false
        for line in entry.lines { isNews = add(line, now: now) || isNews }
        gap += entry.dropped
        dropped += entry.dropped
        return isNews
    }

    /// The transaction is over, and was none.
    mutating func forget(_ session: UInt64) { _ = remove(session) }

    private mutating func remove(_ session: UInt64) -> Held? {
        guard let entry = held.removeValue(forKey: session) else { return nil }
        heldOctets -= entry.octets
        return entry
    }

    /// Takes no more; what waits for the reader stays.
    mutating func close() {
        isClosed = true
        (held, heldOctets) = ([:], 0)
    }
}
