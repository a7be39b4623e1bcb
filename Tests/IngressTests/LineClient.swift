import NIOCore
import NIOPosix
import Synchronization
import TLS

/// A client on a real socket that sends text and waits for a number of lines.
final class LineClient: Sendable {
    struct State {
        var text = ""
        var isClosed = false
        var waiter: (lines: Int, continuation: CheckedContinuation<String, Never>)?
    }

    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let state = Mutex(State())

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = String(buffer: unwrapInboundIn(data))
            state.withLock {
                $0.text += bytes
                $0.resume()
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            state.withLock {
                $0.isClosed = true
                $0.resume()
            }
        }
    }

    private let channel: any Channel
    private let collector: Collector

    init(_ address: SocketAddress, group: any EventLoopGroup) async throws {
        let collector = Collector()
        self.collector = collector
        channel = try await ClientBootstrap(group: group)
            .channelOption(.allowRemoteHalfClosure, value: false)
            .channelInitializer { $0.pipeline.addHandler(collector) }
            .connect(to: address).get()
    }

    /// Starts TLS without verifying the server's certificate.
    func startTLS() async throws {
        let context = try TLSClientContext(TLSClientSettings(verifies: false))
        try await channel.eventLoop.submit { [channel] in
            let handler = TLSHandler(client: context, serverName: "relay.test")
            try channel.pipeline.syncOperations.addHandler(handler, position: .first)
        }.get()
    }

    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    /// Returns this many lines, or all there are when the connection closes.
    func lines(_ count: Int) async -> String {
        await withCheckedContinuation { continuation in
            collector.state.withLock {
                $0.waiter = (count, continuation)
                $0.resume()
            }
        }
    }

    func closeOutput() async throws {
        try await channel.close(mode: .output)
    }

    func close() async throws {
        try? await channel.close()
    }
}

extension LineClient.State {
    mutating func resume() {
        guard let (lines, continuation) = waiter else { return }
        let ends = text.unicodeScalars.indices.filter { text.unicodeScalars[$0] == "\n" }
        guard isClosed || ends.count >= lines else { return }
        let end = ends.count >= lines ? text.unicodeScalars.index(after: ends[lines - 1]) : text.endIndex
        let taken = String(text[..<end])
        text = String(text[end...])
        waiter = nil
        continuation.resume(returning: taken)
    }
}
