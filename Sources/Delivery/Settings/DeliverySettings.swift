package import SASL
package import SMTP
package import Mail
package import Notices
package import OAuth
package import Suppression
package import Upstreams

/// One `[[upstream]]` of relay.conf.
package struct UpstreamSettings: Hashable, Sendable {
    package typealias InDoubtPolicy = Upstreams.InDoubtPolicy

    /// The use of PIPELINING (RFC 2920); raw values are those of relay.conf.
    package enum Pipelining: String, Hashable, Sendable, CaseIterable {
        /// If the server offers it, and has not fallen silent over it.
        case auto
        /// Never.
        case off
    }

    package var name: String
    package var host: String
    package var port: Int
    package var tls = ClientSecurity.TLSUse.opportunistic
    /// Whether the certificate must be trusted and match the server's name; nil means only if TLS is required. It is
    /// never verified with opportunistic TLS, which offers no protection against an attacker who can remove TLS
    /// altogether (RFC 7435 section 1.2).
    package var tlsVerify: Bool?
    /// A PEM file of trusted authorities; nil means the system's.
    package var caFile: String?
    /// The name expected in the certificate if it is not the host's.
    package var tlsName: String?
    /// User name at this upstream; nil for no login.
    package var username: String?
    package var password: Credentials.Secret?
    package var passwordFile: String?
    /// Name of a credential passed by the service manager in `$CREDENTIALS_DIRECTORY`.
    package var passwordCredential: String?
    /// A file with an OAuth 2.0 access token, for XOAUTH2 and OAUTHBEARER.
    package var tokenFile: String?
    /// How the relay gets such tokens by itself.
    package var oauth: OAuthSettings?
    /// Whether credentials may be sent over an unencrypted connection, or to an unverified server.
    package var authWithoutTLS = false
    /// The only mechanism to log in with; nil for the strongest that both sides support.
    package var mechanism: SASLMechanism?
    /// When commands are sent without waiting for the replies to those before.
    package var pipelining = Pipelining.auto
    /// Whether 8-bit content is re-encoded if the server does not accept it unchanged.
    package var downgradesEightBit = false
    package var maxConnections = ConnectionCount.auto
    /// The most that `auto` may find; nil for ``defaultAutoMax``, or what the provider publishes if that is less.
    package var autoMax: Int?
    /// Rate limit; nil for none.
    package var maxRate: Rate?
    /// Volumes that it allows, each of another period; empty for any.
    package var quota: [Quota] = []
    /// Where its days and months begin.
    package var quotaTimezone = TimeZoneRules.utc
    /// Share of a quota at which the relay warns, 0 to 1.
    package var quotaWarn = 0.8
    /// Weight of this upstream in a route of mode `weighted` or `least_connections`, relative to the others.
    package var weight = 1
    /// Increasing percentages of its traffic that it gets while it is new; empty for all of it at once.
    package var canary: [Int] = []
    /// Name of the provider whose replies and headers apply, such as `ses`; nil to derive it from the host's name,
    /// `none` to disable provider rules.
    package var provider: String?
    /// The operator's rules, which precede all others.
    package var rules: [UpstreamRule] = []
    package var inDoubt = InDoubtPolicy.retrySame
    package var inDoubtHold = Duration.seconds(60)
    /// Time without progress before the final dot after which an attempt moves on to the next upstream.
    package var patience = Duration.milliseconds(800)
    /// Time limit for the TCP connection.
    package var connectTimeout = Duration.seconds(5)
    /// Time limit for the reply to a command, if there is no other upstream to try.
    package var commandTimeout = Duration.seconds(30)
    /// Time limit for the reply to the final dot.
    package var dataTimeout = Duration.seconds(300)
    /// Idle time after which a session is closed.
    package var idleTimeout = Duration.seconds(30)
    /// Messages after which a session is closed.
    package var maxMessagesPerConnection = 1000
    /// Header fields put in front of messages at hand-over.
    package var headers: [AddedField] = []
    /// The envelope sender at hand-over; nil for that of the message. The null sender stays.
    package var sender: SenderTemplate?
    /// The address of this machine that sessions come from; nil for the system's choice.
    package var sourceAddress: IPAddress?

    package init(name: String, host: String, port: Int) {
        self.name = name
        self.host = host
        self.port = port
    }
}

extension UpstreamSettings {
    package static let defaultAutoMax = 100

    /// The most sessions that it may ever have at a time.
    package var mostConnections: Int {
        switch maxConnections {
        case .fixed(let number): number
        case .auto: autoMax ?? min(Self.defaultAutoMax, knownProvider?.connections(host: host) ?? .max)
        }
    }

    /// Whether TLS sessions verify the server.
    package var verifiesTLS: Bool {
        switch tls {
        case .off, .opportunistic: false
        case .starttls, .implicit: tlsVerify ?? true
        }
    }

