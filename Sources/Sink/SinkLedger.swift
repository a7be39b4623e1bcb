/// The totals of a sink, and which fault comes next. Its one owner locks it.
struct SinkLedger: Sendable {
    private(set) var totals = SinkTotals()
    var plan: SinkFaultPlan
    private let maxConnections: Int

    init(_ settings: SinkSettings) {
        maxConnections = settings.maxConnections ?? .max
        plan = SinkFaultPlan(settings)
    }

    /// Counts a connection.
    ///
    /// - Returns: whether there was room for it; report it closed either way.
    mutating func connectionOpened() -> Bool {
        totals.connections += 1
        totals.openConnections += 1
        let hasRoom = totals.openConnections <= maxConnections
        if !hasRoom { totals.refusedConnections += 1 }
        return hasRoom
    }

    mutating func connectionClosed(_ violations: SinkViolations) {
        totals.openConnections -= 1
        totals.violations += violations
    }

    mutating func note(_ event: SinkSecurityEvent) {
        totals.security.note(event)
    }

    /// The fault that happens now, which is counted; nil for none.
    mutating func takeFault(in situation: SinkCase, now: Duration) -> SinkFault.Kind? {
        let fault = plan.take(in: situation, now: now)
        totals.faults = plan.happened
        return fault
    }

    /// Counts a message.
    ///
    /// - Parameter time: the wall clock in microseconds since 1970.
    /// - Returns: its number, from 1.
    mutating func messageTaken(recipients: Int, size: Int, at time: Int64) -> Int {
        totals.messages += 1
        totals.recipients += recipients
        totals.bytes += size
        if totals.messages == 1 { totals.firstMessageAt = time }
        totals.lastMessageAt = time
        return totals.messages
    }
}
