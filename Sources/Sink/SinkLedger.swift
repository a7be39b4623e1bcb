/// The books of a sink: totals, and which fault comes next. One owner locks it.
struct SinkLedger: Sendable {
    private(set) var totals = SinkTotals()
    private let faults: [SinkFault]
    private let delay: (phase: SinkPhase, time: Duration)?
    private let after: Int
    private let limit: Int
    private let faultyRecipient: String?
    private let maxConnections: Int

    init(_ settings: SinkSettings) {
        faults = settings.faults
        delay = settings.delay
        after = settings.faultsAfter
        limit = settings.faultLimit ?? .max
        faultyRecipient = settings.faultyRecipient
        maxConnections = settings.maxConnections ?? .max
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
    /// - Parameter recipient: the address of the RCPT command at `rcpt`.
    mutating func takeFault(at phase: SinkPhase, recipient: String? = nil) -> SinkFault.Kind? {
        guard totals.messages >= after, totals.faults < limit,
            let fault = faults.first(where: { $0.phase == phase })
        else { return nil }
        if phase == .rcpt, let faultyRecipient, recipient?.contains(faultyRecipient) != true { return nil }
        totals.faults += 1
        return fault.kind
    }

    /// How long a reply at a phase is held back; nil for not at all.
    func delay(at phase: SinkPhase) -> Duration? {
        guard let delay, delay.phase == phase, totals.messages >= after else { return nil }
        return delay.time
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
