/// One `[[notify]]` of relay.conf: somebody who is told.
package struct NotifySettings: Hashable, Sendable {
    /// Raw values are the words of `type` in relay.conf.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case webhook, slack, pagerduty, email, command
    }

    /// Unique.
    package var name: String
    package var kind: Kind
    /// For a webhook; for pagerduty where its events go, nil for the usual place.
    package var url: String?
    /// File with the URL, for slack.
    package var urlFile: String?
    /// File with the secret that signs a webhook; nil for no signature.
    package var secretFile: String?
    /// File with the routing key, for pagerduty.
    package var routingKeyFile: String?
    /// Addresses, for email.
    package var to: [String] = []
    /// A program and its arguments.
    package var command: [String] = []
    /// Whether its URL may lead to private, loopback and link-local addresses.
    package var allowsPrivate = false
    /// Time limit of one try.
    package var timeout = Duration.seconds(10)

    package init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}
