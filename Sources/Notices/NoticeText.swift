internal import Mail

/// The first part of a notice, for people: what happened to whom, and what the sender can do.
struct NoticeText {
    let plan: NoticePlan
    let facts: NoticeFacts
    let settings: NoticeSettings
    /// What comes back; nil if the original cannot be read.
    let returned: ReturnedPart?
    private var dates = MailDate()

    init(_ plan: NoticePlan, _ facts: NoticeFacts, _ settings: NoticeSettings, _ returned: ReturnedPart?) {
        self.plan = plan
        self.facts = facts
        self.settings = settings
        self.returned = returned
    }

    /// The text, in UTF-8, with CRLF.
    mutating func octets() -> [UInt8] {
        let text = (settings.template ?? .standard).fill { value(of: $0) }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return Array(lines.joined(separator: "\r\n").utf8)
    }

    private mutating func value(of placeholder: NoticeTemplate.Placeholder) -> String {
        switch placeholder {
        case .summary: PlainText.wrap(summary)
        case .recipients: recipients()
        case .returned: PlainText.wrap(returnedText)
        case .kind: plan.kind.rawValue
        case .sender: "<\(PlainText.clean(facts.sender.description))>"
        case .hostname: PlainText.words(settings.hostname)
        case .postmaster: PlainText.clean(settings.postmaster?.text ?? "postmaster@\(settings.hostname)")
        case .queueID: PlainText.words(facts.queueID)
        case .messageID: facts.messageID.isEmpty ? "unknown" : PlainText.words(facts.messageID)
        case .receivedAt: dates.text(of: facts.receivedAt.printable)
        }
    }

    private var summary: String {
        switch (plan.purpose, plan.kind) {
        case (.report, .failure): "Your message could not be delivered to the recipients below."
        case (.report, .delay):
            "Your message has not been delivered yet to the recipients below. The relay keeps trying; you need not send it "
                + "again."
        case (.report, .success): "Your message was relayed to the recipients below."
        case (.report, .alert): "This is an alert of the relay."
        case (.report, .probe): "This is a probe of the relay."
        case (.copy, _):
            "A message could not be delivered to the recipients below. \(told) This copy is for the postmaster."
        case (.doubleBounce, _):
            "\(doubtful) could not be delivered to the recipients below. It has no sender who could be told."
        }
    }

    /// What its sender knows of it.
    private var told: String {
        let sender = "Its sender <\(PlainText.clean(facts.sender.description))>"
        let count = plan.recipients.count { $0.calls(for: .failure) }
        if count == plan.recipients.count { return "\(sender) has been told." }
        return count == 0
            ? "\(sender) asked not to be told." : "\(sender) has been told, except where it asked not to be."
    }

    private var doubtful: String {
        switch facts.notice {
        case .failure: "A notice of a failure"
        case .delay: "A notice of a delay"
        case .success: "A notice of a delivery"
        case .alert: "An alert"
        case .probe: "A probe"
        case nil: "A message with the null sender <>"
        }
    }

    private var returnedText: String {
        guard let returned else { return "The message itself could not be read, and is not attached." }
        if returned.isWhole { return "The message is attached." }
        guard let reason = returned.shortcoming else { return "The header of the message is attached." }
        return "Only the header of the message is attached: \(reason)."
    }

    private mutating func recipients() -> String {
        plan.recipients.map { entry($0) }.joined(separator: "\n\n")
    }

    private mutating func entry(_ recipient: NoticeRecipient) -> String {
        let sentences = sentences(recipient).filter { !$0.isEmpty }.map { PlainText.wrap($0, indent: "    ") }
        return (["<\(PlainText.clean(recipient.address.text))>"] + sentences).joined(separator: "\n")
    }

    private mutating func sentences(_ recipient: NoticeRecipient) -> [String] {
        switch recipient.action {
        case .failed:
            [
                recipient.failureClass?.explanation ?? "It was not delivered.", neverTried(recipient),
                words(of: recipient), recipient.failureClass?.advice ?? "If you need to know why, ask your postmaster.",
            ]
        case .delayed:
            [neverTried(recipient), words(of: recipient), patience(recipient)]
        case .relayed, .passedOn:
            [
                "Passed on to \(Self.name(recipient)), which reports failures only."
            ]
        }
    }

    private func neverTried(_ recipient: NoticeRecipient) -> String {
        guard recipient.attempts <= 0 else { return "" }
        return recipient.action == .delayed
            ? "No delivery to this recipient has been attempted yet: no outgoing mail server is available."
            : "No delivery to this recipient was attempted: no outgoing mail server was available."
    }

    private func words(of recipient: NoticeRecipient) -> String {
        let reply = PlainText.words(recipient.reply ?? "")
        guard !reply.isEmpty else { return "" }
        return recipient.isReplyForeign
            ? "\(Self.name(recipient, isFirst: true)) replied: \(reply)" : "Reason: \(reply)"
    }

    private mutating func patience(_ recipient: NoticeRecipient) -> String {
        guard let until = recipient.retryUntil else { return "The relay keeps trying." }
        return "The relay keeps trying until \(dates.text(of: until.printable))."
    }

    private static func name(_ recipient: NoticeRecipient, isFirst: Bool = false) -> String {
        let article = isFirst ? "The" : "the"
        return (recipient.host ?? recipient.upstream).map { "\(article) server \(PlainText.words($0))" }
            ?? "\(article) next server"
    }
}
