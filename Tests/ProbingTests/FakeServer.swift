import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A server on loopback that answers lines by a function, and may send without end.
final class FakeServer: Sendable {
    enum Answer: Sendable {
        case lines([String])
        /// The same octets again and again, until the client closes.
        case endless(String)
        case close
    }

    let port: UInt16
    private let lines: HeardLines
    private let channel: any Channel

    /// - Parameter answer: to a line, and to "" when a client connects.
    init(_ answer: @escaping @Sendable (String) -> Answer) throws {
        let heard = HeardLines()
        lines = heard
        channel = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Peer(answer, heard))
                }
            }
            .bind(host: "127.0.0.1", port: 0).wait()
        port = UInt16(channel.localAddress?.port ?? 0)
    }

    /// Lines that clients have sent.
    var all: [String] { lines.all.withLock { $0 } }
    /// Octets sent.
    var sent: Int { lines.sent.withLock { $0 } }

    deinit {
        channel.close(promise: nil)
    }

    fileprivate final class HeardLines: Sendable {
        let all = Mutex<[String]>([])
        let sent = Mutex(0)
    }

    private final class Peer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let answer: (String) -> Answer
        private let heard: HeardLines
        private var rest = ""
        private var endless: ByteBuffer?

        init(_ answer: @escaping (String) -> Answer, _ heard: HeardLines) {
            self.answer = answer
            self.heard = heard
        }

        func channelActive(context: ChannelHandlerContext) { take(answer(""), context) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            rest += String(buffer: unwrapInboundIn(data))
            while let end = rest.range(of: "\r\n") {
                let line = String(rest[..<end.lowerBound])
                rest = String(rest[end.upperBound...])
                heard.all.withLock { $0.append(line) }
                take(answer(line), context)
            }
        }

        private func take(_ answer: Answer, _ context: ChannelHandlerContext) {
            switch answer {
            case .lines(let lines):
                let text = lines.map { $0 + "\r\n" }.joined()
                if !text.isEmpty {
                    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
                }
            case .endless(let text):
                endless = ByteBuffer(string: String(repeating: text, count: max(1, 65_536 / text.utf8.count)))
                go(context)
            case .close: context.close(promise: nil)
            }
        }

        private func go(_ context: ChannelHandlerContext) {
            guard let endless else { return }
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(endless)).whenSuccess { [heard] in
                heard.sent.withLock { $0 += endless.readableBytes }
                let (peer, context) = bound.value
                peer.go(context)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

extension FakeServer {
    /// An IMAP server with an empty inbox, for which some commands have another answer.
    static func imap(
        _ other: @escaping @Sendable (_ tag: String, _ command: String) -> Answer? = { _, _ in nil }
    ) throws -> FakeServer {
        let idle = Mutex("")
        return try FakeServer { line in
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            let (tag, command) = (words.first ?? "", words.dropFirst().first ?? "")
            if let answer = other(tag, command) { return answer }
            switch command.split(separator: " ").first {
            case nil where line.isEmpty:
                return .lines(["* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2 IDLE] hello"])
            case "EXAMINE":
                return .lines(["* 0 EXISTS", "* OK [UIDVALIDITY 1] .", "* OK [UIDNEXT 1] .", "\(tag) OK ."])
            case "LIST": return .lines(["* LIST () \"/\" INBOX", "\(tag) OK ."])
            case "CAPABILITY": return .lines(["* CAPABILITY IMAP4rev1 IDLE", "\(tag) OK ."])
            case "IDLE":
                idle.withLock { $0 = tag }
                return .lines(["+ idling"])
            case "LOGOUT": return .lines(["* BYE .", "\(tag) OK ."])
            case nil: return .lines(["\(line == "DONE" ? idle.withLock { $0 } : tag) OK ."])
            default: return .lines(["\(tag) OK ."])
            }
        }
    }
}
