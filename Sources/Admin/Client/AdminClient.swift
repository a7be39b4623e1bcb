import Glibc
import HTTPTypes
package import NIOCore
import NIOHTTP1
import NIOPosix
internal import TLS

/// Queries a running relay through its API; one connection per request.
package struct AdminClient: Sendable {
    private typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    private let address: RelayAddress
    /// Where it asks, for people.
    package var place: String { address.text }
    /// Maximum wait for the beginning of an answer.
    private let timeout: TimeAmount
    /// Who called `sudo` to start this program, as the relay is told.
    private let claimedUser: String?

    package init(_ address: RelayAddress, timeout: TimeAmount = .seconds(15), claimedUser: String? = nil) {
        self.address = address
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

    /// Requests a stream of events and passes them on as they come, some at a time, until the relay ends it.
    ///
    /// - Parameters:
    ///   - lastEventID: the last one that is known; nil for none.
    ///   - silence: how long the relay may say nothing.
    /// Throws ``AdminClientError``, and what `body` throws.
    package func followEvents(
        at path: String, after lastEventID: String? = nil, silence: TimeAmount = .seconds(60),
        _ body: ([StreamedEvent]) throws -> Void
    ) async throws {
        var (question, parser) = (Question(method: .GET, path: path), EventStreamParser())
        question.lastEventID = lastEventID
        try await ask(question, silence: silence) { try body(parser.events(in: $0)) }
    }

    /// Sends octets as they are read, and returns the document in the answer.
    ///
    /// - Parameters:
    ///   - length: how many octets come.
    ///   - media: the type of what they are.
    ///   - next: the next of them; nil at the end.
    /// Throws as ``document(_:at:)``.
    package func upload<Document: Decodable>(
        to path: String, length: Int, of media: String = "message/rfc822", for type: Document.Type,
        _ next: () throws -> ByteBuffer?
    ) async throws -> Document {
        let connection = try await connect()
        var body = ByteBuffer()
        try await connection.executeThenClose { inbound, outbound in
            var headers = headers
            headers.add(name: "content-type", value: media)
            headers.add(name: "content-length", value: "\(length)")
            // As with any request, a failed write means nothing: the answer counts.
            try? await outbound.write(
                .head(HTTPRequestHead(version: .http1_1, method: .POST, uri: path, headers: headers)))
            while let part = try next() {
                guard (try? await outbound.write(.body(.byteBuffer(part)))) != nil else { break }
            }
            try? await outbound.write(.end(nil))
            let deadline = close(connection, in: timeout)
            defer { deadline.cancel() }
            var answer = AdminAnswer(place: place)
            var parts = inbound.makeAsyncIterator()
            while !answer.isComplete, let part = try await self.next(&parts) {
                if let octets = answer.received(part) { body.writeImmutableBuffer(octets) }
            }
            try answer.check()
        }
        return try AdminJSON.decode(type, from: body)
    }

    /// Of every request.
    private var headers: HTTPHeaders {
        var headers: HTTPHeaders = ["connection": "close"]
        switch address {
        case .socket: headers.add(name: "host", value: "posthorse")
        case .server(let server):
            headers.add(name: "host", value: server.authority)
            headers.add(name: "authorization", value: "Bearer \(server.token)")
        }
        if let claimedUser { headers.add(name: HTTPField.Name.claimedUser.rawName, value: claimedUser) }
        return headers
    }

    private struct Question {
        let method: HTTPMethod
        let path: String
        var body: ByteBuffer?
        var lastEventID: String?

        func parts(_ common: HTTPHeaders) -> [HTTPClientRequestPart] {
            var headers = common
            if let body {
                headers.add(name: "content-type", value: "application/json")
                headers.add(name: "content-length", value: "\(body.readableBytes)")
            }
            if let lastEventID { headers.add(name: HTTPField.Name.lastEventID.rawName, value: lastEventID) }
            let head = HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
            return [.head(head)] + (body.map { [.body(.byteBuffer($0))] } ?? []) + [.end(nil)]
        }
    }

    /// - Parameter silence: the longest wait for the next part of the answer; nil for any.
    private func ask(
        _ question: Question, silence: TimeAmount? = nil, _ body: (ByteBuffer) throws -> Void
    ) async throws {
        let connection = try await connect()
        var deadline = close(connection, in: timeout)
        defer { deadline.cancel() }
        try await connection.executeThenClose { inbound, outbound in
            await send(question, to: outbound)
            var answer = AdminAnswer(place: place)
            var parts = inbound.makeAsyncIterator()
            while !answer.isComplete, let part = try await next(&parts) {
                deadline.cancel()
                if let octets = answer.received(part) { try body(octets) }
                if let silence { deadline = close(connection, in: silence) }
            }
            try answer.check()
        }
    }

    private func close(_ connection: Connection, in time: TimeAmount) -> Scheduled<Void> {
        let channel = connection.channel
        return channel.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }

    /// A connection that breaks, or an answer that ends too soon, counts as no answer.
    private func next(
        _ parts: inout NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
    ) async throws -> HTTPClientResponsePart? {
        do {
            return try await parts.next()
        } catch let error as TLSError {
            throw AdminClientError.failed("\(place): \(error)")
        } catch {
            throw AdminClientError.noAnswer(place: place)
        }
    }

    /// Writes the whole request at once.
    ///
    /// A failed write means nothing: a relay may answer and close before it has read the whole request, and the answer
    /// counts. If there is none, reading will notice.
    private func send(
        _ question: Question, to outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>
    ) async {
        try? await outbound.write(contentsOf: question.parts(headers))
    }

    private func connect() async throws -> Connection {
        do {
            return try await open()
        } catch let error as NIOConnectionError {
            throw AdminClientError(connecting: place, error.connectionErrors.first?.error ?? error)
        } catch {
            throw AdminClientError(connecting: place, error)
        }
    }

    private func open() async throws -> Connection {
        let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        switch address {
        case .socket(let path):
            return try await bootstrap.connect(unixDomainSocketPath: path) { Self.wrap($0, nil) }
        case .server(let server):
            return try await bootstrap.connect(host: server.host, port: server.port) { Self.wrap($0, server) }
        }
    }

    private static func wrap(_ channel: any Channel, _ server: ServerAddress?) -> EventLoopFuture<Connection> {
        channel.eventLoop.makeCompletedFuture {
            if let server, let tls = server.tls {
                try channel.pipeline.syncOperations.addHandler(TLSHandler(client: tls, serverName: server.host))
            }
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            return try Connection(wrappingChannelSynchronously: channel)
        }
    }
}

extension AdminClientError {
    fileprivate init(connecting place: String, _ error: any Error) {
        switch (error as? IOError)?.errnoCode {
        case ENOENT, ECONNREFUSED: self = .notRunning(place: place)
        case EACCES, EPERM: self = .forbidden(place: place)
        default: self = .failed("\(place): \(error)")
        }
    }
}
