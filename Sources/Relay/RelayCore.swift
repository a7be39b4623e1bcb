internal import Delivery
internal import Telemetry

/// What every part of a relay refers to.
struct RelayCore: Sendable {
    let version: String
    /// The relay.conf that the configuration was read from; nil if it was not read from a file.
    let file: String?
    /// Descriptors that the process may have.
    let descriptors: Int
    let live: LiveConfiguration
    let clock: RelayClock
    let log: EventLog
    let feed: EventFeed
    let metrics: RelayMetrics
}
