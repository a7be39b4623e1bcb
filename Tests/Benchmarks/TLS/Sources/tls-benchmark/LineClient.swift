internal import NIOCore
internal import TLS

/// One connection of the load.
final class LineClient: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case banner
        case ehlo
        case startTLS
        case handshake
        case secondEHLO
        case taking
        case giving
        case quit
        case over
    }

    private static let chunk = ByteBuffer(repeating: 120, count: 64 << 10)

    private let load: Load
    private let number: Int
    private var phase = Phase.banner
    private var owed: Int

    init(_ load: Load, number: Int) {
        self.load = load
        self.number = number
        owed = load.octets
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        if phase == .giving {
            owed -= buffer.readableBytes
            if owed <= 0 { quit(context) }
        } else if buffer.readableBytesView.last == 10 {
            answer(context)
        }
    }

    private func answer(_ context: ChannelHandlerContext) {
        switch phase {
        case .banner: send("EHLO client.example\r\n", .ehlo, context)
        case .ehlo:
            if load.usesTLS { send("STARTTLS\r\n", .startTLS, context) } else { work(context) }
        case .startTLS: upgrade(context)
        case .secondEHLO: work(context)
        case .taking: quit(context)
        case .quit: end(context)
        case .handshake, .giving, .over: break
        }
    }

    private func upgrade(_ context: ChannelHandlerContext) {
        phase = .handshake
        let handler = TLSHandler(client: load.contexts, serverName: load.serverName(number))
        try! context.pipeline.syncOperations.addHandler(handler, position: .first)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? TLSHandshakeCompleted else { return }
        load.shakenHands(event.details)
        send("EHLO client.example\r\n", .secondEHLO, context)
    }

    private func work(_ context: ChannelHandlerContext) {
        switch load.plan {
        case .connect: quit(context)
        case .idle:
            phase = .over
            load.finish(context.channel)
        case .take:
            send("TAKE \(owed)\r\n", .taking, context)
            take(context)
        case .give: send("GIVE \(owed)\r\n", .giving, context)
        }
    }

    private func take(_ context: ChannelHandlerContext) {
        while phase == .taking, owed > 0, context.channel.isWritable {
            owed -= Self.chunk.readableBytes
            context.writeAndFlush(wrapOutboundOut(Self.chunk), promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        take(context)
    }

    private func quit(_ context: ChannelHandlerContext) {
        send("QUIT\r\n", .quit, context)
    }

    private func end(_ context: ChannelHandlerContext) {
        phase = .over
        load.finish(context.channel)
        context.close(promise: nil)
    }

    private func send(_ text: String, _ next: Phase, _ context: ChannelHandlerContext) {
        phase = next
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        load.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if phase != .over { load.fail(ChannelError.eof) }
    }
}
