internal import Access
internal import Alerts
internal import Delivery
internal import History
internal import Ingress
internal import Mail
internal import Notices
internal import OAuth
internal import Spool
internal import Suppression
internal import Upstreams
internal import Webhooks

/// relay.conf while it is being read: the defaults, overwritten key by key. nil means "not given" if the default is not
/// a constant.
struct ConfigurationDraft: Sendable {
    var hostname: String?
    var threads: Int?
    var stopGrace = RelayConfiguration.stopGrace
    var spool = SpoolSettings()
    var usersFile: String?
    var listeners: [ListenerSettings] = []
    var users: [UserSettings] = []
    var rewrites: [RewriteRule] = []
    var login = LoginSettings()
    var limits = LimitSettings()
    var upstreams: [UpstreamSettings] = []
    var routes: [RouteSettings] = []
    var paces: [PaceSettings] = []
    var streams: [StreamSettings] = []
    var circuit = CircuitSettings()
    var recovery = RecoverySettings()
    var health = HealthSettings()
    var retry = RetrySettings()
    var priority = ClassWeights()
    var suppression = SuppressionSettings()
    var notices = NoticeSettings(hostname: "")
    var noticeTemplateFile: String?
    var history = HistorySettings()
    var webhooks: [WebhookSettings] = []
    var roundTrips: [RoundTripDraft] = []
    var adminSocket: String?
    var adminGroup: String?
    var httpAddresses: [HostAndPort]?
    /// Without its addresses, which are in ``httpAddresses``.
    var http = HTTPSettings()
    var reload = ReloadSettings()
    var alerts = AlertSettings()
    var cluster = ClusterDraft()
    var log = LogSettings()

    /// Header fields stored with each message, in lower case: those that routes match, and those that the provider of
    /// an upstream would add if missing.
    private var capturedHeaders: [String] {
        let hasIdentity = upstreams.contains { $0.knownProvider?.identity != nil }
        let names = routes.compactMap(\.match.headerName) + (hasIdentity ? Provider.identityFieldNames : [])
        return Set(names).sorted()
    }

    /// Names, in lower case, of the header fields that upstreams and routes add.
    var addedHeaders: [String] {
        Set((upstreams.map(\.headers) + routes.map(\.headers)).joined().map(\.lowerName)).sorted()
    }

    /// The listener used if relay.conf names none; also the initial value of a `[[listener]]`.
    static let listener = ListenerSettings(host: "127.0.0.1", port: 2525)

    /// Initial value of an `[[upstream]]`; its name and address are required.
    static let upstream = UpstreamSettings(name: "", host: "", port: 0)

    /// The finished value; paths are relative to `directory`, that of relay.conf.
    func configuration(relativeTo directory: String?) -> RelayConfiguration {
        var delivery = DeliverySettings()
        delivery.upstreams = upstreams.map { Self.resolve($0, in: directory) }
        delivery.routes = routes
        delivery.paces = paces
        delivery.streams = streams
        delivery.circuit = circuit
        delivery.recovery = recovery
        delivery.health = health
        delivery.retry = retry
        delivery.priority = priority
        delivery.notices = notices
        delivery.suppression = suppression
        var spool = spool
        spool.path = Self.resolve(spool.path, in: directory)
        var configuration = RelayConfiguration(
            hostname: hostname, threads: threads, spool: spool,
            listeners: listeners.isEmpty ? [Self.listener] : listeners.map { Self.resolve($0, in: directory) },
            delivery: delivery,
            adminSocket: adminSocket.map { Self.resolve($0, in: directory) }, log: log)
        configuration.stopGrace = stopGrace
        configuration.adminGroup = adminGroup
        configuration.reload = reload
        configuration.cluster = cluster.database.map {
            ClusterSettings(
                database: $0, passwordFile: cluster.passwordFile.map { Self.resolve($0, in: directory) },
                node: cluster.node ?? configuration.hostname)
        }
        configuration.history = history
        configuration.webhooks = webhooks.map { Self.resolve($0, in: directory) }
        configuration.roundTrips = roundTrips.map {
            $0.settings(notices, hostname: configuration.hostname) { Self.resolve($0, in: directory) }
        }
        configuration.alerts = Self.resolve(alerts, in: directory)
        configuration.http = Self.resolve(http, in: directory)
        configuration.http.addresses = (httpAddresses ?? []).map { .init(host: $0.host, port: $0.port) }
        configuration.ingress.users = users
        configuration.ingress.rewrites = rewrites
        configuration.ingress.login = login
        configuration.noticeTemplateFile = noticeTemplateFile.map { Self.resolve($0, in: directory) }
        configuration.usersFile = usersFile.map { Self.resolve($0, in: directory) }
        configuration.ingress.limits = limits
        configuration.ingress.capturedHeaders = capturedHeaders
        configuration.ingress.addedHeaders = addedHeaders
        return configuration
    }

    private static func resolve(_ listener: ListenerSettings, in directory: String?) -> ListenerSettings {
        var listener = listener
        listener.certificates = listener.certificates.map { resolve($0, in: directory) }
        listener.privateKeys = listener.privateKeys.map { resolve($0, in: directory) }
        listener.clientCA = listener.clientCA.map { resolve($0, in: directory) }
        return listener
    }

    private static func resolve(_ http: HTTPSettings, in directory: String?) -> HTTPSettings {
        var http = http
        http.certificates = http.certificates.map { resolve($0, in: directory) }
        http.privateKeys = http.privateKeys.map { resolve($0, in: directory) }
        return http
    }

    private static func resolve(_ webhook: WebhookSettings, in directory: String?) -> WebhookSettings {
        var webhook = webhook
        webhook.secretFile = webhook.secretFile.map { resolve($0, in: directory) }
        webhook.caFile = webhook.caFile.map { resolve($0, in: directory) }
        return webhook
    }

    private static func resolve(_ upstream: UpstreamSettings, in directory: String?) -> UpstreamSettings {
        var upstream = upstream
        upstream.caFile = upstream.caFile.map { resolve($0, in: directory) }
        upstream.passwordFile = upstream.passwordFile.map { resolve($0, in: directory) }
        upstream.tokenFile = upstream.tokenFile.map { resolve($0, in: directory) }
        upstream.oauth = upstream.oauth?.resolved { resolve($0, in: directory) }
        return upstream
    }

    /// A program without a slash is looked for in `PATH`.
    private static func resolve(_ alerts: AlertSettings, in directory: String?) -> AlertSettings {
        var alerts = alerts
        for index in alerts.sinks.indices {
            var sink = alerts.sinks[index]
            sink.secretFile = sink.secretFile.map { resolve($0, in: directory) }
            sink.urlFile = sink.urlFile.map { resolve($0, in: directory) }
            sink.routingKeyFile = sink.routingKeyFile.map { resolve($0, in: directory) }
            if let program = sink.command.first, program.contains("/") {
                sink.command[0] = resolve(program, in: directory)
            }
            alerts.sinks[index] = sink
        }
        return alerts
    }

    private static func resolve(_ path: String, in directory: String?) -> String {
        guard let directory, !path.hasPrefix("/") else { return path }
        return directory + path
    }
}
