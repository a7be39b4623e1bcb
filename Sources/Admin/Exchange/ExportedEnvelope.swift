package import Mail
package import Spool

/// The envelope of a message in an exported file: fields `X-Envelope-…`, a line each, in front of the message.
package struct ExportedEnvelope: Hashable, Sendable {
    package enum Field: String, Sendable, CaseIterable {
        /// The version of this format.
        case version
        /// Queue ID, time of acceptance and client at the relay that wrote the file; not restored.
        case id, received, origin
        case sender
        /// Parameters of MAIL, as ``MessageOptions/parameters``.
        case options
        case body, priority, user
        /// The route that the user's settings named.
        case route
        /// The stream that the message named, or its user's settings.
        case stream
        /// Relays that have carried the message, most recent first.
        case relays
        /// When its sender wants it sent.
        case releaseAt = "release-at"
        /// The kind of notice that the message is.
        case notice
        /// The state of a recipient, parameters of RCPT, and its path; repeated.
        case recipient

        package static let prefix = "X-Envelope-"
        var name: String {
            let words = rawValue.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }
            return Self.prefix + (self == .id ? "ID" : words.joined(separator: "-"))
        }
    }

    static let version = "1"

    package var sender = ReversePath.null
    package var options = MessageOptions.none
    package var body = BodyType.sevenBit
    package var priority = Priority.normal
    package var user: String?
    package var route: String?
    package var stream: String?
    package var relays: [String] = []
    package var releaseAt: Timestamp?
    package var notice: NoticeKind?
    package var recipients: [Recipient] = []
    /// For people.
    package var sourceID: String?

    package init() {}

    /// The fields of a message, with their ends: everything that is needed to send it to those who have not got it.
    static func text(of message: SpooledMessage) -> String {
        var lines: [(Field, String)] = [
            (.version, version), (.id, message.id.description), (.received, message.receivedAt.rfc3339),
            (.origin, message.origin), (.sender, "<\(message.sender)>"),
        ]
        if message.options != .none { lines.append((.options, message.options.parameters)) }
        lines += [(.body, message.body.rawValue), (.priority, message.priority.name)]
        if let user = message.user { lines.append((.user, user)) }
        if let route = message.routing.route { lines.append((.route, route)) }
        if let stream = message.routing.stream { lines.append((.stream, stream)) }
        if !message.routing.relays.isEmpty { lines.append((.relays, message.routing.relays.joined(separator: " "))) }
        if let time = message.releaseAt { lines.append((.releaseAt, time.rfc3339)) }
        if let notice = message.notice { lines.append((.notice, notice.rawValue)) }
        let running = message.openAttempt?.recipients ?? []
        for (index, recipient) in message.recipients.enumerated() where !recipient.isFinal {
            let state = running.contains(index) ? "delivering" : recipient.state.rawValue
            let words = [state, recipient.options.parameters, "<\(recipient.address)>"].filter { !$0.isEmpty }
            lines.append((.recipient, words.joined(separator: " ")))
        }
        return lines.map { "\($0.name): \(oneLine($1))\r\n" }.joined()
    }

    private static func oneLine(_ text: String) -> String {
        String(text.map { $0.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } ? " " : $0 })
    }
}
