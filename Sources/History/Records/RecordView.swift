package import Mail

/// A record on disk, whose texts are read where they stand. Valid as long as its octets are.
package struct RecordView {
    /// One recipient of it.
    package struct RecipientView {
        /// Empty once erased.
        package var address = UnsafeRawBufferPointer(start: nil, count: 0)
        package var outcome = HistoryOutcome.delivered
        package var failureClass = UnsafeRawBufferPointer(start: nil, count: 0)
        /// Empty for none.
        package var upstream = UnsafeRawBufferPointer(start: nil, count: 0)
        package var route = UnsafeRawBufferPointer(start: nil, count: 0)
        package var stream = UnsafeRawBufferPointer(start: nil, count: 0)
        package var reply = UnsafeRawBufferPointer(start: nil, count: 0)
        package var attempts = 0
        /// Milliseconds from acceptance to the outcome, and to the first attempt.
        package var wait: Int64 = 0
        package var firstAttempt: Int64?
    }

    package let queueID: QueueID
    package let finishedAt: Timestamp
    package let receivedAt: Timestamp
    package let size: Int
    /// Empty for the null sender.
    package let sender: UnsafeRawBufferPointer
    package let messageID: UnsafeRawBufferPointer
    /// Empty for none.
    package let user: UnsafeRawBufferPointer
    /// Whether it is one of the relay's own probes.
    package let isProbe: Bool
    private let count: Int
    private let rest: RecordReader

    /// Reads the octets behind a record's length; nil if they are no record.
    package init?(_ octets: UnsafeRawBufferPointer) {
        var reader = RecordReader(octets)
        let flags = reader.octet()
        let id = reader.take(8)
        guard id.count == 8 else { return nil }
        queueID = QueueID(rawValue: Int64(littleEndian: id.loadUnaligned(as: Int64.self)))
        finishedAt = Timestamp(milliseconds: reader.signed())
        receivedAt = finishedAt - .milliseconds(reader.signed())
        size = Int(clamping: reader.number())
        messageID = reader.text()
        sender = flags & HistoryRecord.Flag.sender == 0 ? UnsafeRawBufferPointer(start: nil, count: 0) : reader.text()
        user = flags & HistoryRecord.Flag.user == 0 ? UnsafeRawBufferPointer(start: nil, count: 0) : reader.text()
        isProbe = flags & HistoryRecord.Flag.probe != 0
        count = Int(clamping: reader.number())
        rest = reader
        guard !reader.hasFailed else { return nil }
    }

    /// Shows each recipient to `body`, until it returns false.
    ///
    /// - Returns: false if the octets are no record.
    @discardableResult
    package func forEachRecipient(_ body: (RecipientView) -> Bool) -> Bool {
        var (reader, recipient) = (rest, RecipientView())
        for _ in 0..<count {
            guard Self.read(&recipient, from: &reader), !reader.hasFailed else { return false }
            guard body(recipient) else { return true }
        }
        return true
    }

    /// Name of the round trip of a probe; nil for all other mail.
    private var probe: String? {
        guard isProbe else { return nil }
        var (reader, recipient) = (rest, RecipientView())
        for _ in 0..<count where !Self.read(&recipient, from: &reader) { return nil }
        let name = reader.text()
        return reader.hasFailed ? nil : Self.text(name)
    }

    /// - Parameter recipient: the one before.
    /// - Returns: false if the octets are no recipient.
    private static func read(_ recipient: inout RecipientView, from reader: inout RecordReader) -> Bool {
        typealias Flag = HistoryRecord.RecipientFlag
        let (flags, none) = (reader.octet(), UnsafeRawBufferPointer(start: nil, count: 0))
        guard let outcome = HistoryOutcome(code: flags & Flag.outcome) else { return false }
        recipient.outcome = outcome
        recipient.address = flags & Flag.address == 0 ? none : reader.text()
        recipient.failureClass = flags & Flag.failureClass == 0 ? none : reader.text()
        if flags & Flag.samePlace == 0 {
            recipient.upstream = flags & Flag.upstream == 0 ? none : reader.text()
            recipient.route = reader.text()
            recipient.stream = reader.text()
        }
        if flags & Flag.sameReply == 0 { recipient.reply = flags & Flag.reply == 0 ? none : reader.text() }
        recipient.attempts = Int(clamping: reader.number())
        recipient.wait = reader.signed()
        recipient.firstAttempt = recipient.attempts > 0 ? reader.signed() : nil
        return true
    }

    /// The record as a value; nil if its octets are none.
    package var record: HistoryRecord? {
        var record = HistoryRecord(
            queueID: queueID, receivedAt: receivedAt, finishedAt: finishedAt, size: size, sender: Self.text(sender),
            messageID: Self.text(messageID), user: user.isEmpty ? nil : Self.text(user), recipients: [])
        guard
            forEachRecipient({ recipient in
                record.recipients.append(value(of: recipient))
                return true
            })
        else { return nil }
        record.probe = probe
        return record
    }

    private func value(of recipient: RecipientView) -> HistoryRecord.Recipient {
        HistoryRecord.Recipient(
            address: recipient.address.isEmpty ? nil : Self.text(recipient.address), outcome: recipient.outcome,
            failureClass: recipient.failureClass.isEmpty
                ? nil : FailureClass(rawValue: Self.text(recipient.failureClass)) ?? .other,
            upstream: recipient.upstream.isEmpty ? nil : Self.text(recipient.upstream),
            route: Self.text(recipient.route), stream: Self.text(recipient.stream),
            reply: recipient.reply.isEmpty ? nil : Self.text(recipient.reply), attempts: recipient.attempts,
            firstAttemptAt: recipient.firstAttempt.map { receivedAt + .milliseconds($0) },
            finishedAt: receivedAt + .milliseconds(recipient.wait))
    }

    private static func text(_ octets: UnsafeRawBufferPointer) -> String { String(decoding: octets, as: UTF8.self) }
}

/// The records of one batch or block, one after the other.
package struct RecordSequence {
    private var reader: RecordReader

    package init(_ octets: UnsafeRawBufferPointer) {
        reader = RecordReader(octets)
    }

    /// The octets of the next record, without its length; nil at the end, or where they cannot be records.
    package mutating func next() -> UnsafeRawBufferPointer? {
        guard !reader.rest.isEmpty else { return nil }
        let octets = reader.text()
        return reader.hasFailed ? nil : octets
    }
}
