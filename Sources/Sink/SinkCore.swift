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
    /// Nil where there is no TLS.
    let tls: TLSServerContext?
    let keepLimit: Int
    private let journal: SinkJournal
    private let ledger: Mutex<SinkLedger>
    private let hasFaults: Bool
    private let stopped: @Sendable () -> Void

    /// - Parameter stopped: called when `exitAfter` messages have been taken, once their reply is on its way.
    /// - Throws: `SinkError` or `TLSError` when a file cannot be used.
    init(_ settings: SinkSettings, stopped: @escaping @Sendable () -> Void) throws {
        self.settings = settings
        self.stopped = stopped
        replies = SinkReplies(settings)
        offers = try SinkOffers(settings)
        // Time stands still, so that a certificate that has expired can be shown: clients are to refuse it.
        tls = try settings.tls.map { try TLSServerContext($0.files, now: { 0 }) }
        keepLimit = settings.storePath != nil ? .max : settings.keepsMessages ? 1 << 16 : 0
        journal = try SinkJournal(settings)
        ledger = Mutex(SinkLedger(settings))
        hasFaults = !settings.faults.isEmpty
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

    func takeFault(at phase: SinkPhase?, recipient: String? = nil) -> SinkFault.Kind? {
        guard hasFaults, let phase else { return nil }
        return ledger.withLock { $0.takeFault(at: phase, recipient: recipient) }
    }

    func delay(at phase: SinkPhase?) -> Duration? {
        guard settings.delay != nil, let phase else { return nil }
        return ledger.withLock { $0.delay(at: phase) }
    }

    /// Counts a message in and writes it down.
    ///
    /// - Returns: its number; nil when it could not be written down.
    func take(_ session: borrowing SinkSession, _ scanner: borrowing ContentScanner, replied: Bool) -> Int? {
        let time = Self.now()
        let number = ledger.withLock {
            $0.messageTaken(recipients: session.recipients.count, size: scanner.size, at: time)
        }
        guard settings.keepsMessages else { return number }
        let message = SinkMessage(
            number: number, takenAt: time, sender: session.sender, recipients: session.recipients, size: scanner.size,
            queueID: SinkMessage.field("x-posthorse-id:", of: scanner.kept),
            messageID: SinkMessage.field("message-id:", of: scanner.kept), replied: replied,
            mailParameters: session.mailParameters, recipientParameters: session.recipientParameters,
            user: session.user, tls: session.tls?.summary, isResumed: session.tls?.isResumed ?? false,
            cameInChunks: session.cameInChunks)
        do {
            try journal.record(message, content: scanner.kept)
            return number
        } catch {
            SinkJournal.complain("\(error)")
            return nil
        }
    }

    /// Stops the sink if it has taken enough; called after the reply has been written.
    func finishIfComplete() {
        guard let limit = settings.exitAfter, totals.messages >= limit else { return }
        stopped()
    }

    func close() {
        journal.close()
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
