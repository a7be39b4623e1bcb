/// The content's body type as declared at MAIL (RFC 6152, RFC 3030).
public enum BodyType: String, Sendable, CaseIterable {
    case sevenBit = "7BIT"
    case eightBitMIME = "8BITMIME"
    /// Any octets, with lines of any length or none: can be sent by BDAT only (RFC 3030 section 3).
    case binaryMIME = "BINARYMIME"
}

/// Priority class of a waiting message; smaller raw values go first.
public enum Priority: UInt8, Sendable, CaseIterable, Comparable {
    case high = 0
    case normal = 1
    case bulk = 2

    public static func < (left: Priority, right: Priority) -> Bool {
        left.rawValue < right.rawValue
    }

    /// The class for a value of MT-PRIORITY, -9 to 9 (RFC 6710 section 6). With three classes, 0 is `normal`, higher
    /// values are `high`, and lower ones `bulk`; the values 4, 0 and -4 of the profile MIXER (urgent, normal,
    /// non-urgent) thus keep their order, as do most others.
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

/// Sender and recipients of a message, independent of its header (RFC 5321 section 2.3.1).
public struct Envelope: Hashable, Sendable {
    public var sender: ReversePath
    /// In the order of the RCPT commands; a recipient's index identifies it in the ledger.
    public var recipients: [Address]
    public var body: BodyType
    /// Options requested at MAIL.
    public var options = MessageOptions.none
    /// When to send it, requested at MAIL; nil if not.
    public var release: ReleaseRequest?
    /// Options requested at RCPT, one per recipient; empty if no recipient has any.
    public var recipientOptions: [RecipientOptions] = []

    public init(sender: ReversePath, recipients: [Address], body: BodyType = .sevenBit) {
        self.sender = sender
        self.recipients = recipients
        self.body = body
    }
}
