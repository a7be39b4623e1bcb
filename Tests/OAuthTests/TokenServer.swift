import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TLS
import TestKit

/// A token endpoint over TLS, as Microsoft and Google describe theirs, with faults.
final class TokenServer: Sendable {
    enum Answer: Sendable {
        case status(Int, String)
        /// With further fields of the head.
        case head(Int, [String], String)
        case silence
        /// The connection ends without an answer.
        case hangUp

        static func json(_ text: String) -> Answer { .status(200, text) }
    }

    struct Request: Sendable {
        let head: String
        /// Decoded.
        let fields: [String: String]
    }

    static let host = "login.example.com"
    private let log: Log
    private let channel: any Channel
    let certificates: TestCertificates

    var port: Int { channel.localAddress?.port ?? 0 }
    var requests: [Request] { log.requests }

    /// - Parameter answers: in their order; the last one is repeated.
    static func with<Result>(
        _ answers: Answer..., body: (TokenServer) async throws -> Result
    ) async throws -> Result {
        let server = try await TokenServer(answers)
        do {
            let result = try await body(server)
            try await server.channel.close()
            return result
        } catch {
            try? await server.channel.close()
            throw error
        }
    }

    private init(_ answers: [Answer]) async throws {
        let certificates = try TestCertificates()
        let files = try certificates.server(Self.host)
        let context = try TLSServerContext(TLSServerSettings(certificates: [files]))
        let log = Log(answers)
        self.log = log
        channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(TLSHandler(server: context))
                    try channel.pipeline.syncOperations.addHandler(TokenServerHandler(log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.certificates = certificates
    }
}

/// Shared with the handlers.
private final class Log: Sendable {
    private struct State {
        var answers: [TokenServer.Answer]
        var requests: [TokenServer.Request] = []
    }

    private let state: Mutex<State>

    init(_ answers: [TokenServer.Answer]) { state = Mutex(State(answers: answers)) }

    var requests: [TokenServer.Request] { state.withLock { $0.requests } }

    func take(_ text: String) -> TokenServer.Answer {
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let fields = parts[1].split(separator: "&").map { field in
            let pair = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(pair[0]), Self.decoded(pair[1]))
        }
        let request = TokenServer.Request(
            head: String(parts[0]), fields: Dictionary(fields, uniquingKeysWith: { first, _ in first }))
        return state.withLock { state in
            state.requests.append(request)
            return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
        }
    }

    private static func decoded(_ text: Substring) -> String {
        var octets: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "%") else {
                octets.append(octet)
                continue
            }
            octets.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
            rest = rest.dropFirst(2)
        }
        return String(decoding: octets, as: UTF8.self)
    }
}

/// One request on its connection.
private final class TokenServerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let log: Log
    private var text = ""

    init(_ log: Log) { self.log = log }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += String(buffer: unwrapInboundIn(data))
        guard isWhole else { return }
        switch log.take(text) {
        case .status(let status, let body): write(status, [], body, context)
        case .head(let status, let fields, let body): write(status, fields, body, context)
        case .silence: break
        case .hangUp: context.close(promise: nil)
        }
    }

    private var isWhole: Bool {
        guard let end = text.range(of: "\r\n\r\n") else { return false }
        let length = text.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length: ") }
        let count = length.flatMap { Int($0.dropFirst("content-length: ".count)) } ?? 0
        return text[end.upperBound...].utf8.count >= count
    }

    private func write(_ status: Int, _ fields: [String], _ body: String, _ context: ChannelHandlerContext) {
        let head = ["HTTP/1.1 \(status) Told", "content-type: application/json"] + fields
        let length = "content-length: \(body.utf8.count)"
        let text = (head + [length, "", body]).joined(separator: "\r\n")
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
