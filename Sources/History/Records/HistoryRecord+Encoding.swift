internal import Mail

/// The form of a record on disk: its length, then its fields. Documented in docs/history.md.
extension HistoryRecord {
    /// Which fields there are.
    enum Flag {
        static let sender: UInt8 = 1
        static let user: UInt8 = 2
        /// Behind the recipients, where older releases do not look.
        static let probe: UInt8 = 4
    }

    /// The two lowest bits of a recipient's flags are its outcome.
    enum RecipientFlag {
        static let outcome: UInt8 = 3
        static let failureClass: UInt8 = 4
        static let upstream: UInt8 = 8
        static let reply: UInt8 = 16
        static let address: UInt8 = 32
        /// Upstream, route and stream are those of the recipient before.
        static let samePlace: UInt8 = 64
        /// The reply is that of the recipient before.
        static let sameReply: UInt8 = 128
    }

    /// Appends the record with its length in front.
    package func encode(into bytes: inout [UInt8]) {
        // Nearly all lengths take two octets.
        let start = bytes.count
        bytes.append(contentsOf: [0, 0])
        encodeFields(into: &bytes)
        let length = bytes.count - start - 2
        if length < 1 << 14 {
            bytes[start] = UInt8(truncatingIfNeeded: length) | 0x80
            bytes[start + 1] = UInt8(truncatingIfNeeded: length >> 7)
        } else {
            var prefix: [UInt8] = []
            RecordWriter.put(length, to: &prefix)
            bytes.replaceSubrange(start..<start + 2, with: prefix)
        }
    }

    private func encodeFields(into bytes: inout [UInt8]) {
        let flags = (sender.isEmpty ? 0 : Flag.sender) | (user == nil ? 0 : Flag.user)
        bytes.append(probe == nil ? flags : flags | Flag.probe)
        withUnsafeBytes(of: queueID.rawValue.littleEndian) { bytes.append(contentsOf: $0) }
        RecordWriter.put(signed: finishedAt.milliseconds, to: &bytes)
        RecordWriter.put(signed: (finishedAt - receivedAt).wholeMilliseconds, to: &bytes)
        RecordWriter.put(size, to: &bytes)
        RecordWriter.put(messageID, to: &bytes)
        if !sender.isEmpty { RecordWriter.put(sender, to: &bytes) }
        if let user { RecordWriter.put(user, to: &bytes) }
        RecordWriter.put(recipients.count, to: &bytes)
        var last: Recipient?
        for recipient in recipients {
            encode(recipient, after: last, into: &bytes)
            last = recipient
        }
        if let probe { RecordWriter.put(probe, to: &bytes) }
    }

    private func encode(_ recipient: Recipient, after last: Recipient?, into bytes: inout [UInt8]) {
        let isSamePlace = last.map { recipient.isInPlace(of: $0) } ?? false
        let isSameReply = recipient.reply != nil && last?.reply == recipient.reply
        var flags = recipient.outcome.code
        if recipient.failureClass != nil { flags |= RecipientFlag.failureClass }
        if recipient.upstream != nil { flags |= RecipientFlag.upstream }
        if recipient.reply != nil { flags |= RecipientFlag.reply }
        if recipient.address != nil { flags |= RecipientFlag.address }
        if isSamePlace { flags |= RecipientFlag.samePlace }
        if isSameReply { flags |= RecipientFlag.sameReply }
        bytes.append(flags)
        if let address = recipient.address { RecordWriter.put(address, to: &bytes) }
        if let failureClass = recipient.failureClass { RecordWriter.put(failureClass.rawValue, to: &bytes) }
        if !isSamePlace {
            if let upstream = recipient.upstream { RecordWriter.put(upstream, to: &bytes) }
            RecordWriter.put(recipient.route, to: &bytes)
            RecordWriter.put(recipient.stream, to: &bytes)
        }
        if let reply = recipient.reply, !isSameReply { RecordWriter.put(reply, to: &bytes) }
        RecordWriter.put(recipient.attempts, to: &bytes)
        RecordWriter.put(signed: (recipient.finishedAt - receivedAt).wholeMilliseconds, to: &bytes)
        guard recipient.attempts > 0 else { return }
        RecordWriter.put(
            signed: ((recipient.firstAttemptAt ?? recipient.finishedAt) - receivedAt).wholeMilliseconds, to: &bytes)
    }
}

extension HistoryRecord.Recipient {
    fileprivate func isInPlace(of other: Self) -> Bool {
        upstream == other.upstream && route == other.route && stream == other.stream
    }
}

extension HistoryOutcome {
    var code: UInt8 {
        switch self {
        case .delivered: 0
        case .failed: 1
        case .dropped: 2
        }
    }

    init?(code: UInt8) {
        switch code {
        case 0: self = .delivered
        case 1: self = .failed
        case 2: self = .dropped
        default: return nil
        }
    }
}
