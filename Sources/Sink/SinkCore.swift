internal import Mail
internal import Synchronization
internal import TLS

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// What all sessions of a sink share.
final class SinkCore: Sendable {
    let settings: SinkSettings
    let replies: SinkReplies
    let offers: SinkOffers
    /// Nil without TLS.
    let tls: TLSServerContext?
    let keepLimit: Int
    private let journal: SinkJournal
    /// Nil if nothing is delivered.
    private let delivery: SinkDelivery?
    private let ledger: Mutex<SinkLedger>
    private let hasFaults: Bool
    let hasFaultsOfListener: Bool
    /// Time since some fixed start.
    let now: @Sendable () -> Duration
    private let stopped: @Sendable () -> Void

    /// - Parameters:
    ///   - delivery: of what is taken; nil for none.
    ///   - now: the clock; by default that of the machine.
    ///   - stopped: called when `exitAfter` messages have been accepted, once their reply is on its way.
    /// - Throws: `SinkError` or `TLSError` if a file cannot be used.
    init(
        _ settings: SinkSettings, delivery: SinkDelivery? = nil, now: (@Sendable () -> Duration)? = nil,
        stopped: @escaping @Sendable () -> Void
    ) throws {
        self.settings = settings
        self.delivery = delivery
        let start = ContinuousClock.now
        self.now = now ?? { ContinuousClock.now - start }
        self.stopped = stopped
        replies = SinkReplies(settings)
        offers = try SinkOffers(settings)
        // Time stands still, so that an expired certificate can be presented for clients to refuse.
        tls = try settings.tls.map { try TLSServerContext($0.files, now: { 0 }) }
        keepLimit = Self.keepLimit(settings)
        journal = try SinkJournal(settings)
        let books = SinkLedger(settings)
        (hasFaults, hasFaultsOfListener) = (!books.plan.isEmpty, books.plan.hasFaultsOfListener)
        ledger = Mutex(books)
    }

    private static func keepLimit(_ settings: SinkSettings) -> Int {
        if settings.storePath != nil { return .max }
        if settings.destination != nil { return SinkDelivery.contentLimit }
        return settings.keepsMessages ? 1 << 16 : 0
    }

    var totals: SinkTotals { ledger.withLock { $0.totals } }

    func connectionOpened() -> Bool {
        ledger.withLock { $0.connectionOpened() }
    }

    func connectionClosed(_ violations: SinkViolations) {
        ledger.withLock { $0.connectionClosed(violations) }
    }

    func note(_ event: SinkSecurityEvent) {
        ledger.withLock { $0.note(event) }
    }

    func takeFault(in situation: SinkCase?) -> SinkFault.Kind? {
        guard hasFaults, let situation else { return nil }
        let now = now()
        return ledger.withLock { $0.takeFault(in: situation, now: now) }
    }

    func delay(in situation: SinkCase?) -> Duration? {
        guard hasFaults, let situation else { return nil }
        let now = now()
        return ledger.withLock { $0.plan.delay(in: situation, now: now) }
    }

    var faultsAreOn: Bool { ledger.withLock { $0.plan.isOn } }

    func turnFaults(on: Bool) {
        let now = now()
        ledger.withLock { $0.plan.turn(on: on, now: now) }
    }

    func listenerStep(_ now: Duration) -> SinkFaultPlan.ListenerStep {
        ledger.withLock { $0.plan.listenerStep(now: now) }
    }

    /// Counts a message and records it.
    ///
    /// - Returns: its number; nil if it could not be recorded.
    func take(_ session: borrowing SinkSession, _ scanner: borrowing ContentScanner, replied: Bool) -> Int? {
        let time = Self.wallClock()
        let now = hasFaults ? now() : .zero
        let number = ledger.withLock {
            if hasFaults { $0.plan.messageTaken(recipients: session.recipients.count, now: now) }
            return $0.messageTaken(recipients: session.recipients.count, size: scanner.size, at: time)
        }
        guard settings.keepsMessages else { return number }
        let message = SinkMessage(
            number: number, takenAt: time, sender: session.sender, recipients: session.recipients, size: scanner.size,
            queueID: SinkMessage.field("x-posthorse-id:", of: scanner.kept),
            messageID: SinkMessage.field("message-id:", of: scanner.kept), replied: replied,
            mailParameters: session.mailParameters, recipientParameters: session.recipientParameters,
            client: session.client, user: session.user, tls: session.tls?.summary,
            isResumed: session.tls?.isResumed ?? false, cameInChunks: session.cameInChunks)
        do {
            try journal.record(message, content: scanner.kept)
        } catch {
            SinkJournal.complain("\(error)")
            return nil
        }
        if let delivery {
            let situation = SinkCase(.delivery, taken: session.recipients.count)
            let fate = MailFate(takeFault(in: situation), delay: delay(in: situation))
            delivery.take(message, scanner.kept, fate)
        }
        return number
    }

    /// Stops the sink if it has accepted enough; called after the reply has been written.
    func finishIfComplete() {
        guard let limit = settings.exitAfter, totals.messages >= limit else { return }
        stopped()
    }

    func close() {
        journal.close()
    }

    /// What is not delivered by now never will be. Threads must still run.
    func endDelivery() {
        delivery?.end()
    }

    /// Microseconds since 1970.
    static func wallClock() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
