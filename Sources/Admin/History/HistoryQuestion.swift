package import History
package import Mail
internal import Upstreams

/// What `history search` and `history stats` are asked for.
package struct HistoryQuestion: Hashable, Sendable {
    /// An address, or `<>`. Like those below, with `*` for any text, and in either case of ASCII letters; addresses and
    /// domains in any of their forms, addresses with or without angle brackets.
    package var sender: String?
    package var recipient: String?
    /// Of a recipient.
    package var domain: String?
    package var upstream: String?
    package var route: String?
    package var stream: String?
    package var user: String?
    /// With or without angle brackets.
    package var messageID: String?
    package var queueID: QueueID?
    package var failureClass: FailureClass?
    package var outcome: String?
    /// Found in a recipient's reply; see ``ReplyPattern``.
    package var lastReply: String?
    /// Accepted then or later.
    package var since: Timestamp?
    /// Accepted before.
    package var until: Timestamp?
    /// Accepted at least this long ago.
    package var olderThan: Duration?
    /// Accepted at most this long ago.
    package var newerThan: Duration?
    /// The most messages.
    package var limit: Int?
    /// The `cursor` of a message: only those behind it.
    package var after: Int?

    package init() {}

    /// Names and values, as in the query of `GET /v1/history`.
    package var query: [(name: String, value: String)] {
        let all: [(String, String?)] = [
            ("sender", sender), ("recipient", recipient), ("domain", domain), ("upstream", upstream), ("route", route),
            ("stream", stream), ("user", user), ("message_id", messageID), ("queue_id", queueID?.description),
            ("class", failureClass?.rawValue), ("outcome", outcome), ("last_reply", lastReply),
            ("since", since?.rfc3339), ("until", until?.rfc3339), ("older_than", olderThan.map(AgeText.format)),
            ("newer_than", newerThan.map(AgeText.format)), ("limit", limit.map { "\($0)" }),
            ("after", after.map { "\($0)" }),
        ]
        return all.compactMap { name, value in value.map { (name, $0) } }
    }

    /// Parses a query; throws ``AdminError`` describing the problem.
    package init(query: [(name: String, value: String)]) throws(AdminError) {
        try QueryParameters.check(query)
        for (name, value) in query { try set(name, value) }
        if let lastReply { _ = try ReplyPattern(lastReply) }
    }

    private mutating func set(_ name: String, _ value: String) throws(AdminError) {
        switch name {
        case "sender": sender = value
        case "recipient": recipient = value
        case "domain": domain = value
        case "upstream": upstream = value
        case "route": route = value
        case "stream": stream = value
        case "user": user = value
        case "message_id": messageID = value
        case "queue_id": queueID = try QueueFilter.queueID(value)
        case "class": failureClass = try QueueFilter.failureClass(value)
        case "outcome": outcome = try Self.outcome(value)
        case "last_reply": lastReply = value
        case "since": since = try QueryParameters.time(value, name)
        case "until": until = try QueryParameters.time(value, name)
        case "older_than": olderThan = try AgeText.parse(value, name)
        case "newer_than": newerThan = try AgeText.parse(value, name)
        case "limit": limit = try QueueFilter.limit(value)
        case "after": after = try Self.cursor(value)
        default: throw AdminError(.badRequest, "unknown parameter \(name)")
        }
    }

    private static func outcome(_ text: String) throws(AdminError) -> String {
        guard HistoryOutcome(rawValue: text) != nil else {
            throw AdminError(.badRequest, "outcome must be one of \(outcomes.joined(separator: ", "))")
        }
        return text
    }

    /// The words for outcomes.
    package static let outcomes = HistoryOutcome.allCases.map(\.rawValue)

    /// More than there are.
    static let maxCursor = 1 << 53

    private static func cursor(_ text: String) throws(AdminError) -> Int {
        guard let number = Int(text), (1...maxCursor).contains(number) else {
            throw AdminError(.badRequest, "after must be the cursor of a message")
        }
        return number
    }

    // MARK: -

    /// - Parameter now: what ages count from.
    package func filter(at now: Timestamp) throws(AdminError) -> HistoryFilter {
        var filter = HistoryFilter()
        filter.sender = sender.map { HistoryText(address: $0) }
        filter.recipient = recipient.map { HistoryText(address: $0) }
        filter.domain = domain.map { HistoryText(domain: $0) }
        filter.upstream = upstream.map { HistoryText($0) }
        filter.route = route.map { HistoryText($0) }
        filter.stream = stream.map { HistoryText($0) }
        filter.user = user.map { HistoryText($0) }
        filter.messageID = messageID.map { HistoryText(Self.bare($0)) }
        filter.queueID = queueID
        filter.failureClass = failureClass
        filter.outcome = outcome.flatMap { HistoryOutcome(rawValue: $0) }
        let newest = newerThan.map { now - $0 }
        filter.since = [since, newest].compactMap(\.self).max()
        // A message of just this age is old enough.
        let oldest = olderThan.map { now - $0 + .milliseconds(1) }
        filter.until = [until, oldest].compactMap(\.self).min()
        if let lastReply {
            let pattern = try ReplyPattern(lastReply)
            filter.reply = { pattern.matches($0) }
        }
        return filter
    }

    private static func bare(_ text: String) -> String {
        guard text.hasPrefix("<"), text.hasSuffix(">"), text.count > 2 else { return text }
        return String(text.dropFirst().dropLast())
    }
}
