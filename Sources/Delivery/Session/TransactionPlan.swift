internal import Mail
internal import SMTP
internal import Spool
internal import Upstreams

/// What a session can take of a message: for which recipients, and why not for the others.
struct TransactionPlan {
    /// What a session offers a message.
    struct Offer {
        let upstream: String
        /// The relay's own name, as told to the server.
        let hostname: String
        let capabilities: UpstreamCapabilities
        /// Whether the session uses TLS with a verified certificate.
        let isVerified: Bool
        /// Whether the operator permits re-encoding 8-bit content.
        let downgradesEightBit: Bool
        /// The envelope sender instead of the message's; nil to keep that.
        var sender: SenderTemplate?
    }

    /// How the content is sent.
    enum Form: Equatable {
        /// Unchanged, declared with this type.
        case asItCame(BodyType)
        /// Re-encoded to 7-bit (RFC 6152 section 3).
        case downgraded

        /// The body type declared to the server.
        var body: BodyType {
            switch self {
            case .asItCame(let body): body
            case .downgraded: .sevenBit
            }
        }
    }

    /// A recipient that the session cannot take.
    struct Refusal: Equatable {
        /// Scope of the reason.
        enum Kind: Equatable {
            /// An address cannot be written in a command, for any server.
            case unwritable
            /// This session lacks something the message needs; another upstream may offer it, and this one may later.
            case incapable
            /// The message came from there, and would loop.
            case cameFrom
        }

        /// Index into the message's recipients.
        let recipient: Int
        let reply: Reply
        let kind: Kind

        /// The relay's own words, which an operator must not take for the upstream's.
        var words: String { OwnWords.mark(reply) }
    }

    private(set) var form = Form.asItCame(.sevenBit)
    /// Those of the message that this session honours.
    private(set) var options: MessageOptions
    private(set) var sender: EnvelopeAddress?
    /// Header fields of relay.conf that it gets.
    let added: AddedHeader
    /// Indexes of the recipients that go in one transaction.
    private(set) var taken: [Int] = []
    /// Their addresses.
    private(set) var addresses: [EnvelopeAddress] = []
    /// Those that the session could take too, in another transaction (RFC 9422 section 4).
    private(set) var rest: [Int] = []
    private(set) var refusals: [Refusal] = []

    /// - Parameters:
    ///   - pending: indexes of the recipients to be handed over.
    ///   - added: header fields that go in front; counted by SIZE.
    init(
        _ message: borrowing SpooledMessage, _ pending: [Int], by offer: Offer, adding added: AddedHeader = .none,
        _ domains: inout DomainsInASCII
    ) {
        self.added = added
        options = message.options
        if let (reply, kind) = refusalOfAll(message, by: offer, &domains) {
            refusals = pending.map { Refusal(recipient: $0, reply: reply, kind: kind) }
            return
        }
        taken.reserveCapacity(pending.count)
        addresses.reserveCapacity(pending.count)
        for index in pending {
            add(index, message.recipients[index].address, offer, &domains)
        }
        cut(to: offer.capabilities.limits)
    }

    private mutating func refusalOfAll(
        _ message: borrowing SpooledMessage, by offer: Offer, _ domains: inout DomainsInASCII
    ) -> (Reply, Refusal.Kind)? {
        if let reply = Self.loop(of: message, by: offer) { return (reply, .cameFrom) }
        if let reply = refusal(of: message, by: offer) { return (reply, .incapable) }
        guard let original = message.sender.address else { return nil }
        let address = offer.sender?.address(for: message.id) ?? original
        guard let sender = EnvelopeAddress(address) else {
            return (Self.reply(553, 5, 1, 7, "the sender's address cannot be written in a command"), .unwritable)
        }
        self.sender = offer.capabilities.smtpUTF8 ? sender : domains.convert(sender)
        guard self.sender == nil else { return nil }
        return (Self.noUTF8(offer, "the sender's address", 7), .incapable)
    }

    private mutating func add(_ index: Int, _ address: Address, _ offer: Offer, _ domains: inout DomainsInASCII) {
        guard let whole = EnvelopeAddress(address) else {
            let reply = Self.reply(553, 5, 1, 3, "the address cannot be written in a command")
            refusals.append(Refusal(recipient: index, reply: reply, kind: .unwritable))
            return
        }
        guard let address = offer.capabilities.smtpUTF8 ? whole : domains.convert(whole) else {
            let reply = Self.noUTF8(offer, "this address", 7)
            refusals.append(Refusal(recipient: index, reply: reply, kind: .incapable))
            return
        }
        taken.append(index)
        addresses.append(address)
    }

    private mutating func cut(to limits: ServiceLimits) {
        guard limits.recipients != nil || limits.domains != nil else { return }
        let count = limits.prefix(of: addresses.map(\.domain))
        guard count < taken.count else { return }
        rest = Array(taken[count...])
        taken.removeSubrange(count...)
        addresses.removeSubrange(count...)
    }

    // MARK: - Loops

