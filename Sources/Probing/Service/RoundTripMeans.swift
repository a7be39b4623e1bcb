package import Mail
package import NIOCore
package import RoundTrips

/// What round trips need of the relay.
package struct RoundTripMeans: Sendable {
    package typealias MakeLooker = @Sendable (MailboxAccount, any EventLoop, MailboxOwner) -> any MailboxLooker

    let key: ProbeKey
    let store: RoundTripStore
    /// The relay's, which a reload may change.
    let hostname: @Sendable () -> String
    let now: @Sendable () -> TripMoment
    /// Hands a probe to the spool; returns its queue ID once it is durable.
    let send: @Sendable (ProbeMessage, ProbeMark) async throws -> QueueID
    /// Takes a probe out of the queue that no upstream has taken in time.
    let withdraw: @Sendable (QueueID) -> Void
    /// Reduces an upstream's share or opens its circuit, as the action says.
    let blame: @Sendable (UpstreamBlame) -> Void
    let acquit: @Sendable (_ upstream: String, _ cause: String) -> Void
    let makeLooker: MakeLooker
    /// Called from any thread; must not block.
    let report: @Sendable (TripNews) -> Void

    package init(
        key: ProbeKey, store: RoundTripStore, hostname: @escaping @Sendable () -> String,
        now: @escaping @Sendable () -> TripMoment,
        send: @escaping @Sendable (ProbeMessage, ProbeMark) async throws -> QueueID,
        withdraw: @escaping @Sendable (QueueID) -> Void, blame: @escaping @Sendable (UpstreamBlame) -> Void,
        acquit: @escaping @Sendable (_ upstream: String, _ cause: String) -> Void,
        makeLooker: @escaping MakeLooker, report: @escaping @Sendable (TripNews) -> Void
    ) {
        (self.key, self.store, self.hostname, self.now) = (key, store, hostname, now)
        (self.send, self.withdraw, self.blame, self.acquit) = (send, withdraw, blame, acquit)
        (self.makeLooker, self.report) = (makeLooker, report)
    }
}
