package import Access
package import Alerts
package import Delivery
package import History
package import Ingress
package import Probing
package import Spool
package import Webhooks

/// All of relay.conf as one value: validated, with every default filled in.
package struct RelayConfiguration: Hashable, Sendable {
    /// The relay's own name; also in ``ingress`` and ``delivery``.
    package var hostname: String
    /// Event loops for the SMTP sessions of both sides.
    package var threads: Int
    /// Grace period on stop for work in progress.
    package var stopGrace = Self.stopGrace
    package var spool: SpoolSettings
    package var ingress: IngressSettings
    package var delivery: DeliverySettings
    package var history = HistorySettings()
    /// Where applications hear what became of their mail.
    package var webhooks: [WebhookSettings] = []
    /// Probes that are sent, and looked for in mailboxes; with unique names.
    package var roundTrips: [RoundTripSettings] = []
    /// Path of the Unix domain socket used by the CLI; at most 107 octets.
    package var adminSocket: String
    /// Group whose members may use that socket; nil for none.
    package var adminGroup: String?
    /// Where the API is served over TCP, and to whom.
    package var http = HTTPSettings()
    package var reload = ReloadSettings()
    /// nil if the spool is on this machine's disk.
    package var cluster: ClusterSettings?
    package var alerts = AlertSettings()
    package var log: LogSettings
    /// File with further users, which are in ``ingress`` too; nil if there is none.
    package var usersFile: String?
    /// File with the text of notices, which is in ``delivery`` too; nil if there is none.
    package var noticeTemplateFile: String?
    var notedLines = NotedLines()
    /// Which values of relay.conf come from the environment.
    var environmentPlaces = EnvironmentPlaces()
    /// The same for ``usersFile``.
    package var usersFilePlaces = EnvironmentPlaces()

    /// - Parameters:
    ///   - hostname: nil for the machine's name.
    ///   - threads: nil to derive it from the number of cores.
    ///   - adminSocket: nil for `admin.sock` in the data directory.
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

    /// Name of this relay in a cluster.
    package var nodeName: String { cluster?.node ?? hostname }

    /// Valid route names for a user's settings.
    package var routeNames: [String] { delivery.routes.map(\.name) }

    /// Default path of the admin socket.
    package static func adminSocket(in dataDirectory: String) -> String {
        dataDirectory.hasSuffix("/") ? dataDirectory + "admin.sock" : dataDirectory + "/admin.sock"
    }
}
