/// What is known about the relay at one moment; nil where nobody knows yet. Ages and waits are durations, so nothing here
/// depends on a clock.
package struct AlertFacts: Hashable, Sendable {
    /// In order of priority, without those that relay.conf no longer has.
    package var upstreams: [UpstreamFacts] = []
    /// The names of all upstreams in relay.conf: of one that `upstreams` lacks, nothing is known at this moment.
    package var upstreamNames: Set<String> = []
    package var routes: [RouteFacts] = []
    package var queue: QueueFacts?
    /// The 95th percentile of the last minutes; nil without enough mail.
    package var acceptLatency: Duration?
    /// The same by upstream.
    package var deliveryLatency: [String: Duration] = [:]
    /// By upstream; those with too few recipients are left out.
    package var outcomes: [String: OutcomeFacts] = [:]
    /// Streams that the relay has paused, with the reasons.
    package var pausedStreams: [String: String] = [:]
    package var disk: DiskFacts?
    /// nil before the first look.
    package var certificates: [CertificateFacts]?
    /// Names of users whose mail is unusual.
    package var suspectedUsers: [String] = []
    /// One for each path of relay.conf.
    package var roundTrips: [RoundTripFacts] = []

    package init() {}

    func upstream(_ name: String) -> UpstreamFacts? { upstreams.first { $0.name == name } }
}

package struct QueueFacts: Hashable, Sendable {
    package var messages: Int
    /// Age of the oldest message that waits to be delivered; nil if none does.
    package var oldest: Duration?
    /// Recipients in doubt.
    package var inDoubt: Int

    package init(messages: Int, oldest: Duration?, inDoubt: Int) {
        (self.messages, self.oldest, self.inDoubt) = (messages, oldest, inDoubt)
    }
}

/// Recipients of the last minutes.
package struct OutcomeFacts: Hashable, Sendable {
    package var delivered: Int
    package var failed: Int

    package init(delivered: Int, failed: Int) {
        (self.delivered, self.failed) = (delivered, failed)
    }

    /// Of those that have ended, how many per cent have failed.
    var percentFailed: Double { Double(failed) * 100 / Double(max(delivered + failed, 1)) }
}

/// The file system of the spool, in octets.
package struct DiskFacts: Hashable, Sendable {
    package var path: String
    package var free: Int
    package var total: Int
    /// `min_free_space`: with less, mail is refused.
    package var least: Int

    package init(path: String, free: Int, total: Int, least: Int) {
        (self.path, self.free, self.total, self.least) = (path, free, total, least)
    }

    var percentUsed: Double { total > 0 ? Double(total - free) * 100 / Double(total) : 0 }
}

package struct CertificateFacts: Hashable, Sendable {
    /// Of its file.
    package var path: String
    package enum State: Hashable, Sendable {
        /// Time until it is invalid; negative if it is already.
        case ends(in: Duration)
        /// Why it cannot be read.
        case unreadable(String)
    }

    package var state: State

    package init(path: String, rest: Duration) {
        (self.path, state) = (path, .ends(in: rest))
    }

    package init(path: String, problem: String) {
        (self.path, state) = (path, .unreadable(problem))
    }
}
