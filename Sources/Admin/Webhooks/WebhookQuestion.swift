internal import Mail

/// The query of `GET /v1/webhooks/{name}/events`.
struct WebhookQuestion {
    /// Whether those are asked for that the relay has given up, rather than those that wait.
    var isDead = true
    var limit: Int?
    /// The number of the last one of the page before.
    var after = 0

    init(_ query: [(name: String, value: String)]) throws(AdminError) {
        try QueryParameters.check(query)
        for (name, value) in query {
            switch name {
            case "state": isDead = try Self.isDead(value)
            case "limit": limit = try QueueFilter.limit(value)
            case "after": after = try Self.number(value)
            default: throw AdminError(.badRequest, "unknown name \(name); expected state, after, limit")
            }
        }
    }

    private static func isDead(_ word: String) throws(AdminError) -> Bool {
        guard word == "dead" || word == "waiting" else {
            throw AdminError(.badRequest, "state must be dead or waiting")
        }
        return word == "dead"
    }

    private static func number(_ text: String) throws(AdminError) -> Int {
        guard let number = Int(text), number >= 0 else {
            throw AdminError(.badRequest, "after must be the number of an event")
        }
        return number
    }
}
