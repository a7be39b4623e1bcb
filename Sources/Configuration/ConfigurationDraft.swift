internal import Delivery
internal import Ingress
internal import Spool

/// relay.conf while it is being read: defaults, overwritten key by key. nil is "not given" where the default is not a
/// constant.
struct ConfigurationDraft: Sendable {
    var hostname: String?
    var threads: Int?
    var spool = SpoolSettings()
    var usersFile: String?
    var listeners: [ListenerSettings] = []
    var users: [UserSettings] = []
    var login = LoginSettings()
    var limits = LimitSettings()
    var upstreams: [UpstreamSettings] = []
    var circuit = CircuitSettings()
    var retry = RetrySettings()
    var adminSocket: String?
    var log = LogSettings()

    /// The listener there is when relay.conf names none, and what a `[[listener]]` starts from.
    static let listener = ListenerSettings(host: "127.0.0.1", port: 2525)

    /// What an `[[upstream]]` starts from; its name and address must be given.
    static let upstream = UpstreamSettings(name: "", host: "", port: 0)

    /// The finished value; paths are relative to `directory`, that of relay.conf.
    func configuration(relativeTo directory: String?) -> RelayConfiguration {
        var delivery = DeliverySettings()
        delivery.upstreams = upstreams
        delivery.circuit = circuit
        delivery.retry = retry
        var spool = spool
        spool.path = Self.resolve(spool.path, in: directory)
        var configuration = RelayConfiguration(
            hostname: hostname, threads: threads, spool: spool,
            listeners: listeners.isEmpty ? [Self.listener] : listeners, delivery: delivery,
            adminSocket: adminSocket.map { Self.resolve($0, in: directory) }, log: log)
        configuration.ingress.users = users
        configuration.ingress.login = login
        configuration.usersFile = usersFile.map { Self.resolve($0, in: directory) }
        configuration.ingress.limits = limits
        return configuration
    }

    private static func resolve(_ path: String, in directory: String?) -> String {
        guard let directory, !path.hasPrefix("/") else { return path }
        return directory + path
    }
}
