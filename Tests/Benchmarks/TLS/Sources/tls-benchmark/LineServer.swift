internal import NIOCore

/// Speaks just enough SMTP for the load: a banner, EHLO, STARTTLS, QUIT, and two bulk commands, `TAKE` and `GIVE`, each
/// with a number of octets.
final class LineServer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let chunk = ByteBuffer(repeating: 120, count: 64 << 10)

    private let factory: TLSFactory
    private var line = ByteBuffer()
    /// Octets still to be received or sent.
    private var expected = 0
    private var owed = 0

    init(_ factory: TLSFactory) {
        self.factory = factory
    }

    func channelActive(context: ChannelHandlerContext) {
        reply("220 bench ESMTP\r\n", context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        if expected > 0 { return count(buffer.readableBytes, context) }
        line.writeBuffer(&buffer)
        guard let end = line.readableBytesView.firstIndex(of: 10),
            let text = line.readString(length: end + 1 - line.readerIndex)
        else { return }
        let rest = line.readableBytes
        line.clear()
        run(text, context)
        if rest > 0, expected > 0 { count(rest, context) }
    }

    private func run(_ command: String, _ context: ChannelHandlerContext) {
        switch command.prefix(4) {
        case "EHLO": reply("250-bench\r\n250-PIPELINING\r\n250 STARTTLS\r\n", context)
        case "STAR":
            reply("220 go\r\n", context)
            try! factory.insert(into: context.pipeline.syncOperations)
        case "TAKE": expected = number(command)
        case "GIVE":
            owed = number(command)
            give(context)
        default:
            reply("221 bye\r\n", context)
            context.close(promise: nil)
        }
    }

    private func number(_ command: String) -> Int {
        Int(command.dropFirst(5).filter(\.isNumber)) ?? 0
    }

    private func count(_ octets: Int, _ context: ChannelHandlerContext) {
        expected -= octets
        if expected <= 0 { reply("250 done\r\n", context) }
    }

    private func give(_ context: ChannelHandlerContext) {
        while owed > 0, context.channel.isWritable {
            owed -= Self.chunk.readableBytes
            context.writeAndFlush(wrapOutboundOut(Self.chunk), promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        give(context)
    }

    private func reply(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
