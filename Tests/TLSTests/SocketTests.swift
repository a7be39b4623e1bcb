import NIOCore
import NIOPosix
import TestKit
import Testing

@testable import TLS

/// Echoes its input, and can be told to stop reading.
private final class Echo: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.write(data, promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
    }
}

/// Sends a text after the handshake and fulfils its promise with the number of octets echoed, or the error.
private final class Caller: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let data: ByteBuffer
    private let done: EventLoopPromise<TLSConnectionDetails>
    private var details: TLSConnectionDetails?
    private var received = ByteBuffer()

    init(_ data: ByteBuffer, _ done: EventLoopPromise<TLSConnectionDetails>) {
        self.data = data
        self.done = done
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? TLSHandshakeCompleted else { return }
        details = event.details
        context.writeAndFlush(NIOAny(data), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.writeImmutableBuffer(unwrapInboundIn(data))
        guard received.readableBytes >= self.data.readableBytes, let details else { return }
        if received == self.data { done.succeed(details) } else { done.fail(ChannelError.inputClosed) }
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        done.fail(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        done.fail(ChannelError.eof)
    }
}

@Suite("Over real sockets", .serialized)
struct SocketTests {
    private func server(_ context: TLSServerContext, on group: any EventLoopGroup) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([TLSHandler(server: context), Echo()])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    private func call(
        _ context: TLSClientContext, _ address: SocketAddress, _ data: ByteBuffer, on group: any EventLoopGroup
    ) -> EventLoopFuture<TLSConnectionDetails> {
        let done = group.next().makePromise(of: TLSConnectionDetails.self)
        ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        TLSHandler(client: context, serverName: "mx.example.com"), Caller(data, done),
                    ])
                }
            }
            .connect(to: address).whenFailure { done.fail($0) }
        return done.futureResult
    }

    @Test("a thousand concurrent handshakes all succeed", .timeLimit(.minutes(10)))
    func many() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let stage = try Stage()
        let server = try await server(stage.server, on: group)
        let address = try #require(server.localAddress)
        let text = ByteBuffer(string: "EHLO client.example.com\r\n")
        let calls = (0..<1000).map { _ in call(stage.client, address, text, on: group) }
        var versions: Set<String> = []
        for call in calls { versions.insert(try await call.get().version) }
        #expect(versions == ["TLSv1.3"])
        try await server.close()
        try await group.shutdownGracefully()
    }

    @Test("a lot of data is echoed intact", .timeLimit(.minutes(10)))
    func bulk() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let stage = try Stage()
        let server = try await server(stage.server, on: group)
        let address = try #require(server.localAddress)
        var data = ByteBuffer()
        while data.readableBytes < 4 << 20 { data.writeInteger(data.readableBytes) }
        let calls = (0..<4).map { _ in call(stage.client, address, data, on: group) }
        for call in calls { _ = try await call.get() }
        try await server.close()
        try await group.shutdownGracefully()
    }
}
