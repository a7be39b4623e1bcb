package import Delivery
package import Ingress
package import Spool

/// All of relay.conf as one value: checked, with every default filled in.
package struct RelayConfiguration: Hashable, Sendable {
    /// The relay's own name; also in ``ingress`` and ``delivery``.
    package var hostname: String
    /// Event loops for the SMTP sessions of both sides.
    package var threads: Int
    /// How long what is under way may take at a stop.
    package var stopGrace = Self.stopGrace
    package var spool: SpoolSettings
    package var ingress: IngressSettings
    package var delivery: DeliverySettings
    /// Path of the Unix domain socket that the command line talks to; at most 107 octets.
    package var adminSocket: String
    package var log: LogSettings
    /// Where more users are, which are in ``ingress`` too; nil where there is no such file.
    package var usersFile: String?

    /// - Parameters:
    ///   - hostname: the machine's name where it is nil.
    ///   - threads: by the number of cores where it is nil.
    ///   - adminSocket: `admin.sock` in the data directory where it is nil.
    package init(
        hostname: String? = nil, threads: Int? = nil, spool: SpoolSettings, listeners: [ListenerSettings],
        delivery: DeliverySettings, adminSocket: String? = nil, log: LogSettings = LogSettings()
    ) {
        let name = hostname ?? Machine.name
        self.hostname = name
        self.threads = threads ?? Machine.threads
        self.spool = spool
        self.ingress = IngressSettings()
        self.ingress.hostname = name
        self.ingress.listeners = listeners
        self.delivery = delivery
        self.delivery.hostname = name
        self.adminSocket = adminSocket ?? Self.adminSocket(in: spool.path)
        self.log = log
    }

    package static let stopGrace = Duration.seconds(5)

    /// The names that the settings of a user may have as their route.
    package var routeNames: [String] { delivery.routes.map(\.name) }

    /// Where the admin socket is unless relay.conf says otherwise.
    package static func adminSocket(in dataDirectory: String) -> String {
        dataDirectory.hasSuffix("/") ? dataDirectory + "admin.sock" : dataDirectory + "/admin.sock"
    }
}
