internal import Mail
package import NIOCore

/// The body of `POST /v1/webhooks/{name}/resend` and `/drop`; property names match the JSON.
package struct WebhookOrderDocument: Sendable, Codable {
    /// Numbers of events.
    package var events: [Int]?
    /// Instead of numbers: every dead event; for `drop`, where relay.conf no longer names the webhook, every event.
    package var all: Bool?
    package var reason: String?
    /// Whether to change nothing.
    package var dryRun: Bool?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case events, all, reason
        case dryRun = "dry_run"
    }

    /// Most events that can be named.
    package static let mostEvents = 1000

    package init() {}

    var isRehearsal: Bool { dryRun ?? false }

    /// Parses a body. Throws ``AdminError`` describing the problem.
    package init(_ body: ByteBuffer) throws(AdminError) {
        self = try AdminJSON.order(
            Self.self, from: body, known: CodingKeys.allCases.map(\.rawValue),
            example: #"{"events":[12],"reason":"receiver mended"}"#)
        reason = try QueueOrderDocument.checked(reason: reason)
    }

    /// Nil for every dead event. Throws ``AdminError``.
    func numbers() throws(AdminError) -> [Int]? {
        guard let events else {
            guard all == true else { throw AdminError(.badRequest, "the body must have events, or all") }
            return nil
        }
        guard all == nil else { throw AdminError(.badRequest, "events and all exclude each other") }
        guard !events.isEmpty else { throw AdminError(.badRequest, "events is empty") }
        guard events.count <= Self.mostEvents else {
            throw AdminError(.badRequest, "at most \(Self.mostEvents) events at a time")
        }
        guard events.allSatisfy({ $0 > 0 }) else { throw AdminError(.badRequest, "numbers of events are positive") }
        return Set(events).sorted()
    }
}

/// The answer: how many events an order was carried out for, or would be.
package struct WebhookResultDocument: Sendable, Codable {
    package let events: Int
    /// One for each number of the order, in order; empty for an order about all.
    package let results: [WebhookOrderLine]

    init(events: Int) {
        (self.events, results) = (events, [])
    }

    init(_ results: [WebhookOrderLine]) {
        events = results.count(where: { $0.result == .done })
        self.results = results
    }
}

/// An order about events by an operator, for the log.
package struct WebhookReport: Sendable {
    package let order: WebhookVerb
    package let webhook: String
    package let count: Int
    package let reason: String?
    /// Who, such as `uid:0`; nil if that is unknown.
    package let who: String?
}
