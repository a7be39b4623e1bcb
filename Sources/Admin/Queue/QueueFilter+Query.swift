package import Mail

extension QueueFilter {
    /// The filter as names and values, as in the query of `GET /v1/queue`.
    package var query: [(name: String, value: String)] {
        let all: [(String, String?)] = [
            ("state", state), ("sender", sender), ("recipient", recipient), ("upstream", upstream),
            ("limit", limit.map { "\($0)" }), ("after", after?.description),
        ]
        return all.compactMap { name, value in value.map { (name, $0) } }
    }

    /// Parses a query; throws ``AdminError`` describing the problem.
    package init(query: [(name: String, value: String)]) throws(AdminError) {
        self.init()
        for (name, value) in query {
            switch name {
            case "state": state = try Self.state(value)
            case "sender": sender = value
            case "recipient": recipient = value
            case "upstream": upstream = value
            case "limit": limit = try Self.limit(value)
            case "after": after = try Self.queueID(value)
            default: throw AdminError(.badRequest, "unknown parameter \(name)")
            }
        }
    }

    /// Parses the word for a state.
    package static func state(_ text: String) throws(AdminError) -> String {
        guard MessageDocument.states.contains(text) else {
            throw AdminError(.badRequest, "state must be one of \(MessageDocument.states.joined(separator: ", "))")
        }
        return text
    }

    private static func limit(_ text: String) throws(AdminError) -> Int {
        guard let number = Int(text), number > 0 else {
            throw AdminError(.badRequest, "limit must be a number greater than 0")
        }
        return number
    }

    /// Parses a queue ID.
    package static func queueID(_ text: String) throws(AdminError) -> QueueID {
        guard let id = QueueID(text) else {
            throw AdminError(.badRequest, "not a queue ID: 13 letters and digits, as queue list shows")
        }
        return id
    }
}
