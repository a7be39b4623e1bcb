internal import Mail

/// One notice in the making.
struct NoticeForm {
    let plan: NoticePlan
    let facts: NoticeFacts
    let settings: NoticeSettings
    let id: String
    let now: Timestamp
    /// Whether parts of it are in UTF-8 (RFC 6533 section 4).
    let isGlobal: Bool

    init(_ plan: NoticePlan, _ facts: NoticeFacts, _ settings: NoticeSettings, id: String, now: Timestamp) {
        self.plan = plan
        self.facts = facts
        self.settings = settings
        self.id = Self.plain(id)
        self.now = now.printable
        isGlobal =
            facts.options.usesUTF8 || !PlainText.isASCII(facts.sender.description)
            || plan.recipients.contains { recipient in
                !PlainText.isASCII(recipient.address.text + (recipient.options.originalRecipient ?? ""))
            }
    }

    /// Letters and digits, at most 40.
    private static func plain(_ id: String) -> String {
        String(decoding: id.utf8.filter { isLetterOrDigit($0) }.prefix(40), as: UTF8.self)
    }

    private static func isLetterOrDigit(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    private var hostname: String { PlainText.words(settings.hostname, asASCII: true) }
    private var messageID: String { "<\(id)@\(hostname)>" }

    func notice(_ returned: ReturnedPart?) -> Notice {
        let header = identity
        let parts = parts(returned)
        let boundary = Boundary.choose(for: id, parts: parts.map(\.body))
        let own = fields(parts, boundary)
        let content = own.octets + body(parts, boundary)
        var options = MessageOptions.none
        options.usesUTF8 = Octets(own.octets).hasEightBit
        options.hasUTF8Header = options.usesUTF8
        options.requiresTLS = facts.options.requiresTLS
        return Notice(
            kind: plan.kind, addressee: plan.addressee, messageID: messageID,
            body: Octets(content).hasEightBit ? .eightBitMIME : .sevenBit, options: options, header: header,
            content: WireForm.stuffed(content), size: header.count + content.count)
    }

    private var identity: [UInt8] {
        var lines = FieldLines()
        lines.add("X-Posthorse-ID", id)
        return lines.octets
    }

    // MARK: - Header

    /// RFC 3834 section 5 for `Auto-Submitted`.
    private func fields(_ parts: [Part], _ boundary: String) -> FieldLines {
        var dates = MailDate()
        var lines = FieldLines()
        lines.add("Date", dates.text(of: now))
        lines.add(verbatim: "Mail Delivery System <\(HeaderAddress.text(of: author, hostname))>", "From")
        lines.add(verbatim: "<\(HeaderAddress.text(of: plan.addressee, hostname))>", "To")
        lines.add("Subject", subject)
        lines.add("Message-ID", messageID)
        if let former = reference {
            lines.add("In-Reply-To", former)
            lines.add("References", former)
        }
        lines.add("Auto-Submitted", "auto-replied")
        let failed = failedAddresses
        if !failed.isEmpty { lines.add("X-Failed-Recipients", failed.joined(separator: ", ")) }
        lines.add("MIME-Version", "1.0")
        lines.add("Content-Type", "multipart/report; report-type=\(reportType); boundary=\"\(boundary)\"")
        if parts.contains(where: { $0.encoding == .eightBit }) { lines.add("Content-Transfer-Encoding", "8bit") }
        lines.endLine()
        return lines
    }

    private var author: Address { settings.from ?? Address(unchecked: "MAILER-DAEMON@\(hostname)") }

    private var subject: String {
        switch (plan.purpose, plan.kind) {
        case (.report, .failure): "Your message could not be delivered"
        case (.report, .delay): "Your message is delayed"
        case (.report, .success): "Your message was passed on"
        case (.report, .alert): "An alert of the relay"
        case (.report, .probe): "A probe of the relay"
        case (.copy, _): "Copy for the postmaster: a message could not be delivered"
        case (.doubleBounce, _): "Mail without a sender could not be delivered"
        }
    }

    /// The Message-ID of the original, if it can stand in a header as it is (RFC 5322 section 3.6.4).
    private var reference: String? {
        let text = facts.messageID
        let isUsable = text.utf8.allSatisfy { (0x21...0x7E).contains($0) } && text.utf8.count <= 900
        return isUsable && text.hasPrefix("<") && text.hasSuffix(">") && !text.contains("=?") ? text : nil
    }

    /// For readers that know the field from other relays, and not the report: addresses of the ordinary form.
    private var failedAddresses: [String] {
        plan.recipients.filter { $0.action == .failed && HeaderAddress.isOrdinary($0.address) }.map(\.address.text)
    }

    /// The subtype of the second part (RFC 6522 section 3).
    private var reportType: String { isGlobal ? "global-delivery-status" : "delivery-status" }

    // MARK: - Body

    private func parts(_ returned: ReturnedPart?) -> [Part] {
        let status = DeliveryStatus.part(facts, about: plan.recipients, hostname: hostname, isGlobal: isGlobal)
        return [text(returned), status] + (returned.map { [$0.part] } ?? [])
    }

    private func text(_ returned: ReturnedPart?) -> Part {
        var text = NoticeText(plan, facts, settings, returned)
        let octets = text.octets()
        let charset = Octets(octets).hasEightBit ? "utf-8" : "us-ascii"
        return Part(type: "text/plain; charset=\(charset)", description: "Notice", encoding: octets)
    }

    private func body(_ parts: [Part], _ boundary: String) -> [UInt8] {
        var octets = Array("This is a report in MIME format.\r\n".utf8)
        for part in parts {
            octets.append(contentsOf: "\r\n--\(boundary)\r\n".utf8)
            octets.append(contentsOf: part.octets)
        }
        octets.append(contentsOf: "\r\n--\(boundary)--\r\n".utf8)
        return octets
    }
}
