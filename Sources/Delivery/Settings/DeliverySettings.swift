package import SASL
package import SMTP
package import Mail
package import Upstreams

/// One `[[upstream]]` of relay.conf.
package struct UpstreamSettings: Hashable, Sendable {
    package typealias InDoubtPolicy = Upstreams.InDoubtPolicy

    package var name: String
    package var host: String
    package var port: Int
    package var tls = ClientSecurity.TLSUse.opportunistic
    /// Whether the certificate must be trusted and bear the server's name; nil means that it must where TLS is required. It
    /// is never verified where TLS is only welcome, which comes to nothing against who can remove TLS altogether (RFC 7435
    /// section 1.2).
    package var tlsVerify: Bool?
    /// A PEM file of the authorities that are trusted; nil means the system's.
    package var caFile: String?
    /// The name that the certificate must bear where it is not the host's.
    package var tlsName: String?
    /// Who we are to this upstream; nil where it does not ask.
    package var username: String?
    package var password: Credentials.Secret?
    package var passwordFile: String?
    /// Name of a credential that the service manager hands over, in the directory `$CREDENTIALS_DIRECTORY`.
    package var passwordCredential: String?
    /// A file of OAuth 2.0 access tokens, for XOAUTH2.
    package var tokenFile: String?
    /// Whether credentials may cross a connection that is not encrypted, or not to a server that is known.
    package var authWithoutTLS = false
    /// Whether 8-bit content is re-encoded where the server does not take it as it is.
    package var downgradesEightBit = false
    package var maxConnections = 20
    /// Most messages in a time; nil for no limit.
    package var maxRate: Rate?
    /// The share of this upstream in a route of mode `weighted` or `least_connections`, beside the others' weights.
    package var weight = 1
    /// Name of the provider whose replies and headers are known, such as `ses`; nil where the host's name tells, `none` for
    /// no provider's rules.
    package var provider: String?
    /// The operator's own rules, which come before all others.
    package var rules: [UpstreamRule] = []
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

extension UpstreamSettings {
    /// Whether a session under TLS knows whom it talks to.
    package var verifiesTLS: Bool {
        switch tls {
        case .off, .opportunistic: false
        case .starttls, .implicit: tlsVerify ?? true
        }
    }

    /// Where the secret is found; nil without an account.
    package var secretSource: SecretSource? {
        if let password { return .password(password) }
        if let passwordFile { return .passwordFile(passwordFile) }
        if let passwordCredential { return .credential(passwordCredential) }
        return tokenFile.map { .tokenFile($0) }
    }

    /// Whether the server runs on this machine, so that what is said to it crosses no network.
    package var isLocal: Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && host.utf8.allSatisfy { $0 < 0x3A })
    }

    /// Whether credentials may be shown to a server that is not known under TLS (RFC 4954 section 4).
    package var allowsAuthWithoutTLS: Bool { authWithoutTLS || isLocal }
}

/// Where the secret of an account is found.
package enum SecretSource: Hashable, Sendable {
    /// It is at hand.
    case password(Credentials.Secret)
    /// Path of a file that holds a password.
    case passwordFile(String)
    /// Name of a file in `$CREDENTIALS_DIRECTORY` that holds a password.
    case credential(String)
    /// Path of a file that holds an access token of OAuth 2.0, which somebody else keeps fresh.
    case tokenFile(String)
}

/// One `[[upstream.rule]]` of relay.conf: what a reply of this upstream means.
package struct UpstreamRule: Hashable, Sendable {
    /// A regular expression, found anywhere in the reply's code and text, without regard to case.
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
    /// Whether a refusal for an unknown reason is shown to another upstream.
    package var secondOpinion = true
    package var overflow = Route.Overflow.rate
    package var lastResort: String?
    package var inDoubt: InDoubtPolicy?
    package var inDoubtHold: Duration?

    package init(name: String) {
        self.name = name
    }
}

/// The `[health]` table of relay.conf: probes, as far as AUTH.
package struct HealthSettings: Hashable, Sendable {
    /// Time between probes of an upstream that no mail proves to work; a third of it while its circuit is open. Zero for no
    /// probes.
    package var interval = Duration.seconds(30)
    /// A probe has failed after so long.
    package var timeout = Duration.seconds(5)
    /// So many in a row that fail open the circuit.
    package var unhealthyThreshold = 3
    /// So many in a row that succeed bring the trial of an open circuit forward.
    package var healthyThreshold = 2

    package init() {}
}

/// The `[recovery]` table of relay.conf: how traffic returns.
package struct RecoverySettings: Hashable, Sendable {
    /// Parts of the traffic in percent, rising; after the last one all of it.
    package var rampSteps = [10, 25, 50]
    package var stepDuration = Duration.seconds(30)

    package init() {}
}

/// The `[circuit]` table of relay.conf.
package struct CircuitSettings: Hashable, Sendable {
    /// So many failures in a row open the circuit.
    package var consecutiveFailures = 5
    /// For so long an open circuit keeps mail away, the first time.
    package var openDuration = Duration.seconds(10)
    /// Doubling stops here.
    package var maxOpenDuration = Duration.seconds(600)
    /// This part of the attempts within `window`, or more, opens the circuit as well; 0 to 1, where 0 is never.
    package var failureRate = 0.5
    /// Attempts within `window` below which rate and latency say nothing.
    package var minRequests = 20
    package var window = Duration.seconds(30)
    /// The 95th percentile of the durations within `window` that counts as broken; zero for never.
    package var latencyThreshold = Duration.seconds(30)
    /// When what others took of what an upstream refused for unknown reasons opens its circuit.
    package var refutations = RefutationWindow.Settings()

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
    package var recovery = RecoverySettings()
    package var health = HealthSettings()
    package var retry = RetrySettings()
    /// In the order in which they are asked; what none matches goes to all upstreams in their order.
    package var routes: [RouteSettings] = []

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

    /// The routes with upstreams by index. Names that are not there are left out; the configuration has refused them.
    package var routeTable: RouteTable {
        let index = Dictionary(upstreams.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
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
            return route
        }
        return RouteTable(routes, upstreamCount: upstreams.count)
    }

    /// Decides where mail goes.
    package var selector: UpstreamSelector {
        UpstreamSelector(weights: upstreams.map(\.weight), routes: routeTable)
    }
}