    /// Where the secret comes from; nil without an account, and for one whose tokens the relay gets by itself.
    package var secretSource: SecretSource? {
        if let password { return .password(password) }
        if let passwordFile { return .passwordFile(passwordFile) }
        if let passwordCredential { return .credential(passwordCredential) }
        return tokenFile.map { .tokenFile($0) }
    }

    /// Whether the server runs on this machine, so that nothing crosses a network.
    package var isLocal: Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && host.utf8.allSatisfy { $0 < 0x3A })
    }

    /// Whether credentials may be sent to an unverified server (RFC 4954 section 4).
    package var allowsAuthWithoutTLS: Bool { authWithoutTLS || isLocal }
}

/// Where the secret of an account comes from.
package enum SecretSource: Hashable, Sendable {
    /// Given directly.
    case password(Credentials.Secret)
    /// Path of a file with a password.
    case passwordFile(String)
    /// Name of a file in `$CREDENTIALS_DIRECTORY` with a password.
    case credential(String)
    /// Path of a file with an OAuth 2.0 access token, refreshed by another program.
    case tokenFile(String)
}

/// One `[[upstream.rule]]` of relay.conf: the meaning of certain replies of this upstream.
package struct UpstreamRule: Hashable, Sendable {
    /// A regular expression, searched anywhere in the reply's code and text, case-insensitively.
    package var match: String
    package var scope: FailureScope
    package var action: FailureAction

    package init(match: String, scope: FailureScope, action: FailureAction) {
        self.match = match
        self.scope = scope
        self.action = action
    }
}

/// One `[[route]]` of relay.conf, with upstreams by name.
package struct RouteSettings: Hashable, Sendable {
    package var name: String
    package var match = Route.Match()
    /// Names, in order of priority.
    package var upstreams: [String] = []
    package var mode = Route.Mode.priority
    package var failoverOnReject = false
    /// Whether a refusal for an unknown reason is checked with another upstream.
    package var secondOpinion = true
    package var overflow = Route.Overflow.rate
    package var lastResort: String?
    package var inDoubt: InDoubtPolicy?
    package var inDoubtHold: Duration?
    /// Whether suppressions apply to its mail.
    package var suppression = true
    /// The stream of its mail that names none, and whose user has none.
    package var stream: String?
    /// Class of its mail; nil if the mail itself decides.
    package var priority: Priority?
    /// Header fields put in front of its mail at hand-over.
    package var headers: [AddedField] = []

    package init(name: String) {
        self.name = name
    }
}

/// The `[health]` table of relay.conf: probes, up to AUTH.
package struct HealthSettings: Hashable, Sendable {
    /// Interval between probes of an upstream that mail does not prove healthy; a third of it while its circuit is
    /// open. Zero disables probes.
    package var interval = Duration.seconds(30)
    /// Probe timeout.
    package var timeout = Duration.seconds(5)
    /// Consecutive failed probes that open the circuit.
    package var unhealthyThreshold = 3
    /// Consecutive successful probes that bring the trial of an open circuit forward.
    package var healthyThreshold = 2

    package init() {}
}

/// The `[recovery]` table of relay.conf: how traffic returns.
package struct RecoverySettings: Hashable, Sendable {
    /// Increasing percentages of the traffic; after the last one, all of it.
    package var rampSteps = [10, 25, 50]
    package var stepDuration = Duration.seconds(30)

    package init() {}
}

/// The `[circuit]` table of relay.conf.
package struct CircuitSettings: Hashable, Sendable {
    /// Consecutive failures that open the circuit.
    package var consecutiveFailures = 5
    /// Initial open duration.
    package var openDuration = Duration.seconds(10)
    /// Maximum open duration.
    package var maxOpenDuration = Duration.seconds(600)
    /// Share of failed attempts within `window` that also opens the circuit, 0 to 1; 0 disables.
    package var failureRate = 0.5
    /// Minimum attempts within `window` before rate and latency count.
    package var minRequests = 20
    package var window = Duration.seconds(30)
    /// Limit for the 95th percentile of durations within `window`; zero disables.
    package var latencyThreshold = Duration.seconds(30)
    /// When messages accepted elsewhere after unexplained refusals open the circuit.
    package var refutations = RefutationWindow.Settings()

    package init() {}
}

