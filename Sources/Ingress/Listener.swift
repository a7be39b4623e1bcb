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
    private let networks: [Network]

    /// - Throws: ``IngressError`` for an entry of `allow` that is no network.
    init(_ settings: ListenerSettings, hostname: String) throws {
        self.settings = settings
        self.hostname = hostname
        limits = ServerLimits(
            maxMessageSize: settings.maxMessageSize, maxRecipients: settings.maxRecipients,
            maxErrors: settings.maxErrors)
        tls = try settings.tls.map { files throws(IngressError) in try Self.context(files) }
        (offer, encryptedOffer) = Self.offers(settings, hasTLS: tls != nil)
        admission = Admission(limit: settings.maxConnections, limitPerClient: settings.maxConnectionsPerClient)
        banner = ByteBuffer(string: "220 \(hostname) ESMTP Posthorse\r\n")
        plainGreeting = ByteBuffer(string: "250 \(hostname)\r\n")
        extendedGreeting = ByteBuffer(string: offer.greeting(hostname: hostname, limits: limits))
        encryptedGreeting = ByteBuffer(string: encryptedOffer.greeting(hostname: hostname, limits: limits))
        networks = try settings.allow.map { text in
            guard let network = Network(text) else {
                throw IngressError(.badNetwork, "allow: \"\(text)\" is no network such as 10.0.0.0/8 or fd00::/8")
            }
            return network
        }
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
