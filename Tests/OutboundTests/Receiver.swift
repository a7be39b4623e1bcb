import Mail
import NIOCore
import NIOPosix
import Synchronization
import TLS

@testable import Outbound

/// A server that answers octets to octets: what a script says, with faults.
final class Receiver: Sendable {
    enum Script: Sendable {
        /// Once the request's body has come.
        case answer(String)
        /// At once, in pieces without end, until the client has had enough.
        case endless(head: String, piece: String)
        case silent
        case close
    }

    private let channel: any Channel
    private let log = RequestLog()

    var port: Int { channel.localAddress?.port ?? 0 }
    /// What each connection sent.
    var requests: [String] { log.texts }

    static func with<Result>(
        _ script: Script, tls: TLSServerContext? = nil, _ body: (Receiver) async throws -> Result
    ) async throws -> Result {
        let receiver = try await Receiver(script, tls)
        do {
            let result = try await body(receiver)
            try await receiver.channel.close()
            return result
        } catch {
            try? await receiver.channel.close()
            throw error
        }
    }

    private init(_ script: Script, _ tls: TLSServerContext?) async throws {
        channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { [log] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(TLSHandler(server: tls)) }
                    try channel.pipeline.syncOperations.addHandler(ReceiverHandler(script, log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }
}

/// Shared with the handlers.
private final class RequestLog: Sendable {
    private let state = Mutex<[String]>([])
    var texts: [String] { state.withLock { $0 } }
    func add(_ text: String) { state.withLock { $0.append(text) } }
}

private final class ReceiverHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let script: Receiver.Script
    private let log: RequestLog
    private var text = ""
    private var isEndless = false

    init(_ script: Receiver.Script, _ log: RequestLog) {
        self.script = script
        self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += String(buffer: unwrapInboundIn(data))
        guard text.contains("\r\n\r\n"), text.hasSuffix("}") || !text.hasPrefix("POST") else { return }
        log.add(text)
        switch script {
        case .answer(let answer):
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
        case .endless(let head, _):
            isEndless = true
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: head)), promise: nil)
            pour(context)
        case .silent: break
        case .close: context.close(promise: nil)
        }
    }

    /// As fast as the client reads.
    private func pour(_ context: ChannelHandlerContext) {
        guard isEndless, case .endless(_, let piece) = script, context.channel.isActive else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: piece))).whenSuccess {
            let (handler, context) = bound.value
            handler.pour(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
