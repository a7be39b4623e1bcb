internal import Mail

/// The second part of a notice, for programs (RFC 3461 section 6.3, RFC 3464 section 2, RFC 6533 section 4.1).
struct DeliveryStatus {
    let facts: NoticeFacts
    let hostname: String
    /// Whether UTF-8 may stand in it.
    let isGlobal: Bool
    private var dates = MailDate()
    private var lines = FieldLines()

    init(_ facts: NoticeFacts, hostname: String, isGlobal: Bool) {
        self.facts = facts
        self.hostname = hostname
        self.isGlobal = isGlobal
    }

    /// The part that tells of these recipients.
    static func part(
        _ facts: NoticeFacts, about recipients: [NoticeRecipient], hostname: String, isGlobal: Bool
    ) -> Part {
        var status = DeliveryStatus(facts, hostname: hostname, isGlobal: isGlobal)
        status.addMessage()
        for recipient in recipients { status.add(recipient) }
        let type = isGlobal ? "message/global-delivery-status" : "message/delivery-status"
        return Part(type: type, description: "Delivery report", verbatim: status.lines.octets)
    }

    private mutating func addMessage() {
        if let id = facts.options.envelopeID {
            add(exact: XText.decode(id), "Original-Envelope-Id")
        }
        add("Reporting-MTA", "dns; \(hostname)")
        add("Arrival-Date", date(facts.receivedAt))
        add("X-Posthorse-Queue-ID", facts.queueID)
    }

    private mutating func add(_ recipient: NoticeRecipient) {
        let addresses = ReportedAddress(isGlobal: isGlobal)
        lines.endLine()
        if let original = recipient.options.originalRecipient.flatMap({ addresses.text(ofOriginal: $0) }) {
            add(exact: original, "Original-Recipient")
        }
        add(exact: addresses.text(of: recipient.address), "Final-Recipient")
        add("Action", recipient.action.word)
        add("Status", recipient.reportedStatus.description)
        if let remote = recipient.remote { add("Remote-MTA", remote) }
        if let diagnostic = recipient.diagnostic { add("Diagnostic-Code", diagnostic) }
        if recipient.attempts > 0, let at = recipient.lastAttemptAt { add("Last-Attempt-Date", date(at)) }
        if recipient.action == .delayed, let until = recipient.retryUntil { add("Will-Retry-Until", date(until)) }
        if let name = recipient.failureClass?.rawValue { add("X-Posthorse-Class", name) }
    }

    private mutating func add(_ name: String, _ value: String) {
        lines.add(name, PlainText.words(value, asASCII: !isGlobal))
    }

    private mutating func add(exact value: String, _ name: String) {
        lines.add(verbatim: PlainText.clean(value, asASCII: !isGlobal), name)
    }

    private mutating func date(_ moment: Timestamp) -> String { dates.text(of: moment.printable) }
}

extension NoticeRecipient.Action {
    /// RFC 3464 section 2.3.3.
    var word: String {
        switch self {
        case .failed: "failed"
        case .delayed: "delayed"
        case .relayed, .passedOn: "relayed"
        }
    }
}

extension NoticeRecipient {
    /// RFC 3464 section 2.3.4. A code that contradicts the action, such as 2.0.0 for a failure, is not reported.
    var reportedStatus: EnhancedStatusCode {
        switch action {
        case .relayed, .passedOn: status?.category == 2 ? status ?? .relayed : .relayed
        case .delayed: status?.category == 4 ? status ?? .delayed : .delayed
        case .failed: status.map { $0.category == 2 } ?? true ? ownStatus : status ?? ownStatus
        }
    }

    private var ownStatus: EnhancedStatusCode {
        switch failureClass {
        case .expired: EnhancedStatusCode(4, 4, 7)
        case .invalidRecipient: EnhancedStatusCode(5, 1, 1)
        case .mailboxFull: EnhancedStatusCode(5, 2, 2)
        case .tooLarge: EnhancedStatusCode(5, 3, 4)
        case .transport: EnhancedStatusCode(5, 4, 0)
        case .policy, .spam, .authentication, .relayDenied, .suppressed: EnhancedStatusCode(5, 7, 1)
        case .content: EnhancedStatusCode(5, 6, 0)
        case .throttled, .other, nil: EnhancedStatusCode(5, 0, 0)
        }
    }

    /// Value of `Remote-MTA` (RFC 3464 section 2.3.5, RFC 3461 section 9.3).
    var remote: String? {
        host.map { "dns; \(Self.domain($0))" } ?? upstream.map { "x-posthorse-upstream; \($0)" }
    }

    /// A host, or an address as a domain literal (RFC 5321 section 4.1.3).
    private static func domain(_ host: String) -> String {
        guard let address = IPAddress(host) else { return host }
        return address.isIPv4 ? "[\(address)]" : "[IPv6:\(address)]"
    }

    /// Value of `Diagnostic-Code` (RFC 3464 section 2.3.6): the upstream's reply, or the relay's own words.
    var diagnostic: String? {
        let words = reply.flatMap { $0.isEmpty ? nil : $0 }
        if attempts <= 0, action != .relayed {
            let since = action == .delayed ? "not tried yet" : "never tried"
            return "x-posthorse; \(since): \(words ?? "no upstream available")"
        }
        return words.map { isReplyForeign ? "smtp; \($0)" : "x-posthorse; \($0)" }
    }

    /// Whether the reply came over SMTP, and is not the relay's own finding.
    var isReplyForeign: Bool { attempts > 0 && upstream != nil && reply.flatMap { Reply(parsing: $0) } != nil }
}

extension EnhancedStatusCode {
    fileprivate static let relayed = EnhancedStatusCode(2, 0, 0)
    fileprivate static let delayed = EnhancedStatusCode(4, 0, 0)
}

extension Timestamp {
    /// Within the years 1970 to 9999.
    var printable: Timestamp { Timestamp(milliseconds: min(max(milliseconds, 0), 253_402_300_799_999)) }
}
