package import Dialogue
package import Mail

/// What `GET /v1/trace` is asked for.
package struct TraceQuestion: Hashable, Sendable {
    package var order: TraceOrder
    package var reason: String?

    package init(_ order: TraceOrder, reason: String? = nil) {
        self.order = order
        self.reason = reason
    }

    private static let subjects = ["upstream", "client", "recipient"]

    /// Names and values of the query.
    package var query: [(name: String, value: String)] {
        let subject =
            switch order.filter {
            case .upstream(let name): ("upstream", name)
            case .client(let network): ("client", network.description)
            case .recipient(let pattern): ("recipient", pattern.description)
            }
        let rest: [(String, String?)] = [
            ("content", order.showsContent ? "true" : nil), ("for", AgeText.format(order.duration)), ("reason", reason),
        ]
        return [subject] + rest.compactMap { name, value in value.map { (name, $0) } }
    }

    /// - Throws: ``AdminError`` describing the problem.
    package init(query: [(name: String, value: String)]) throws(AdminError) {
        try QueryParameters.check(query)
        let given = query.filter { Self.subjects.contains($0.name) }
        guard let subject = given.first, given.count == 1 else {
            throw AdminError(.badRequest, "give one of upstream, client and recipient: whose conversations to show")
        }
        order = TraceOrder(try Self.filter(subject.name, subject.value))
        for (name, value) in query where !Self.subjects.contains(name) { try set(name, value) }
    }

    private mutating func set(_ name: String, _ value: String) throws(AdminError) {
        switch name {
        case "content":
            guard value == "true" || value == "false" else {
                throw AdminError(.badRequest, "content must be true or false")
            }
            order.showsContent = value == "true"
        case "for": order.duration = try Self.duration(value)
        case "reason": reason = try QueueOrderDocument.checked(reason: value)
        default:
            throw AdminError(
                .badRequest, "unknown parameter \(name); there are upstream, client, recipient, content, for, reason")
        }
    }

    private static func filter(_ name: String, _ value: String) throws(AdminError) -> TraceFilter {
        switch name {
        case "client": return .client(try network(value))
        case "recipient":
            guard let pattern = RecipientPattern(value) else {
                throw AdminError(.badRequest, "recipient must be an address, in which * stands for any text")
            }
            return .recipient(pattern)
        default: return .upstream(value)
        }
    }

    /// - Throws: ``AdminError`` for what is neither an address nor a network.
    package static func network(_ text: String) throws(AdminError) -> IPNetwork {
        guard let network = IPNetwork(text) else {
            throw AdminError(.badRequest, "client must be an address or a network, such as 192.0.2.7 or 10.0.0.0/8")
        }
        return network
    }

    private static func duration(_ text: String) throws(AdminError) -> Duration {
        let duration = try AgeText.parse(text, "for")
        guard duration > .zero, duration <= TraceOrder.longest else {
            throw AdminError(.badRequest, "for must be more than 0 and at most 24h, such as 10m")
        }
        return duration
    }
}
