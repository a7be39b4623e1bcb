package import Mail
package import Telemetry

/// What `GET /v1/events` is asked for: which events, from where on, and how.
package struct EventQuestion: Hashable, Sendable {
    /// Names of events; empty for all.
    package var types: [String] = []
    /// Events of this level and above.
    package var level: LogLevel?
    /// Events about this message.
    package var queueID: QueueID?
    /// The upstream of the event; `*` in it stands for any text, and the case of ASCII letters is ignored.
    package var upstream: String?
    /// Part of the sender's address, ignoring case; `<>` is the null sender.
    package var sender: String?
    /// Part of a recipient's address, likewise.
    package var recipient: String?
    /// Events of this time or later.
    package var since: Timestamp?
    /// Whether the answer goes on with what happens next, rather than ending.
    package var follows = true
    /// What the data of an event is: an object, or a line as in the log.
    package var format = LogFormat.json
    /// The last event that the reader has, from `Last-Event-ID`.
    package var after: EventID?

    package init() {}

    /// Names and values, as in the query of `GET /v1/events`.
    package var query: [(name: String, value: String)] {
        let all: [(String, String?)] = [
            ("level", level.map { "\($0.name)" }), ("queue_id", queueID?.description), ("upstream", upstream),
            ("sender", sender), ("recipient", recipient), ("since", since?.rfc3339),
            ("follow", follows ? nil : "false"), ("format", format == .json ? nil : format.rawValue),
        ]
        return types.map { (name: "type", value: $0) } + all.compactMap { name, value in value.map { (name, $0) } }
    }

    /// Parses a request.
    ///
    /// - Parameters:
    ///   - lastEventID: of the header; nil or empty for none.
    ///   - now: what a duration counts from.
    /// - Throws: ``AdminError`` describing the problem.
    package init(
        query: [(name: String, value: String)], lastEventID: String? = nil, now: Timestamp
    ) throws(AdminError) {
        self.init()
        try QueryParameters.check(query, repeatable: "type")
        for (name, value) in query { try set(name, value, now) }
        if let lastEventID, !lastEventID.isEmpty { after = try Self.id(lastEventID) }
    }

    private mutating func set(_ name: String, _ value: String, _ now: Timestamp) throws(AdminError) {
        switch name {
        case "type": types.append(try Self.type(value))
        case "level": level = try Self.level(value)
        case "queue_id": queueID = try QueueFilter.queueID(value)
        case "upstream": upstream = value
        case "sender": sender = value
        case "recipient": recipient = value
        case "since": since = try Self.moment(value, now)
        case "follow": follows = try Self.flag(value)
        case "format": format = try Self.format(value)
        default:
            throw AdminError(.badRequest, "unknown parameter \(name); there are \(Self.names.joined(separator: ", "))")
        }
    }

    private static let names = [
        "type", "level", "queue_id", "upstream", "sender", "recipient", "since", "follow", "format",
    ]

    /// Checks the name of an event.
    package static func type(_ text: String) throws(AdminError) -> String {
        guard EventType.names.contains(text) else {
            throw AdminError(.badRequest, "no event \(text); there are \(EventType.names.joined(separator: ", "))")
        }
        return text
    }

    /// The words for levels; events below the first are not kept.
    static let levels = LogLevel.allCases.filter { $0 >= .info }.map { "\($0.name)" }

    /// Parses the word for a level.
    package static func level(_ text: String) throws(AdminError) -> LogLevel {
        guard levels.contains(text), let level = LogLevel(name: text) else {
            throw AdminError(.badRequest, "level must be one of \(levels.joined(separator: ", "))")
        }
        return level
    }

    private static func moment(_ text: String, _ now: Timestamp) throws(AdminError) -> Timestamp {
        if let time = Timestamp(dateTime: text.utf8) { return time }
        guard let age = try? AgeText.parse(text, "since") else {
            throw AdminError(
                .badRequest, "since must be a time such as 2026-11-21T10:00:00Z, or a duration such as 90s, 15m or 2h")
        }
        return now - age
    }

    private static func flag(_ text: String) throws(AdminError) -> Bool {
        guard text == "true" || text == "false" else { throw AdminError(.badRequest, "follow must be true or false") }
        return text == "true"
    }

    private static func format(_ text: String) throws(AdminError) -> LogFormat {
        guard let format = LogFormat(rawValue: text) else {
            throw AdminError(.badRequest, "format must be json or text")
        }
        return format
    }

    private static func id(_ text: String) throws(AdminError) -> EventID {
        guard let id = EventID(text) else {
            throw AdminError(.badRequest, "Last-Event-ID must be the id of an event, such as 19ac3f2d1e0-42")
        }
        return id
    }
}
