import Mail
import NIOCore
import NIOEmbedded
import SASL
import TLS
import TestKit

@testable import Sink

/// A sink's session and a TLS client, connected in memory.
final class SecureProbe {
    let core: SinkCore
    let certificates: TestCertificates
    private let server: EmbeddedChannel
    private let client = EmbeddedChannel()
    private let context: TLSClientContext
    private(set) var details: TLSConnectionDetails?
    private(set) var clientError: TLSError?

    /// - Parameters:
    ///   - verifies: whether the client trusts the authority of the sink's certificate.
    ///   - other: a probe whose sink and client state are reused for another connection.
    init(
        _ mode: SinkTLS.Mode = .starttls, verifies: Bool = true, like other: SecureProbe? = nil,
        _ change: (inout SinkSettings) -> Void = { _ in }
    ) throws {
        certificates = try other?.certificates ?? TestCertificates()
        if let other {
            (core, context) = (other.core, other.context)
        } else {
            var settings = SinkSettings()
            let files = try certificates.server("sink.example")
            settings.tls = SinkTLS(mode, TLSServerSettings(certificates: [files]))
            change(&settings)
            core = try SinkCore(settings) {}
            let trusted = verifies ? certificates : try TestCertificates(authority: "Other")
            context = try TLSClientContext(TLSClientSettings(caFile: trusted.authorityFile))
        }
        server = EmbeddedChannel(handler: SinkHandler(core))
        try server.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 25)).wait()
        try client.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 25)).wait()
    }

    var isOpen: Bool { server.isActive }

    /// Starts the client's TLS handshake.
    func shakeHands() throws {
        let handler = TLSHandler(client: context, serverName: "sink.example")
        try client.pipeline.syncOperations.addHandlers([handler, Witness(self)])
        try exchange()
    }

    /// Sends text, over TLS once established, and returns the response.
    func ask(_ text: String) throws -> String {
        try client.writeOutbound(ByteBuffer(string: text))
        try exchange()
        return try read()
    }

    /// The codes of the final lines of the response.
    func codes(for text: String) throws -> [String] {
        try ask(text).split(separator: "\r\n").filter { $0.dropFirst(3).first == " " }.map { String($0.prefix(3)) }
    }

    /// What the client has received since the last call.
    func read() throws -> String {
        var text = ""
        while let buffer = try client.readInbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
        return text
    }

    /// Transfers octets in both directions until none are left.
    func exchange() throws {
        while true {
            server.embeddedEventLoop.run()
            client.embeddedEventLoop.run()
            let toServer = try client.readOutbound(as: ByteBuffer.self)
            if let toServer, server.isActive { try server.writeInbound(toServer) }
            let toClient = try server.readOutbound(as: ByteBuffer.self)
            if let toClient, client.isActive {
                do { try client.writeInbound(toClient) } catch { clientError = error as? TLSError }
            }
            if toServer == nil, toClient == nil { return }
        }
    }

    private final class Witness: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private unowned let probe: SecureProbe

        init(_ probe: SecureProbe) {
            self.probe = probe
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if let event = event as? TLSHandshakeCompleted { probe.details = event.details }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            probe.clientError = error as? TLSError
        }
    }
}
