package import Mail
internal import Upstreams

/// The messages that a question about the history is about. A message matches if it meets the conditions on messages,
/// and one of its recipients meets all those on recipients.
package struct HistoryFilter: Sendable {
    /// An address (``HistoryText/init(address:)``), or what a hash shows; `<>` is the null sender.
    package var sender: HistoryText?
    package var recipient: HistoryText?
    /// Without its angle brackets.
    package var messageID: HistoryText?
    package var queueID: QueueID?
    package var user: HistoryText?
    package var stream: HistoryText?
    /// Of a recipient; see ``HistoryText/init(domain:)``.
    package var domain: HistoryText?
    package var upstream: HistoryText?
    package var route: HistoryText?
    package var failureClass: FailureClass?
    package var outcome: HistoryOutcome?
    /// The message was accepted then or later.
    package var since: Timestamp?
    /// The message was accepted before.
    package var until: Timestamp?
    /// Found in a recipient's reply.
    package var reply: (@Sendable (UnsafeRawBufferPointer) -> Bool)?

    package init() {}

    /// The list that finds what matches, and the hash to look for in it; nil if every record has to be looked at.
    func key(_ hash: KeyedHash) -> (kind: IndexKind, hash: UInt64)? {
        if let queueID { return (.queueID, UInt64(bitPattern: queueID.rawValue)) }
        let addresses = HistoryAddress(hash)
        if case .exact(let text)? = messageID { return (.messageID, hash.of(text)) }
        if case .exact(let text)? = recipient { return (.recipient, addresses.key(of: text)) }
        if case .exact(let text)? = sender, text != Self.nullSender { return (.sender, addresses.key(of: text)) }
        if case .exact(let text)? = user { return (.user, hash.of(text)) }
        if case .exact(let text)? = stream { return (.stream, hash.of(text)) }
        return nil
    }

    package static let nullSender = "<>"

    /// Whether messages accepted in this time may match.
    func concerns(_ received: ClosedRange<Timestamp>) -> Bool {
        if let since, received.upperBound < since { return false }
        if let until, received.lowerBound >= until { return false }
        return true
    }

    /// Whether a whole address is asked for.
    var hasAddress: Bool { recipient != nil || sender != nil }

    private var hasRecipientConditions: Bool {
        recipient != nil || stream != nil || domain != nil || upstream != nil || route != nil || failureClass != nil
            || outcome != nil || reply != nil
    }

    func matches(_ record: RecordView, _ addresses: HistoryAddress) -> Bool {
        guard concerns(record.receivedAt...record.receivedAt) else { return false }
        if let queueID, record.queueID != queueID { return false }
        if let messageID, !messageID.matches(MessageIDText.bare(record.messageID)) { return false }
        if let user, !user.matches(record.user) { return false }
        if let sender, !matchesSender(record.sender, sender, addresses) { return false }
        guard hasRecipientConditions else { return true }
        var isFound = false
        record.forEachRecipient { recipient in
            isFound = matches(recipient, addresses)
            return !isFound
        }
        return isFound
    }

    private func matchesSender(
        _ octets: UnsafeRawBufferPointer, _ wanted: HistoryText, _ addresses: HistoryAddress
    ) -> Bool {
        if octets.isEmpty { return wanted == .exact(Self.nullSender) || wanted == .pattern(Glob("*")) }
        return Self.isAddress(octets, wanted, addresses)
    }

    /// Indices of the recipients that meet all conditions on recipients.
    func matchingRecipients(of record: RecordView, _ addresses: HistoryAddress) -> [Int] {
        var (indices, index) = ([Int](), 0)
        record.forEachRecipient { recipient in
            if matches(recipient, addresses) { indices.append(index) }
            index += 1
            return true
        }
        return indices
    }

    /// Whether a recipient meets all conditions on recipients.
    func matches(_ recipient: RecordView.RecipientView, _ addresses: HistoryAddress) -> Bool {
        if let outcome, recipient.outcome != outcome { return false }
        if let failureClass, !HistoryText.isEqual(recipient.failureClass, failureClass.rawValue) { return false }
        if let upstream, !upstream.matches(recipient.upstream) { return false }
        if let route, !route.matches(recipient.route) { return false }
        if let stream, !stream.matches(recipient.stream) { return false }
        if let domain, !Self.isInDomain(recipient.address, domain) { return false }
        if let wanted = self.recipient, !Self.isAddress(recipient.address, wanted, addresses) { return false }
        if let reply, !reply(recipient.reply) { return false }
        return true
    }

    private static func isAddress(
        _ octets: UnsafeRawBufferPointer, _ wanted: HistoryText, _ addresses: HistoryAddress
    ) -> Bool {
        guard !octets.isEmpty else { return false }
        if wanted.matches(octets) { return true }
        guard !octets.starts(with: HistoryAddress.mark.utf8) else {
            guard case .exact(let text) = wanted else { return false }
            return HistoryText.isEqual(octets, addresses.hashed(text))
        }
        guard !HistoryAddress.isNormal(octets) else { return false }
        return HistoryAddress.withNormal(octets) { wanted.matches($0) }
    }

    private static func isInDomain(_ address: UnsafeRawBufferPointer, _ wanted: HistoryText) -> Bool {
        if wanted.matches(domain(of: address)) { return true }
        guard !HistoryAddress.isNormal(address) else { return false }
        return HistoryAddress.withNormal(address) { wanted.matches(domain(of: $0)) }
    }

    private static func domain(of address: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let at = address.lastIndex(of: UInt8(ascii: "@")) else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return UnsafeRawBufferPointer(rebasing: address[(at + 1)...])
    }
}