/// The `[retry]` table of relay.conf: when a deferred recipient is retried.
package struct RetrySettings: Hashable, Sendable {
    /// What mail of one priority has instead; nil for the common value.
    package struct Override: Hashable, Sendable {
        package var initial: Duration?
        package var factor: Double?
        package var max: Duration?
        package var jitter: Double?
        package var expireAfter: Duration?
        package var warnAfter: Duration?

        package init() {}
    }

    /// Delay after the first incomplete cycle.
    package var initial = Duration.seconds(30)
    /// Growth factor of the delay.
    package var factor = 2.0
    package var max = Duration.seconds(3600)
    /// Random variation of each delay, as a fraction in either direction; 0 to 1.
    package var jitter = 0.2
    /// Age since acceptance at which a recipient fails.
    package var expireAfter = Duration.seconds(5 * 86400)
    /// Age since acceptance at which the sender is told of the delay; zero for never.
    package var warnAfter = Duration.seconds(4 * 3600)
    package var high = Override()
    package var bulk = Override()

    package init() {}
}

extension RetrySettings {
    /// The settings that mail of this priority has.
    package func settings(for priority: Priority) -> RetrySettings {
        switch priority {
        case .high: with(high)
        case .normal: self
        case .bulk: with(bulk)
        }
    }

    private func with(_ override: Override) -> RetrySettings {
        var settings = self
        settings.initial = override.initial ?? initial
        settings.factor = override.factor ?? factor
        settings.max = override.max ?? max
        settings.jitter = override.jitter ?? jitter
        settings.expireAfter = override.expireAfter ?? expireAfter
        settings.warnAfter = override.warnAfter ?? warnAfter
        return settings
    }
}

/// Settings of delivery, from relay.conf.
package struct DeliverySettings: Hashable, Sendable {
    /// The relay's own name, for EHLO.
    package var hostname = "localhost"
    /// In order of priority; at least one.
    package var upstreams: [UpstreamSettings] = []
    package var circuit = CircuitSettings()
    package var recovery = RecoverySettings()
    package var health = HealthSettings()
    package var retry = RetrySettings()
    /// Shares of classes that wait at the same upstream.
    package var priority = ClassWeights()
    package var suppression = SuppressionSettings()
    /// Their `hostname` is the relay's.
    package var notices = NoticeSettings(hostname: "localhost")
    /// In match order; unmatched mail goes to all upstreams in order.
    package var routes: [RouteSettings] = []
    /// How fast mail may go to recipient domains, in match order.
    package var paces: [PaceSettings] = []
    /// In match order.
    package var streams: [StreamSettings] = []

    package init() {}
}

extension DeliverySettings {
    /// The circuit of every upstream.
    package var circuitSettings: Circuit.Settings {
        var settings = Circuit.Settings(
            consecutiveFailures: circuit.consecutiveFailures, openDuration: circuit.openDuration,
            maxOpenDuration: circuit.maxOpenDuration)
        settings.failureRate = circuit.failureRate > 0 ? circuit.failureRate : 2
        settings.minRequests = circuit.minRequests
        settings.window = circuit.window
        settings.latencyThreshold = circuit.latencyThreshold > .zero ? circuit.latencyThreshold : nil
        settings.refutations = circuit.refutations
        settings.rampSteps = recovery.rampSteps.map { Double($0) / 100 } + [1]
        settings.stepDuration = recovery.stepDuration
        settings.unhealthyThreshold = health.unhealthyThreshold
        settings.healthyThreshold = health.healthyThreshold
        return settings
    }

    /// The circuit of one upstream.
    ///
    /// - Parameter isNew: whether it has never had all its traffic.
    func circuitSettings(of upstream: UpstreamSettings, isNew: Bool) -> Circuit.Settings {
        var settings = circuitSettings
        if isNew, !upstream.canary.isEmpty { settings.rampSteps = upstream.canary.map { Double($0) / 100 } + [1] }
        return settings
    }

    /// The routes with upstreams by index. Unknown names are skipped; the configuration has already refused them.
    package var routeTable: RouteTable { routeTable(upstreamsAt: Array(upstreams.indices)) }

    /// The same where upstreams have other indexes than their places in the list.
    ///
    /// - Parameter indexes: one per upstream.
    func routeTable(upstreamsAt indexes: [Int]) -> RouteTable {
        let index = Dictionary(
            zip(upstreams, indexes).map { ($0.name, $1) }, uniquingKeysWith: { first, _ in first })
        let routes = routes.map { settings in
            var route = Route(name: settings.name, upstreams: settings.upstreams.compactMap { index[$0] })
            route.match = settings.match
            route.mode = settings.mode
            route.failoverOnReject = settings.failoverOnReject
            route.secondOpinion = settings.secondOpinion
            route.overflow = settings.overflow
            route.lastResort = settings.lastResort.flatMap { index[$0] }
            route.inDoubt = settings.inDoubt
            route.inDoubtHold = settings.inDoubtHold
            route.suppression = settings.suppression
            route.stream = settings.stream
            route.priority = settings.priority
            route.headers = settings.headers
            return route
        }
        return RouteTable(routes, upstreams: indexes)
    }

    /// Decides where mail goes.
    package var selector: UpstreamSelector {
        UpstreamSelector(weights: upstreams.map(\.weight), routes: routeTable)
    }
}
