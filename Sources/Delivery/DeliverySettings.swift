/// One `[[upstream]]` of relay.conf.
package struct UpstreamSettings: Hashable, Sendable {
    /// What happens to a message that is in doubt, once `inDoubtHold` has passed.
    package enum InDoubtPolicy: String, Hashable, Sendable, CaseIterable {
        /// Same upstream, same bytes, same IDs.
        case retrySame = "retry_same"
        /// The next upstream.
        case failover
        /// Nothing, until an operator decides.
        case hold
    }

    package var name: String
    package var host: String
    package var port: Int
    package var maxConnections = 20
    package var inDoubt = InDoubtPolicy.retrySame
    package var inDoubtHold = Duration.seconds(60)
    /// An attempt that makes no progress for so long before the final dot moves on to the next upstream.
    package var patience = Duration.milliseconds(800)
    /// Time for the TCP connection.
    package var connectTimeout = Duration.seconds(5)
    /// Time for the reply to a command, when there is no other upstream to go to.
    package var commandTimeout = Duration.seconds(30)
    /// Time for the reply to the final dot.
    package var dataTimeout = Duration.seconds(300)
    /// A session without mail is closed after so long.
    package var idleTimeout = Duration.seconds(30)
    /// A session is closed after so many messages.
    package var maxMessagesPerConnection = 1000

    package init(name: String, host: String, port: Int) {
        self.name = name
        self.host = host
        self.port = port
    }
}

/// The `[circuit]` table of relay.conf.
package struct CircuitSettings: Hashable, Sendable {
    /// So many failures in a row open the circuit.
    package var consecutiveFailures = 5
    /// For so long an open circuit keeps mail away, the first time.
    package var openDuration = Duration.seconds(10)
    /// Doubling stops here.
    package var maxOpenDuration = Duration.seconds(600)

    package init() {}
}

/// The `[retry]` table of relay.conf: when a deferred recipient is tried again.
package struct RetrySettings: Hashable, Sendable {
    /// The wait after the first cycle that failed.
    package var initial = Duration.seconds(30)
    /// Each wait is so many times the one before.
    package var factor = 2.0
    package var max = Duration.seconds(3600)
    /// Each wait is varied by up to so much of itself, either way; 0 to 1.
    package var jitter = 0.2
    /// A recipient that is so old, counted from acceptance, fails.
    package var expireAfter = Duration.seconds(5 * 86400)

    package init() {}
}

/// All that the delivery takes from relay.conf.
package struct DeliverySettings: Hashable, Sendable {
    /// The relay's own name, for EHLO.
    package var hostname = "localhost"
    /// In order of priority; at least one.
    package var upstreams: [UpstreamSettings] = []
    package var circuit = CircuitSettings()
    package var retry = RetrySettings()

    package init() {}
}
