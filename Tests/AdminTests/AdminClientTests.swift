import Admin
import NIOCore
import NIOPosix
import Testing

@Suite("The admin client")
struct AdminClientTests {
    @Test("An answer counts even if the server closes before it has read the request")
    func earlyAnswer() async throws {
        let order = String(repeating: "x", count: 8 << 20)
        try await CurtServer.with(answer: Self.answer("200 OK", "{}")) { client in
            _ = try await client.post(order, to: "/v1/anything", for: Nothing.self)
        }
        try await CurtServer.with(answer: Self.answer("409 Conflict", #"{"error":"not now"}"#)) { client in
            await #expect(throws: AdminClientError.refused(status: 409, message: "not now")) {
                try await client.post(order, to: "/v1/anything", for: Nothing.self)
            }
        }
    }

    @Test(
        "A missing or truncated answer is an error",
        arguments: ["", "HTTP/1.1 200 OK\r\n", String(answer("200 OK", "{}").dropLast())])
    func cutAnswer(answer: String) async throws {
        try await CurtServer.with(answer: answer) { client in
            await #expect(throws: AdminClientError.noAnswer(place: client.place)) {
                try await client.document(Nothing.self, at: "/v1/anything")
            }
        }
    }

    private struct Nothing: Decodable {}

    private static func answer(_ status: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\r\ncontent-length: \(body.utf8.count)\r\nconnection: close\r\n\r\n\(body)"
    }
}

/// A server that answers once it has the head of a request and closes, whatever follows.
private enum CurtServer {
    static func with(answer: String, body: (AdminClient) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.path + "/admin.sock"
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(answer: answer))
                }
            }
            .bind(unixDomainSocketPath: path).get()
        do {
            try await body(AdminClient(.socket(path)))
        } catch {
            try await server.close()
            throw error
        }
        try await server.close()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let answer: String
        private var request = ""

        init(answer: String) {
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            request += String(buffer: unwrapInboundIn(data))
            guard request.contains("\r\n\r\n") else { return }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
            context.close(promise: nil)
        }
    }
}
