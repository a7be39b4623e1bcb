package import Mail

/// What an operator decides about notices: `[bounce]` of relay.conf.
package struct NoticeSettings: Hashable, Sendable {
    /// How senders hear of failures, delays and deliveries.
    package enum Delivery: String, Hashable, Sendable, CaseIterable {
        case mail
        /// Not at all: the application reads events.
        case none
    }

    /// How much of a message comes back with a failure whose sender has not said (RFC 3461 section 4.3).
    package enum ReturnedContent: String, Hashable, Sendable, CaseIterable {
        case headers, full
    }

    package var deliver = Delivery.mail
    /// Author of all notices; nil for `MAILER-DAEMON@` and the name of the relay.
    package var from: Address?
    /// Gets a copy of each failure notice, and the double bounces; nil for nobody.
    package var postmaster: Address?
    package var content = ReturnedContent.headers
    /// Maximum octets of the original in a notice. A longer message comes back as its header, a longer header cut off.
    package var maxContent = 50_000
    /// Replaces the text for people.
    package var template: NoticeTemplate?
    /// Name of the relay.
    package var hostname: String

    package init(hostname: String) {
        self.hostname = hostname
    }
}
