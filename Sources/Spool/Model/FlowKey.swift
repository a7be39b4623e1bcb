package import Mail

/// Whose share of its class a waiting message takes, and which recipient domain's part of that share.
///
/// A share is that of the stream that the message or its user's settings name, else that of the user.
///
/// Millions of messages wait as numbers, so this is two small ones: hashes, the same on every machine and in every run. Two
/// streams, or two domains of one stream, that have the same hash share what one of them would have.
package struct FlowKey: Hashable, Sendable {
    /// The stream's or user's flow; 0 for mail of nobody, which its route alone tells apart.
    package let flow: UInt16
    /// Within the flow.
    package let domain: UInt8

    /// Mail of nobody to nowhere.
    package static let none = FlowKey(flow: 0, domain: 0)
    /// The relay's own notices about mail.
    package static let notices = FlowKey(flow: .max, domain: 0)
    /// Probes of round trips.
    package static let probes = FlowKey(flow: .max - 1, domain: 0)

    private init(flow: UInt16, domain: UInt8) {
        self.flow = flow
        self.domain = domain
    }

    /// - Parameters:
    ///   - user: who has handed it in; nil for nobody.
    ///   - stream: what the message or its user's settings name; nil if neither does.
    ///   - recipient: the first address of the message; empty if it has none.
    package init(user: String?, stream: String? = nil, recipient: String) {
        flow = (stream ?? user).map { 1 + UInt16(truncatingIfNeeded: Self.hash($0.utf8) % 65_533) } ?? 0
        domain = Self.domain(of: recipient.utf8)
    }

    private static func domain(of address: some BidirectionalCollection<UInt8>) -> UInt8 {
        guard let at = address.lastIndex(of: UInt8(ascii: "@")) else { return 0 }
        return UInt8(truncatingIfNeeded: hash(address[address.index(after: at)...]))
    }

    /// FNV-1a, folded, regardless of the case of ASCII letters.
    private static func hash(_ octets: some Sequence<UInt8>) -> UInt32 {
        var hash: UInt32 = 2_166_136_261
        for octet in octets {
            let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(octet)
            hash = (hash ^ UInt32(isUpper ? octet | 0x20 : octet)) &* 16_777_619
        }
        return hash ^ hash >> 16 ^ hash >> 8
    }
}

extension FlowKey {
    /// The flow of a message; the only place that says what one is.
    package init(of message: borrowing SpooledMessage) {
        self.init(
            notice: message.notice, user: message.user, stream: message.stream,
            recipient: message.recipients.first?.address.text ?? "")
    }

    /// The same from what the schedule is read from.
    package init(notice: NoticeKind?, user: String?, stream: String?, recipient: String) {
        switch notice {
        case .failure, .delay, .success: self = .notices
        case .probe: self = .probes
        case .alert, nil: self.init(user: user, stream: stream, recipient: recipient)
        }
    }
}
