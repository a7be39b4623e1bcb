internal import Mail
internal import NIOCore
internal import SMTP
internal import TLS

/// What all sessions of one listener share: its settings, made ready for use.
final class Listener: Sendable {
    let settings: ListenerSettings
    let hostname: String
    let limits: ServerLimits
    /// nil where there is no TLS.
    let tls: TLSServerContext?
    /// What a session offers in clear, and over TLS.
    let offer: ServerOffer
    let encryptedOffer: ServerOffer
    let admission: Admission
    /// The banner, and the replies to EHLO and HELO, in wire form.
    let banner: ByteBuffer
    let extendedGreeting: ByteBuffer
    let encryptedGreeting: ByteBuffer
    let plainGreeting: ByteBuffer
    /// Limits on clients, users and all together; shared by all listeners.
    let quotas: IngressLimits
    private let networks: [Network]
    private let proxies: [Network]

    /// - Throws: ``IngressError`` for an entry of `allow` or `proxy_protocol` that is no network.
    init(_ settings: ListenerSettings, hostname: String, quotas: IngressLimits) throws {
        self.quotas = quotas
        self.settings = settings
        self.hostname = hostname
        limits = ServerLimits(
            maxMessageSize: settings.maxMessageSize, maxRecipients: settings.maxRecipients,
            maxErrors: settings.maxErrors, maxCommands: settings.maxCommands)
        tls = try settings.tls.map { files throws(IngressError) in try Self.context(files) }
        (offer, encryptedOffer) = Self.offers(settings, hasTLS: tls != nil)
        admission = Admission(limitPerClient: settings.maxConnectionsPerClient)
        banner = ByteBuffer(string: "220 \(hostname) ESMTP Posthorse\r\n")
        plainGreeting = ByteBuffer(string: "250 \(hostname)\r\n")
        extendedGreeting = ByteBuffer(string: offer.greeting(hostname: hostname, limits: limits))
        encryptedGreeting = ByteBuffer(string: encryptedOffer.greeting(hostname: hostname, limits: limits))
        networks = try Network.list(settings.allow, key: "allow")
        proxies = try Network.list(settings.proxyProtocol, key: "proxy_protocol")
    }

    /// Whether connections from this address must begin with a header of the PROXY protocol.
    func isProxy(_ peer: ClientAddress) -> Bool {
        proxies.contains { $0.contains(peer) }
    }

    private static func context(_ files: TLSServerSettings) throws(IngressError) -> TLSServerContext {
        do {
            return try TLSServerContext(files)
        } catch {
            throw IngressError(.badCertificate, "listener: \(error)")
        }
    }

    private static func offers(_ settings: ListenerSettings, hasTLS: Bool) -> (ServerOffer, ServerOffer) {
        var clear = settings.offer
        clear.startTLS = hasTLS && !settings.isTLSImplicit
        var encrypted = clear
        encrypted.isEncrypted = true
        return (clear, encrypted)
    }

    func allows(_ client: ClientAddress) -> Bool {
        networks.contains { $0.contains(client) }
    }
}
