internal import Mail
internal import NIOCore
internal import SMTP

/// What all sessions of one listener share: its settings, made ready for use.
final class Listener: Sendable {
    let settings: ListenerSettings
    let hostname: String
    let limits: ServerLimits
    /// What a session offers at its start.
    let offer: ServerOffer
    let admission: Admission
    /// The banner, and the replies to EHLO and HELO, in wire form.
    let banner: ByteBuffer
    let extendedGreeting: ByteBuffer
    let plainGreeting: ByteBuffer
    private let networks: [Network]

    /// - Throws: ``IngressError`` for an entry of `allow` that is no network.
    init(_ settings: ListenerSettings, hostname: String) throws {
        self.settings = settings
        self.hostname = hostname
        limits = ServerLimits(
            maxMessageSize: settings.maxMessageSize, maxRecipients: settings.maxRecipients,
            maxErrors: settings.maxErrors)
        offer = settings.offer
        admission = Admission(limit: settings.maxConnections, limitPerClient: settings.maxConnectionsPerClient)
        banner = ByteBuffer(string: "220 \(hostname) ESMTP Posthorse\r\n")
        plainGreeting = ByteBuffer(string: "250 \(hostname)\r\n")
        extendedGreeting = ByteBuffer(string: offer.greeting(hostname: hostname, limits: limits))
        networks = try settings.allow.map { text in
            guard let network = Network(text) else {
                throw IngressError(.badNetwork, "allow: \"\(text)\" is no network such as 10.0.0.0/8 or fd00::/8")
            }
            return network
        }
    }

    func allows(_ client: ClientAddress) -> Bool {
        networks.contains { $0.contains(client) }
    }
}
