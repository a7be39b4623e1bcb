internal import Mail
internal import NIOCore
internal import Notices
internal import Spool

/// Turns what has become of a message into requests for the notices that somebody must get.
struct NoticeMaker: Sendable {
    private let policy: NoticePolicy
    private let writer: NoticeWriter
    private let plan: RetryPlan
    /// Host names of the upstreams, by name.
    private let hosts: [String: String]
    private let spool: any MessageSpool

    init(_ settings: DeliverySettings, plan: RetryPlan, spool: any MessageSpool) {
        var notices = settings.notices
        notices.hostname = settings.hostname
        policy = NoticePolicy(notices)
        writer = NoticeWriter(notices)
        self.plan = plan
        hosts = Dictionary(settings.upstreams.map { ($0.name, $0.host) }, uniquingKeysWith: { first, _ in first })
        self.spool = spool
    }

    /// - Parameters:
    ///   - message: with the states that are about to be recorded.
    ///   - isPassedOn: whether the upstream that took the delivered recipients will report by itself.
    func notices(
        about message: SpooledMessage, _ news: UntoldNews, isPassedOn: Bool = false, at moment: Moment
    ) -> [PlannedNotice] {
        guard !news.isEmpty else { return [] }
        let facts = facts(about: message, news, isPassedOn: isPassedOn, moment)
        return policy.notices(about: facts).map { plan in
            let id = spool.makeQueueID(at: moment.wall)
            return PlannedNotice(id: id, plan: plan, request: request(plan, facts, id, moment.wall))
        }
    }

    private func request(_ plan: NoticePlan, _ facts: NoticeFacts, _ id: QueueID, _ wall: Timestamp) -> NoticeRequest {
        NoticeRequest(octets: writer.originalLimit) { [writer] original in
            let copy = original.map { OriginalMessage(bytes: Array($0.bytes.readableBytesView), isWhole: $0.isWhole) }
            let notice = writer.write(plan, about: facts, id: id.description, now: wall, original: copy)
            return NewMessage(notice, id, at: wall)
        }
    }

    // MARK: - Facts

    private func facts(
        about message: SpooledMessage, _ news: UntoldNews, isPassedOn: Bool, _ moment: Moment
    ) -> NoticeFacts {
        let recipients =
            news.failed.map { recipient(message, $0, .failed, moment) }
            + news.delayed.map { recipient(message, $0, .delayed, moment) }
            + news.delivered.map { recipient(message, $0, isPassedOn ? .passedOn : .relayed, moment) }
        return NoticeFacts(
            queueID: message.id.description, sender: message.sender, options: message.options,
            receivedAt: message.receivedAt, messageID: message.messageID, notice: message.notice,
            recipients: recipients)
    }

    private func recipient(
        _ message: SpooledMessage, _ index: Int, _ action: NoticeRecipient.Action, _ moment: Moment
    ) -> NoticeRecipient {
        let recipient = message.recipients[index]
        let reply = recipient.lastReply.map(Self.withoutExpiry)
        // The relay's own list has spoken, whoever was asked before.
        let upstream = recipient.failureClass == .suppressed ? nil : recipient.upstream
        return NoticeRecipient(
            recipient.address, options: recipient.options, action: action,
            status: recipient.failureClass == .expired
                ? Self.expired : reply.flatMap { Reply(parsing: $0)?.enhancedCode },
            failureClass: recipient.failureClass, upstream: upstream,
            host: upstream.flatMap { hosts[$0] }, reply: reply,
            // When it was last tried is not recorded; what failed by itself failed just now.
            lastAttemptAt: action == .failed && recipient.failureClass != .expired ? moment.wall : nil,
            retryUntil: action == .delayed ? expiry(of: message, moment) : nil, attempts: recipient.attempts)
    }

    /// By the system's clock.
    private func expiry(of message: SpooledMessage, _ moment: Moment) -> Timestamp {
        moment.wall + (plan.expiry(of: message, moment.ages, at: moment.now) - moment.now)
    }

    /// RFC 3463 section 3.5: the delivery time has expired.
    private static let expired = EnhancedStatusCode(4, 4, 7)

    /// What an upstream said before the relay gave up.
    private static func withoutExpiry(_ text: String) -> String {
        text.hasPrefix(MessageCycle.expiredPrefix) ? String(text.dropFirst(MessageCycle.expiredPrefix.count)) : text
    }
}

/// A notice that will be committed with its cause.
struct PlannedNotice: Sendable {
    let id: QueueID
    let plan: NoticePlan
    let request: NoticeRequest
}

extension NewMessage {
    /// It comes from nobody, belongs to no user, and goes the way of all mail.
    fileprivate init(_ notice: Notice, _ id: QueueID, at wall: Timestamp) {
        var message = SpooledMessage(
            id: id, receivedAt: wall, sender: ReversePath(address: nil), body: notice.body, priority: .normal,
            messageID: notice.messageID, origin: "the relay itself", options: notice.options, size: notice.size,
            recipients: [Recipient(address: notice.addressee)])
        message.notice = notice.kind
        self.init(
            message: message, header: ByteBuffer(bytes: notice.header),
            content: .whole(ByteBuffer(bytes: notice.content)))
    }
}
