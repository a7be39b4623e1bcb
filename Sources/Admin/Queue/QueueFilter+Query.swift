package import Mail

extension QueueFilter {
    /// The filter as names and values, as in the query of `GET /v1/queue`.
    package var query: [(name: String, value: String)] {
        let all: [(String, String?)] = [
            ("state", state), ("sender", sender), ("recipient", recipient), ("domain", domain), ("upstream", upstream),
            ("route", route), ("stream", stream), ("user", user), ("class", failureClass?.rawValue),
            ("older_than", olderThan.map(AgeText.format)),
            ("newer_than", newerThan.map(AgeText.format)), ("last_reply", lastReply), ("limit", limit.map { "\($0)" }),
            ("after", after?.description),
        ]
        let named = all.compactMap { name, value in value.map { (name, $0) } }
        return named + (ids ?? []).sorted().map { ("id", $0.description) }
    }

    /// Parses a query; throws ``AdminError`` describing the problem.
    package init(query: [(name: String, value: String)]) throws(AdminError) {
        self.init()
        try QueryParameters.check(query, repeatable: "id")
        for (name, value) in query { try set(name, value) }
        if let lastReply { _ = try ReplyPattern(lastReply) }
    }

    private mutating func set(_ name: String, _ value: String) throws(AdminError) {
        switch name {
        case "state": state = try Self.state(value)
        case "sender": sender = value
        case "recipient": recipient = value
        case "domain": domain = value
        case "upstream": upstream = value
        case "route": route = value
        case "stream": stream = value
        case "user": user = value
        case "class": failureClass = try Self.failureClass(value)
        case "older_than": olderThan = try AgeText.parse(value, name)
        case "newer_than": newerThan = try AgeText.parse(value, name)
        case "last_reply": lastReply = value
        case "limit": limit = try Self.limit(value)
        case "after": after = try Self.queueID(value)
        case "id": ids = (ids ?? []).union([try Self.queueID(value)])
        default: throw AdminError(.badRequest, "unknown parameter \(name)")
        }
    }

    /// Parses the word for a state.
    package static func state(_ text: String) throws(AdminError) -> String {
        guard MessageDocument.states.contains(text) else {
            throw AdminError(.badRequest, "state must be one of \(MessageDocument.states.joined(separator: ", "))")
        }
        return text
    }

    static func failureClass(_ text: String) throws(AdminError) -> FailureClass {
        guard let found = FailureClass(rawValue: text) else {
            let words = FailureClass.allCases.map(\.rawValue).joined(separator: ", ")
            throw AdminError(.badRequest, "class must be one of \(words)")
        }
        return found
    }

    static func limit(_ text: String) throws(AdminError) -> Int {
        guard let number = Int(text), (1...maxLimit).contains(number) else {
            throw AdminError(.badRequest, "limit must be a number greater than 0 and at most \(maxLimit)")
        }
        return number
    }

    /// More than anybody has.
    static let maxLimit = 1_000_000_000

    /// Parses a queue ID.
    package static func queueID(_ text: String) throws(AdminError) -> QueueID {
        guard let id = QueueID(text) else {
            throw AdminError(.badRequest, "not a queue ID: 13 letters and digits, as queue list shows")
        }
        return id
    }
}

/// Ages in a query: `90s`, `15m`, `2h`, `3d`, `500ms`; a number alone is seconds.
enum AgeText {
    private static let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("", 1000)]

    static func parse(_ text: String, _ name: String) throws(AdminError) -> Duration {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count)
        guard let number = Int(digits), let scale = units.first(where: { $0.0 == unit })?.1 else {
            throw AdminError(.badRequest, "\(name) must be a duration such as 90s, 15m, 2h or 3d")
        }
        let (product, isTooLarge) = number.multipliedReportingOverflow(by: scale)
        return .milliseconds(isTooLarge ? Int64.max / 2_000_000 : min(Int64(product), Int64.max / 2_000_000))
    }

    static func format(_ age: Duration) -> String { "\(age.wholeMilliseconds)ms" }
}
