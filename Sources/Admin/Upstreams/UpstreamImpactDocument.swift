/// The answer to an order for an upstream with `dry_run`: nothing has changed. Property names match the JSON.
package struct UpstreamImpactDocument: Hashable, Sendable, Codable {
    /// A route that may use the upstream.
    package struct Route: Hashable, Sendable, Codable {
        package var route: String
        /// What waits there: messages with recipients that are queued, deferred or being delivered, also those lined up.
        package var messages: Int
        package var recipients: Int
        /// The upstreams that its mail goes to now; empty if it waits.
        package var before: [String]
        /// The upstreams that it would go to.
        package var after: [String]
    }

    package var upstream: String
    package var action: String
    /// Messages that are in its sessions now, which end as they would have.
    package var inFlight: Int
    /// Messages that are lined up for one: `drain` leaves them there, `disable` and `trip` move them.
    package var linedUp: Int
    package var routes: [Route]

    package enum CodingKeys: String, CodingKey {
        case upstream, action, routes
        case inFlight = "in_flight"
        case linedUp = "lined_up"
    }
}
