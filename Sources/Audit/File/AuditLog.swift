internal import Dispatch
package import Mail
internal import Synchronization

/// The audit log of a running relay: what people and the relay have decided, in a file or a table that is only appended to.
///
/// Orders are recorded before they are carried out, and only then (``record(_:)``). What the relay decides by itself is
/// recorded soon (``note(_:)``), and waits in memory while the disk is full. One queue writes; nobody else waits for the
/// disk, and the delivery never does. Where nothing can be recorded, opening is tried again with each order, and every
/// five seconds while notes wait.
package final class AuditLog: Sendable {
    /// Notes kept while they cannot be written; of more, only the number is recorded.
    static let mostNotes = 1000
    private static let pause = DispatchTimeInterval.seconds(5)

    private struct Order: Sendable {
        let records: [AuditRecord]
        let answer: @Sendable (AuditError?) -> Void
    }

    private struct Waiting: Sendable {
        var orders: [Order] = []
        var notes: [AuditRecord] = []
        var lost = 0
        /// Whether a write will come at once, or after a pause.
        var isScheduled = false
        var isPausing = false
        var isClosed = false
    }

    private let queue = DispatchQueue(label: "audit-log")
    private let waiting = Mutex(Waiting())
    private let writer: any AuditRecorder
    private let now: @Sendable () -> Timestamp
    private let report: @Sendable (AuditEvent) -> Void

    /// Opens the log, or begins one; blocks on the disk. What is wrong with it is reported, and keeps no relay from starting.
    ///
    /// - Parameters:
    ///   - directory: the data directory, which exists.
    ///   - now: by the system's clock.
    ///   - report: called from any thread; must not block.
    package convenience init(
        directory: String, storage: any AuditStorage = SystemAuditStorage(),
        now: @escaping @Sendable () -> Timestamp, report: @escaping @Sendable (AuditEvent) -> Void
    ) {
        self.init(AuditWriter(directory: directory, storage, report), now, report)
    }

    /// The same, with lines in a database. The key is the file `audit.key` of the directory all the same, so that who has the
    /// database only can forge nothing; relays that share the log share it.
    package convenience init(
        _ rows: any AuditRows, keyDirectory: String, now: @escaping @Sendable () -> Timestamp,
        report: @escaping @Sendable (AuditEvent) -> Void
    ) {
        self.init(AuditRowsWriter(rows, keyDirectory: keyDirectory, SystemAuditStorage(), report), now, report)
    }

    private init(
        _ writer: any AuditRecorder, _ now: @escaping @Sendable () -> Timestamp,
        _ report: @escaping @Sendable (AuditEvent) -> Void
    ) {
        (self.writer, self.now, self.report) = (writer, now, report)
        queue.sync { writer.check(now()) }
    }

    /// Records orders; on return they are on disk, and may be carried out.
    ///
    /// - Throws: ``AuditError``; then none of them is in the log.
    package func record(_ records: [AuditRecord]) async throws(AuditError) {
        let failure = await withCheckedContinuation { (continuation: CheckedContinuation<AuditError?, Never>) in
            submit { $0.orders.append(Order(records: records) { continuation.resume(returning: $0) }) }
        }
        if let failure { throw failure }
    }

    /// Records what the relay has decided, soon. Never waits.
    package func note(_ record: AuditRecord) {
        submit { waiting in
            if waiting.notes.count < Self.mostNotes { waiting.notes.append(record) } else { waiting.lost += 1 }
        }
    }

    private func submit(_ add: (inout Waiting) -> Void) {
        let isFirst = waiting.withLock { waiting in
            add(&waiting)
            defer { waiting.isScheduled = true }
            return !waiting.isScheduled
        }
        if isFirst { queue.async { self.write() } }
    }

    /// Reports the digest of the last record each hour from now on, until the end.
    package func reportHeadHourly() {
        queue.asyncAfter(deadline: .now() + .seconds(3600)) { [weak self] in
            guard let self, !waiting.withLock({ $0.isClosed }) else { return }
            if let head = writer.head { report(.head(head)) }
            reportHeadHourly()
        }
    }

    /// What is in the log now, for reading. A log that is not as it was left is found here, too.
    package func reader() async throws(AuditError) -> AuditReader {
        let reader: Result<AuditReader, AuditError> = await withCheckedContinuation { continuation in
            queue.async {
                let isClosed = self.waiting.withLock { $0.isClosed }
                if !isClosed { self.writer.check(self.now()) }
                continuation.resume(returning: Result { () throws(AuditError) in try self.writer.reader() })
            }
        }
        return try reader.get()
    }

    /// Writes what waits, and takes nothing more.
    package func close() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            queue.async {
                self.write()
                let isClosed = self.waiting.withLock { waiting in
                    defer { waiting.isClosed = true }
                    return waiting.isClosed
                }
                if !isClosed, let head = self.writer.head { self.report(.head(head)) }
                self.writer.close()
                continuation.resume()
            }
        }
    }

    // MARK: - On the queue

    private func write() {
        let taken = waiting.withLock { waiting in
            defer { (waiting.orders, waiting.isScheduled) = ([], false) }
            return waiting
        }
        guard !taken.isClosed else {
            return taken.orders.forEach { $0.answer(AuditError(.closed, "the relay is stopping")) }
        }
        let failure = writer.append(taken.notes + lost(taken.lost) + taken.orders.flatMap(\.records), now())
        for order in taken.orders { order.answer(failure) }
        if failure == nil { forget(taken.notes.count, taken.lost) } else { tryAgainLater(taken) }
    }

    private func lost(_ number: Int) -> [AuditRecord] {
        guard number > 0 else { return [] }
        return [
            AuditRecord(
                at: now(), who: AuditRecord.relay, what: AuditWords.lost, subject: AuditWords.subject,
                reason: "\(number) decisions of the relay are missing here: the log could not be written")
        ]
    }

    private func forget(_ notes: Int, _ lost: Int) {
        waiting.withLock { waiting in
            waiting.notes.removeFirst(notes)
            waiting.lost -= lost
        }
        if lost > 0 { report(.lost(lost)) }
    }

    private func tryAgainLater(_ taken: Waiting) {
        guard !taken.notes.isEmpty || taken.lost > 0 else { return }
        let isFirst = waiting.withLock { waiting in
            defer { waiting.isPausing = true }
            return !waiting.isPausing
        }
        guard isFirst else { return }
        queue.asyncAfter(deadline: .now() + Self.pause) { [weak self] in
            self?.waiting.withLock { $0.isPausing = false }
            self?.write()
        }
    }
}