    /// Why the message would loop through this server, which has carried it before (RFC 3463, X.4.6).
    ///
    /// If the server has our own name, names do not distinguish the relays: then only a repeated name shows that the
    /// message has been here.
    private static func loop(of message: borrowing SpooledMessage, by offer: Offer) -> Reply? {
        let name = offer.capabilities.name
        let times = message.routing.relays.count { $0 == name }
        guard times > 0 else { return nil }
        guard name == offer.hostname.lowercased() else {
            return reply(554, 5, 4, 6, "\(offer.upstream) is \(name), where the message came from")
        }
        let reason = "where the message came from, if relays have names of their own: ours is the same"
        return times > 1 ? reply(554, 5, 4, 6, "\(offer.upstream) is \(name), \(reason)") : nil
    }

    // MARK: - The message itself

    private mutating func refusal(of message: borrowing SpooledMessage, by offer: Offer) -> Reply? {
        let capabilities = offer.capabilities
        // RFC 1870 section 6.1.
        let size = message.size + added.octets
        if let limit = capabilities.maxSize, size > limit {
            return Self.reply(552, 5, 3, 4, "message of \(size) octets, \(offer.upstream) accepts \(limit)")
        }
        guard let form = Self.form(of: message, for: offer) else {
            return Self.reply(554, 5, 6, 3, "\(offer.upstream) does not accept \(Self.lacking(message.contained))")
        }
        self.form = form
        return refusalForTLS(of: message, by: offer) ?? Self.refusalOfHeader(of: message, by: offer)
    }

    /// RFC 8689 section 4.2.1: only servers that promise the same, under a verified name. Section 5: a message without a
    /// sender, such as a notice, is sent even without that promise.
    private mutating func refusalForTLS(of message: borrowing SpooledMessage, by offer: Offer) -> Reply? {
        guard options.requiresTLS, !offer.isVerified || !offer.capabilities.requireTLS else { return nil }
        guard message.sender.address != nil else {
            options.requiresTLS = false
            return nil
        }
        let reason = offer.isVerified ? "does not offer REQUIRETLS" : "has no verified certificate"
        return Self.reply(550, 5, 7, 30, "REQUIRETLS was requested, and \(offer.upstream) \(reason)")
    }

    /// RFC 6531 section 3.2: no international header without SMTPUTF8.
    private static func refusalOfHeader(of message: borrowing SpooledMessage, by offer: Offer) -> Reply? {
        guard message.options.hasUTF8Header, !offer.capabilities.smtpUTF8 else { return nil }
        return noUTF8(offer, "a header with UTF-8", 9)
    }

    /// How the server accepts the content; nil if it does not. A declared type is declared again if the server supports
    /// it, but only what the content actually contains rules a server out.
    private static func form(of message: borrowing SpooledMessage, for offer: Offer) -> Form? {
        let capabilities = offer.capabilities
        // RFC 3030 section 3: not without CHUNKING.
        if message.body == .binaryMIME, capabilities.binaryMIME, capabilities.chunking { return .asItCame(.binaryMIME) }
        switch message.contained {
        case .sevenBit:
            let isDeclared = message.body == .eightBitMIME && capabilities.eightBitMIME
            return .asItCame(isDeclared ? .eightBitMIME : .sevenBit)
        case .eightBitMIME:
            // RFC 6152 section 3. Undeclared content is passed on unchanged.
            if capabilities.eightBitMIME { return .asItCame(.eightBitMIME) }
            if offer.downgradesEightBit { return .downgraded }
            return message.body == .sevenBit ? .asItCame(.sevenBit) : nil
        case .binaryMIME: return nil
        }
    }

    /// What the content needs and the server does not offer.
    private static func lacking(_ contained: BodyType) -> String {
        switch contained {
        case .sevenBit, .eightBitMIME: "8-bit content (8BITMIME)"
        case .binaryMIME: "binary content (CHUNKING and BINARYMIME)"
        }
    }

    /// RFC 6531 section 4.2: x.6.7 for addresses, x.6.9 for headers.
    private static func noUTF8(_ offer: Offer, _ what: String, _ detail: UInt16) -> Reply {
        reply(553, 5, 6, detail, "\(offer.upstream) does not accept \(what) (SMTPUTF8)")
    }

    private static func reply(
        _ code: UInt16, _ category: UInt8, _ subject: UInt16, _ detail: UInt16, _ text: String
    ) -> Reply {
        Reply(code, EnhancedStatusCode(category, subject, detail), text)
    }
}

/// Domains converted to A-labels: few, and often the same.
struct DomainsInASCII {
    private static let limit = 1024
    private var known: [String: String?] = [:]

    /// The address in ASCII; nil if it has no such form (RFC 6531 section 3.2).
    mutating func convert(_ address: EnvelopeAddress) -> EnvelopeAddress? {
        address.isASCII ? address : address.inASCII { find($0) }
    }

    private mutating func find(_ domain: String) -> String? {
        if let found = known[domain] { return found }
        if known.count >= Self.limit { known.removeAll(keepingCapacity: true) }
        let converted = InternationalDomain.inASCII(domain)
        known[domain] = .some(converted)
        return converted
    }
}
