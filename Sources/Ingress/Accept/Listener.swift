internal import Mail
internal import NIOCore
internal import SMTP
internal import TLS

/// What all sessions of one listener share: its settings, prepared for use.
final class Listener: Sendable {
    let settings: ListenerSettings
    let hostname: String
    let limits: ServerLimits
    /// nil without TLS.
    let tls: TLSServerContext?
    /// The users who may log in; nil if nobody can.
    let logins: LoginService?
    let admission: Admission
    /// The banner, and the reply to HELO, in wire form.
    let banner: ByteBuffer
    let plainGreeting: ByteBuffer
    private let offers: ListenerOffers
    /// Limits on clients, users and in total; shared by all listeners.
    let quotas: IngressLimits
    /// What addresses become.
    let rewrites: RewriteRules
    private let networks: [IPNetwork]
    private let proxies: [IPNetwork]

    /// - Parameter former: the listener whose place it takes: sessions of both count together, and its certificates
    ///   are used further if their files have the same names.
    /// - Throws: ``IngressError`` for an invalid network in `allow` or `proxy_protocol`.
    init(
        _ settings: ListenerSettings, hostname: String, quotas: IngressLimits, logins: LoginService? = nil,
        rewrites: RewriteRules = .none, inPlaceOf former: Listener? = nil
    ) throws {
        self.rewrites = rewrites
        self.quotas = quotas
        self.logins = settings.auth == .off ? nil : logins
        self.settings = settings
        self.hostname = hostname
        limits = Self.limits(settings)
        tls =
            if let former, former.settings.tls == settings.tls {
                former.tls
            } else {
                try settings.tls.map { files throws(IngressError) in try Self.context(files) }
            }
        offers = ListenerOffers(settings, hostname: hostname, limits: limits)
        admission = former?.admission ?? Admission(limitPerClient: settings.maxConnectionsPerClient)
        banner = ByteBuffer(string: "220 \(hostname) ESMTP Posthorse\r\n")
        plainGreeting = ByteBuffer(string: "250 \(hostname)\r\n")
        networks = try IPNetwork.list(settings.allow, key: "allow")
        proxies = try IPNetwork.list(settings.proxyProtocol, key: "proxy_protocol")
    }

    /// Whether connections from this address must begin with a PROXY header.
    func isProxy(_ peer: IPAddress) -> Bool {
        proxies.contains { $0.contains(peer) }
    }

    private static func limits(_ settings: ListenerSettings) -> ServerLimits {
        var limits = ServerLimits(
            maxMessageSize: settings.maxMessageSize, maxRecipients: settings.maxRecipients,
            maxErrors: settings.maxErrors, maxCommands: settings.maxCommands)
        limits.strictAddresses = settings.strictAddresses
        return limits
    }

    private static func context(_ files: TLSServerSettings) throws(IngressError) -> TLSServerContext {
        do {
            return try TLSServerContext(files)
        } catch {
            throw IngressError(.badCertificate, "listener: \(error)")
        }
    }

    /// What a session of this kind offers to a client, and its reply to EHLO in wire form.
    func offer(to client: IPAddress?, _ kind: ListenerOffers.Kind) -> (offer: ServerOffer, greeting: ByteBuffer) {
        var (offer, greeting) = offers[kind, offersSCRAM: logins?.directory.offersSCRAM ?? false]
        offer.requiresAuthentication = mustLogIn(client)
        return (offer, greeting)
    }

    /// Whether this client must log in before sending mail. An unidentified client must, whatever the settings.
    func mustLogIn(_ client: IPAddress?) -> Bool {
        switch settings.auth {
        case .off: client == nil
        case .optional: !(client.map(allows) ?? false)
        case .required: true
        }
    }

    /// Whether this client may speak at all: clients in `allow` may, and those who can log in.
    func admits(_ client: IPAddress) -> Bool {
        settings.auth != .off || allows(client)
    }

    private func allows(_ client: IPAddress) -> Bool {
        networks.contains { $0.contains(client) }
    }
}
