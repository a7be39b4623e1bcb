import COpenSSL
import NIOCore
import NIOEmbedded
import TestKit

@testable import TLS

/// Records the output of a ``TLSHandler``, and runs the test's code on each event.
final class Recorder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    var text = ""
    var octets = 0
    var reads = 0
    var details: TLSConnectionDetails?
    var errors: [any Error] = []
    var inputIsClosed = false
    var isInactive = false
    var onActive: ((ChannelHandlerContext) -> Void)?
    var onHandshake: ((ChannelHandlerContext) -> Void)?
    var onRead: ((ChannelHandlerContext, ByteBuffer) -> Void)?
    /// Whether the text is kept, or only counted.
    var keepsText = true

    var error: TLSError? { errors.first as? TLSError }

    func channelActive(context: ChannelHandlerContext) {
        onActive?(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        reads += 1
        octets += buffer.readableBytes
        if keepsText { text += String(buffer: buffer) }
        onRead?(context, buffer)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSHandshakeCompleted {
            details = event.details
            onHandshake?(context)
        }
        if case .some(.inputClosed) = event as? ChannelEvent { inputIsClosed = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        errors.append(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        isInactive = true
    }
}

/// Lets an in-memory channel continue when only its output is closed, as a socket does.
private final class HalfCloser: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .output { promise?.succeed() } else { context.close(mode: mode, promise: promise) }
    }
}

/// One side of an in-memory connection.
final class End {
    let channel = EmbeddedChannel()
    let seen = Recorder()
    let handler: TLSHandler
    /// Everything read from the channel's outbound side so far.
    var sent = 0

    init(_ handler: TLSHandler) {
        self.handler = handler
    }

    /// Makes the channel active, with the handler inserted before or after.
    func activate(late: Bool = false) throws {
        if late { try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 25)).wait() }
        try channel.pipeline.syncOperations.addHandlers([HalfCloser(), handler, seen])
        if !late { try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 25)).wait() }
    }

    func takeOutbound() throws -> ByteBuffer? {
        let buffer = try channel.readOutbound(as: ByteBuffer.self)
        sent += buffer?.readableBytes ?? 0
        return buffer
    }

    func send(_ text: String) {
        channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
    }

    /// The peer vanishes without closing TLS.
    func lose() {
        channel.pipeline.fireChannelInactive()
    }
}

/// A client and a server connected in memory.
final class TLSPair {
    let server: End
    let client: End

    init(_ server: TLSServerContext, _ client: TLSClientContext, name: String = "mx.example.com") {
        self.server = End(TLSHandler(server: server))
        self.client = End(TLSHandler(client: client, serverName: name))
    }

    func start(late: Bool = false) throws {
        try server.activate(late: late)
        try client.activate(late: late)
    }

    /// Transfers data in both directions until both sides are silent, in pieces of at most `limit` octets.
    func exchange(limit: Int = .max) throws {
        while try carry(from: client, to: server, limit) || carry(from: server, to: client, limit) {}
    }

    /// - Returns: whether there was anything.
    @discardableResult
    func carry(from source: End, to target: End, _ limit: Int = .max) throws -> Bool {
        guard var buffer = try source.takeOutbound() else { return false }
        while buffer.readableBytes > 0 {
            let piece = buffer.readSlice(length: min(limit, buffer.readableBytes))!
            if target.channel.isActive { try target.channel.writeInbound(piece) }
        }
        return true
    }

    func connect() throws {
        try start()
        try exchange()
    }
}

/// The contexts of a test, with certificates of their own.
struct Stage {
    let certificates: TestCertificates
    let server: TLSServerContext
    let client: TLSClientContext

    init(
        _ certificates: TestCertificates? = nil,
        files: [TLSCertificateFiles]? = nil,
        clientCA: String? = nil,
        version: Int32 = TLS1_3_VERSION,
        now: @escaping @Sendable () -> Int = { time(nil) }
    ) throws {
        let certificates = try certificates ?? TestCertificates()
        self.certificates = certificates
        let files = try files ?? [certificates.server()]
        server = try TLSServerContext(TLSServerSettings(certificates: files, clientCA: clientCA), now: now)
        client = try Self.client(certificates, version)
    }

    private init(_ stage: Stage, client: TLSClientContext) {
        certificates = stage.certificates
        server = stage.server
        self.client = client
    }

    private static func client(_ certificates: TestCertificates, _ version: Int32) throws -> TLSClientContext {
        let client = try TLSClientContext(TLSClientSettings(caFile: certificates.authorityFile))
        client.limit(to: version)
        return client
    }

    /// The same with a client without sessions to resume.
    func withNewClient(_ version: Int32 = TLS1_3_VERSION) throws -> Stage {
        Stage(self, client: try Self.client(certificates, version))
    }

    func pair(name: String = "mx.example.com") -> TLSPair {
        TLSPair(server, client, name: name)
    }

    /// A pair after its handshake.
    func connected(name: String = "mx.example.com") throws -> TLSPair {
        let pair = pair(name: name)
        try pair.connect()
        return pair
    }
}

extension TLSClientContext {
    func limit(to version: Int32) {
        SSL_CTX_ctrl(shared.pointer, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(version), nil)
    }

    /// Presents this certificate to servers that ask for one.
    func present(_ files: TLSCertificateFiles) throws {
        try CertificateChain(reading: files, now: 0).install(in: shared)
    }
}

let versions = [TLS1_2_VERSION, TLS1_3_VERSION]
