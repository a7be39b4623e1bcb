import Glibc
import HTTPTypes
package import NIOCore
import NIOHTTP1
import NIOPosix

/// Queries a running relay through its admin socket; one connection per request.
package struct AdminClient: Sendable {
    private typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    package let socketPath: String
    /// Maximum wait for the beginning of an answer.
    private let timeout: TimeAmount
    /// Who called `sudo` to start this program, as the relay is told.
    private let claimedUser: String?

    package init(socketPath: String, timeout: TimeAmount = .seconds(15), claimedUser: String? = nil) {
        self.socketPath = socketPath
        self.timeout = timeout
        self.claimedUser = claimedUser
    }

    /// Requests a document.
    ///
    /// Throws ``AdminClientError``, or a `DecodingError` if the relay is a different release.
    package func document<Document: Decodable>(_ type: Document.Type, at path: String) async throws -> Document {
        try await document(type, Question(method: .GET, path: path))
    }

    /// Sends an order, and returns the document in the answer.
    ///
    /// Throws as ``document(_:at:)``.
    package func post<Document: Decodable>(
        _ order: some Encodable, to path: String, for type: Document.Type
    ) async throws -> Document {
        try await document(
            type, Question(method: .POST, path: path, body: ByteBuffer(bytes: try AdminJSON.data(order))))
    }

    private func document<Document: Decodable>(_ type: Document.Type, _ question: Question) async throws -> Document {
        var body = ByteBuffer()
        try await ask(question) { body.writeImmutableBuffer($0) }
        return try AdminJSON.decode(type, from: body)
    }

    /// Requests a listing and passes on its lines as they arrive, without line ends.
    ///
    /// Throws ``AdminClientError``, and what `body` throws.
    package func forEachLine(at path: String, _ body: (ByteBuffer) throws -> Void) async throws {
        var lines = LineSplitter()
        try await forEachPart(at: path) { try lines.forEachLine(in: $0, body) }
    }

    /// Sends an order, and passes on the lines of the answer as they arrive, without line ends.
    ///
    /// Throws ``AdminClientError``, and what `body` throws.
    package func forEachLine(
        posting order: some Encodable, to path: String, _ body: (ByteBuffer) throws -> Void
    ) async throws {
        var lines = LineSplitter()
        let question = Question(method: .POST, path: path, body: ByteBuffer(bytes: try AdminJSON.data(order)))
        try await ask(question) { try lines.forEachLine(in: $0, body) }
    }

    /// Sends a request and passes on the octets of the answer as they arrive.
    ///
    /// Throws ``AdminClientError``, and what `body` throws.
    package func forEachPart(at path: String, _ body: (ByteBuffer) throws -> Void) async throws {
        try await ask(Question(method: .GET, path: path), body)
    }

    /// Sends octets as they are read, and returns the document in the answer.
    ///
    /// - Parameters:
    ///   - length: how many octets come.
    ///   - next: the next of them; nil at the end.
    /// Throws as ``document(_:at:)``.
    package func upload<Document: Decodable>(
        to path: String, length: Int, for type: Document.Type, _ next: () throws -> ByteBuffer?
    ) async throws -> Document {
        let connection = try await connect()
        var body = ByteBuffer()
        try await connection.executeThenClose { inbound, outbound in
            var headers: HTTPHeaders = ["host": "posthorse", "connection": "close"]
            if let claimedUser { headers.add(name: Self.claim, value: claimedUser) }
            headers.add(name: "content-type", value: "message/rfc822")
            headers.add(name: "content-length", value: "\(length)")
            // As with any request, a failed write means nothing: the answer counts.
            try? await outbound.write(
                .head(HTTPRequestHead(version: .http1_1, method: .POST, uri: path, headers: headers)))
            while let part = try next() {
                guard (try? await outbound.write(.body(.byteBuffer(part)))) != nil else { break }
            }
            try? await outbound.write(.end(nil))
            let deadline = connection.channel.eventLoop.scheduleTask(in: timeout) {
                connection.channel.close(promise: nil)
            }
            defer { deadline.cancel() }
            var answer = AdminAnswer(socketPath: socketPath)
            var parts = inbound.makeAsyncIterator()
            while !answer.isComplete, let part = try await self.next(&parts) {
                if let octets = answer.received(part) { body.writeImmutableBuffer(octets) }
            }
            try answer.check()
        }
        return try AdminJSON.decode(type, from: body)
    }

    private static let claim = HTTPField.Name.claimedUser.rawName

    private struct Question {
        let method: HTTPMethod
        let path: String
        var body: ByteBuffer?

        func parts(claiming user: String?) -> [HTTPClientRequestPart] {
            var headers = headers
            if let user { headers.add(name: AdminClient.claim, value: user) }
            let head = HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
            return [.head(head)] + (body.map { [.body(.byteBuffer($0))] } ?? []) + [.end(nil)]
        }

        private var headers: HTTPHeaders {
            var headers: HTTPHeaders = ["host": "posthorse", "connection": "close"]
            if let body {
                headers.add(name: "content-type", value: "application/json")
                headers.add(name: "content-length", value: "\(body.readableBytes)")
            }
            return headers
        }
    }

    private func ask(_ question: Question, _ body: (ByteBuffer) throws -> Void) async throws {
        let connection = try await connect()
        let deadline = connection.channel.eventLoop.scheduleTask(in: timeout) {
            connection.channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        try await connection.executeThenClose { inbound, outbound in
            await send(question, to: outbound)
            var answer = AdminAnswer(socketPath: socketPath)
            var parts = inbound.makeAsyncIterator()
            while !answer.isComplete, let part = try await next(&parts) {
                deadline.cancel()
                if let octets = answer.received(part) { try body(octets) }
            }
            try answer.check()
        }
    }

    /// A connection that breaks, or an answer that ends too soon, counts as no answer.
    private func next(
        _ parts: inout NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
    ) async throws -> HTTPClientResponsePart? {
        do {
            return try await parts.next()
        } catch {
            throw AdminClientError.noAnswer(socket: socketPath)
        }
    }

    /// Writes the whole request at once.
    ///
    /// A failed write means nothing: a relay may answer and close before it has read the whole request, and the answer
    /// counts. If there is none, reading will notice.
    private func send(
        _ question: Question, to outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>
    ) async {
        try? await outbound.write(contentsOf: question.parts(claiming: claimedUser))
    }

    private func connect() async throws -> Connection {
        do {
            return try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(unixDomainSocketPath: socketPath) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        return try Connection(wrappingChannelSynchronously: channel)
                    }
                }
        } catch let error as IOError where error.errnoCode == ENOENT || error.errnoCode == ECONNREFUSED {
            throw AdminClientError.notRunning(socket: socketPath)
        } catch let error as IOError where error.errnoCode == EACCES || error.errnoCode == EPERM {
            throw AdminClientError.forbidden(socket: socketPath)
        } catch {
            throw AdminClientError.failed("\(socketPath): \(error)")
        }
    }
}
