package import Outbound

/// A `[[webhook]]` of relay.conf.
package struct WebhookSettings: Sendable, Hashable {
    package var name: String
    package var url: WebURL
    /// File with one signing secret a line; nil for no signature.
    package var secretFile: String?
    package var events = WebhookEvent.allCases
    /// Names of users whose mail it hears of; empty for all mail.
    package var users: [String] = []
    /// Names of streams or patterns whose mail it hears of; empty for all mail.
    package var streams: [String] = []
    /// PEM file of authorities to trust; nil for the system's.
    package var caFile: String?
    /// Whether the receiver may have a private address.
    package var allowsPrivate = false
    /// For one request, from the query for the name to the answer.
    package var timeout = Duration.seconds(10)
    /// Requests beside each other.
    package var concurrency = 16
    /// Attempts after which an event is given up.
    package var attempts = 30
    /// Time after which an event that was tried is given up.
    package var retryFor = Duration.seconds(86_400)
    /// Age at which an event is removed, even if nobody has looked at it since it was given up.
    package var keep = Self.keep
    /// The most events in the outbox; the oldest go first.
    package var maxEvents = 100_000
    /// The most octets of them.
    package var maxOctets = 64 << 20

    package static let keep = Duration.seconds(7 * 86_400)

    package init(name: String, url: WebURL) {
        self.name = name
        self.url = url
    }
}
