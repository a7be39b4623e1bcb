/// The books of a sink: totals, and which fault comes next. One owner locks it.
struct SinkLedger: Sendable {
    private(set) var totals = SinkTotals()
    var plan: SinkFaultPlan
    private let maxConnections: Int

    init(_ settings: SinkSettings) {
        maxConnections = settings.maxConnections ?? .max
        plan = SinkFaultPlan(settings)
    }

    /// Counts a connection in.
    ///
    /// - Returns: whether there was room for it; it is to be reported closed either way.
    mutating func connectionOpened() -> Bool {
        totals.connections += 1
        totals.openConnections += 1
        return totals.openConnections <= maxConnections
    }

    mutating func connectionClosed(_ violations: SinkViolations) {
        totals.openConnections -= 1
        totals.violations += violations
    }

    mutating func note(_ event: SinkSecurityEvent) {
        totals.security.note(event)
    }

    /// The fault that happens now at a phase, counted as having happened; nil for none.
    ///
    /// - Parameters:
    ///   - recipient: the address of the RCPT command at `rcpt`.
    ///   - taken: recipients that the transaction has already.
    mutating func takeFault(at phase: SinkPhase, recipient: String?, taken: Int, now: Duration) -> SinkFault.Kind? {
        let fault = plan.take(at: phase, recipient: recipient, taken: taken, now: now)
        totals.faults = plan.happened
        return fault
    }

    /// Counts a message in.
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
