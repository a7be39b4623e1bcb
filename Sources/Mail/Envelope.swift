/// What the client declared of the content's octets at MAIL (RFC 6152, RFC 3030).
public enum BodyType: String, Sendable, CaseIterable {
    case sevenBit = "7BIT"
    case eightBitMIME = "8BITMIME"
    /// Any octets in lines of any length, or in none: they leave by BDAT only (RFC 3030 section 3).
    case binaryMIME = "BINARYMIME"
}

/// The class in which a message waits for its turn; a smaller raw value goes first.
public enum Priority: UInt8, Sendable, CaseIterable, Comparable {
    case high = 0
    case normal = 1
    case bulk = 2

    public static func < (left: Priority, right: Priority) -> Bool {
        left.rawValue < right.rawValue
    }

    /// The class for a value of MT-PRIORITY, -9 to 9 (RFC 6710 section 6). Of a relay with three classes the middle one is
    /// 0, what was asked to go sooner is `high`, and what was asked to wait is `bulk`; so the values 4, 0 and -4 of the
    /// profile MIXER (urgent, normal, non-urgent) keep their order, as do all others, by and large.
    public init(transferPriority: Int) {
        self = transferPriority > 0 ? .high : transferPriority < 0 ? .bulk : .normal
    }

    /// The word used in relay.conf and in JSON.
    public var name: String {
        switch self {
        case .high: "high"
        case .normal: "normal"
        case .bulk: "bulk"
        }
    }
}

/// Who a message is from and for, apart from what its header says (RFC 5321 section 2.3.1).
public struct Envelope: Hashable, Sendable {
    public var sender: ReversePath
    /// In the order of the RCPT commands; the index of a recipient is its name in the ledger.
    public var recipients: [Address]
    public var body: BodyType
    /// What else the client asked for at MAIL.
    public var options = MessageOptions.none
    /// What the client asked for at RCPT, as long as `recipients`; empty where it asked for nothing at any.
    public var recipientOptions: [RecipientOptions] = []

    public init(sender: ReversePath, recipients: [Address], body: BodyType = .sevenBit) {
        self.sender = sender
        self.recipients = recipients
        self.body = body
    }
}
