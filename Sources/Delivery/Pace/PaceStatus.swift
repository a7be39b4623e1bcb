package import Mail
package import Upstreams

/// How a pace stands: that of one domain or family which has had mail lately, or waits.
package struct PaceStatus: Hashable, Sendable {
    /// Index of the `[[pace]]`.
    package var entry: Int
    /// The domain, or `family:google`.
    package var name: String
    /// Recipients per second now; nil for no limit.
    package var rate: Double?
    /// Likewise, by relay.conf.
    package var limit: Double?
    /// Whether replies have asked for less than relay.conf allows.
    package var isReduced: Bool
    /// Messages with upstreams, or about to be.
    package var active: Int
    /// Most messages that may be; nil for any number.
    package var maxActive: Int?
    /// Messages that wait for their turn.
    package var waiting: Int
    /// When the next turn is, by the system's clock; nil if nobody waits, or if another message must end first.
    package var nextAt: Timestamp?

    package init(entry: Int, name: String, settings: PaceSettings, pace: DomainPace, waiting: Int, nextAt: Timestamp?) {
        self.entry = entry
        self.name = name
        rate = pace.rate
        limit = settings.limit
        isReduced = pace.isReduced
        active = pace.active
        maxActive = settings.maxConnections
        self.waiting = waiting
        self.nextAt = nextAt
    }
}

/// All paces of relay.conf, as they stand at one moment.
package struct PaceReport: Sendable {
    package var settings: [PaceSettings]
    /// In the order of ``settings``, then by name.
    package var paces: [PaceStatus]

    package init(settings: [PaceSettings] = [], paces: [PaceStatus] = []) {
        (self.settings, self.paces) = (settings, paces)
    }
}
