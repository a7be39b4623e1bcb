package import Mail
package import RoundTrips

/// One `[[round_trip]]` of relay.conf.
package struct RoundTripSettings: Hashable, Sendable {
    /// Through which upstreams probes are sent, each with its own.
    package enum Upstreams: Hashable, Sendable {
        /// `"*"`: those of relay.conf, whichever they are.
        case all
        /// In order; may be empty.
        case named([String])
    }

    package var name: String
    package var upstreams = Upstreams.all
    /// Whether probes also go as a route would send them.
    package var isAsRouted = false
    /// Of the envelope and of `From`.
    package var sender: Address
    /// Whose mailbox it is; names the mailbox wherever one is named.
    package var recipient: Address
    package var trip: TripSettings
    package var mailbox: MailboxAccount

    package init(name: String, sender: Address, recipient: Address, trip: TripSettings, mailbox: MailboxAccount) {
        self.name = name
        self.sender = sender
        self.recipient = recipient
        self.trip = trip
        self.mailbox = mailbox
    }
}

extension RoundTripSettings {
    /// What it measures.
    ///
    /// - Parameter all: names of the upstreams of relay.conf.
    package func paths(_ all: [String]) -> [TripPath] {
        let names: [String] =
            switch upstreams {
            case .all: all
            case .named(let names): names
            }
        return ((isAsRouted ? [nil] : []) + names.map(Optional.some)).map {
            TripPath(trip: name, upstream: $0, mailbox: recipient.text)
        }
    }
}
