internal import Mail
internal import NIOCore
internal import SMTP

/// What all sessions of one listener share: its settings, made ready for use.
final class Listener: Sendable {
    let settings: ListenerSettings
    let hostname: String
    let limits: ServerLimits
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
        admission = Admission(limit: settings.maxConnections, limitPerClient: settings.maxConnectionsPerClient)
        banner = ByteBuffer(string: "220 \(hostname) ESMTP Posthorse\r\n")
        plainGreeting = ByteBuffer(string: "250 \(hostname)\r\n")
        extendedGreeting = ByteBuffer(
            string: "250-\(hostname)\r\n250-PIPELINING\r\n250-SIZE \(settings.maxMessageSize)\r\n250-8BITMIME\r\n"
                + "250-ENHANCEDSTATUSCODES\r\n250 HELP\r\n")
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
