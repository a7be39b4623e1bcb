import Mail
import NIOCore
import NIOHTTP1
import NIOPosix
import TLS
import TestKit
import Testing

@testable import Outbound

/// Answers with fixed addresses.
private struct FixedResolver: NameResolver {
    let addresses: [String]

    func addresses(of host: String, on eventLoop: any EventLoop) -> EventLoopFuture<[IPAddress]> {
        eventLoop.makeSucceededFuture(addresses.compactMap { IPAddress($0) })
    }
}

/// Never answers.
private struct SilentResolver: NameResolver {
    func addresses(of host: String, on eventLoop: any EventLoop) -> EventLoopFuture<[IPAddress]> {
        let promise = eventLoop.makePromise(of: [IPAddress].self)
        // Longer than any test waits; an unkept promise would be a leak.
        eventLoop.scheduleTask(in: .seconds(5)) { promise.succeed([]) }
        return promise.futureResult
    }
}

@Suite("The client of receivers, over real sockets")
struct WebClientTests {
    private let group = MultiThreadedEventLoopGroup.singleton
    private static let fine = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine"

    private func client(
        _ resolver: any NameResolver = FixedResolver(addresses: ["127.0.0.1"]), timeout: Duration = .seconds(5),
        trust: TLSClientSettings = TLSClientSettings(), bodyLimit: Int = WebReply.bodyLimit, allowPrivate: Bool = true
    ) throws -> NIOWebClient {
        try NIOWebClient(
            group: group, timeout: timeout, trust: trust, bodyLimit: bodyLimit, allowPrivate: allowPrivate,
            resolver: resolver,
            clock: { Timestamp(milliseconds: 0) })
    }

    private func request(_ receiver: Receiver, _ scheme: WebURL.Scheme = .http) -> WebRequest {
        WebRequest(
            url: WebURL(scheme: scheme, host: "hooks.example.com", port: receiver.port, pathAndQuery: "/in"),
            headers: [("content-type", "application/json")], body: Array("{}".utf8))
    }

    private func failure(
        _ client: NIOWebClient, _ request: WebRequest
    ) async throws -> WebError? {
        await #expect(throws: WebError.self) { try await client.send(request) }
    }

    @Test("A request arrives whole, and its answer comes back")
    func exchange() async throws {
        try await Receiver.with(.answer(Self.fine)) { receiver in
            let reply = try await client().send(request(receiver))
            #expect(reply == WebReply(status: 200, body: Array("fine".utf8)))
            let text = try #require(receiver.requests.first)
            #expect(text.hasPrefix("POST /in HTTP/1.1\r\nhost: hooks.example.com:\(receiver.port)\r\n"))
            #expect(text.contains("\r\ncontent-length: 2\r\n") && text.hasSuffix("\r\n\r\n{}"))
        }
    }

    @Test("A redirect is the answer, and nobody goes there")
    func redirect() async throws {
        let answer = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
        try await Receiver.with(.answer(answer)) { receiver in
            let reply = try await client().send(request(receiver))
            #expect(reply.status == 302 && receiver.requests.count == 1)
        }
    }

    @Test("Without permission no private address is connected to, whatever name it hides behind")
    func privateAddress() async throws {
        try await Receiver.with(.answer(Self.fine)) { receiver in
            let error = try await failure(client(allowPrivate: false), request(receiver))
            #expect(error?.code == .refusedAddress && receiver.requests.isEmpty)
            let literal = WebRequest(url: WebURL(scheme: .http, host: "127.0.0.1", port: receiver.port))
            let other = try await failure(client(SystemResolver.shared, allowPrivate: false), literal)
            #expect(other?.code == .refusedAddress && receiver.requests.isEmpty)
        }
    }

    @Test("The system's resolver is asked for a name, and its answer is checked")
    func systemResolver() async throws {
        try await Receiver.with(.answer(Self.fine)) { receiver in
            let url = WebURL(scheme: .http, host: "localhost", port: receiver.port)
            let client = try client(SystemResolver.shared)
            let reply = try await client.send(WebRequest(url: url, method: .GET))
            #expect(reply.status == 200)
            let error = try await failure(
                self.client(SystemResolver.shared, allowPrivate: false), WebRequest(url: url, method: .GET))
            #expect(error?.code == .refusedAddress)
        }
    }

    @Test("A name that does not exist is said so")
    func unresolved() async throws {
        // Nobody can even be asked for it.
        let url = WebURL(scheme: .http, host: "no..where")
        let error = try await failure(client(SystemResolver.shared), WebRequest(url: url))
        #expect(error?.code == .resolve && error?.message.hasPrefix("no..where: ") == true)
    }

    @Test("If one address refuses the connection, the next gets it")
    func nextAddress() async throws {
        try await Receiver.with(.answer(Self.fine)) { receiver in
            let reply = try await client(FixedResolver(addresses: ["127.0.0.2", "127.0.0.1"])).send(request(receiver))
            #expect(reply.status == 200)
        }
    }

    @Test("A closed port is a failed connection")
    func closedPort() async throws {
        let port = try await Receiver.with(.silent) { $0.port }
        let url = WebURL(scheme: .http, host: "hooks.example.com", port: port, pathAndQuery: "/secret")
        let error = try await failure(client(), WebRequest(url: url))
        #expect(error?.code == .connect && error?.description.contains("secret") == false)
        #expect(error?.description.hasSuffix(" cannot be connected to: Connection refused") == true)
    }

    @Test("A silent server costs the time limit, not more")
    func silent() async throws {
        try await Receiver.with(.silent) { receiver in
            let error = try await failure(client(timeout: .milliseconds(50)), request(receiver))
            #expect(error?.code == .timeout)
        }
    }

    @Test("So does a silent resolver")
    func silentResolver() async throws {
        let request = WebRequest(url: WebURL(scheme: .http, host: "hooks.example.com"))
        let error = try await failure(client(SilentResolver(), timeout: .milliseconds(20)), request)
        #expect(error?.code == .timeout)
    }

    @Test("So does a silent handshake")
    func silentHandshake() async throws {
        try await Receiver.with(.silent) { receiver in
            let error = try await failure(client(timeout: .milliseconds(50)), request(receiver, .https))
            #expect(error?.code == .timeout)
        }
    }

    @Test("A slow body does not change the status")
    func slowBody() async throws {
        try await Receiver.with(.answer("HTTP/1.1 503 No\r\nretry-after: 7\r\ncontent-length: 99\r\n\r\nwa")) {
            receiver in
            let reply = try await client(timeout: .milliseconds(100)).send(request(receiver))
            #expect(reply == WebReply(status: 503, retryAfter: .seconds(7), body: Array("wa".utf8)))
        }
    }

    @Test("Of a huge body the beginning is read")
    func huge() async throws {
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        let piece = "1000\r\n" + String(repeating: "x", count: 4096) + "\r\n"
        try await Receiver.with(.endless(head: head, piece: piece)) { receiver in
            let reply = try await client().send(request(receiver))
            #expect(reply.status == 200 && reply.body.count == WebReply.bodyLimit)
            let patient = try client(bodyLimit: 32 << 10)
            #expect(try await patient.send(request(receiver)).body.count == 32 << 10)
        }
    }

    @Test("A head without end is given up")
    func hugeHead() async throws {
        let piece = "x-filler: " + String(repeating: "y", count: 1000) + "\r\n"
        try await Receiver.with(.endless(head: "HTTP/1.1 200 OK\r\n", piece: piece)) { receiver in
            let error = try await failure(client(), request(receiver))
            #expect(error?.code == .tooLong || error?.code == .protocol)
        }
    }

    @Test("Interim answers without end are given up")
    func interim() async throws {
        let piece = "HTTP/1.1 100 Continue\r\n\r\n"
        try await Receiver.with(.endless(head: piece, piece: String(repeating: piece, count: 100))) { receiver in
            let error = try await failure(client(), request(receiver))
            #expect(error?.code == .tooLong)
        }
    }

    @Test("Garbage is not taken for an answer", arguments: ["220 mx.example.com ESMTP\r\n\r\n", "\0\0\0\0", "<html>"])
    func garbage(text: String) async throws {
        try await Receiver.with(.answer(text)) { receiver in
            let error = try await failure(client(timeout: .seconds(1)), request(receiver))
            #expect(error?.code == .protocol)
        }
    }

    @Test("A connection that ends before the head is a failure")
    func closesEarly() async throws {
        try await Receiver.with(.close) { receiver in
            let error = try await failure(client(), request(receiver))
            #expect(error?.code == .protocol && receiver.requests.count == 1)
        }
    }

    @Test("Who no longer waits is not kept waiting")
    func cancelled() async throws {
        try await Receiver.with(.silent) { receiver in
            let client = try client(timeout: .seconds(60))
            let request = request(receiver)
            let task = Task { try await client.send(request) }
            task.cancel()
            let error = await #expect(throws: WebError.self) { try await task.value }
            #expect(error?.code == .cancelled)
        }
    }

    // MARK: - TLS

    @Test("Over TLS, the certificate's name is the URL's")
    func tls() async throws {
        let certificates = try TestCertificates()
        let files = try certificates.server("hooks.example.com")
        let context = try TLSServerContext(TLSServerSettings(certificates: [files]))
        let trust = TLSClientSettings(caFile: certificates.authorityFile)
        try await Receiver.with(.answer(Self.fine), tls: context) { receiver in
            let reply = try await client(trust: trust).send(request(receiver, .https))
            #expect(reply.status == 200 && receiver.requests.first?.hasPrefix("POST /in") == true)
        }
    }

    @Test("A certificate for another name gets no request")
    func wrongName() async throws {
        let certificates = try TestCertificates()
        let files = try certificates.server("other.example.com")
        let context = try TLSServerContext(TLSServerSettings(certificates: [files]))
        let trust = TLSClientSettings(caFile: certificates.authorityFile)
        try await Receiver.with(.answer(Self.fine), tls: context) { receiver in
            let error = try await failure(client(trust: trust), request(receiver, .https))
            #expect(error?.code == .tls && receiver.requests.isEmpty)
        }
    }

    @Test("Nor does one of an authority that is not trusted")
    func untrusted() async throws {
        let certificates = try TestCertificates()
        let files = try certificates.server("hooks.example.com")
        let context = try TLSServerContext(TLSServerSettings(certificates: [files]))
        try await Receiver.with(.answer(Self.fine), tls: context) { receiver in
            let error = try await failure(client(), request(receiver, .https))
            #expect(error?.code == .tls && receiver.requests.isEmpty)
        }
    }

    @Test("A server without TLS is not spoken to in the clear")
    func noTLS() async throws {
        try await Receiver.with(.answer(Self.fine)) { receiver in
            let error = try await failure(client(timeout: .milliseconds(300)), request(receiver, .https))
            #expect(error != nil && !receiver.requests.contains { $0.contains("POST") })
        }
    }

    @Test("A file of authorities that cannot be read is an error at the start")
    func badTrust() {
        let error = #expect(throws: WebError.self) {
            try client(trust: TLSClientSettings(caFile: "/nonexistent/ca.pem"))
        }
        #expect(error?.code == .tls && error?.message.contains("/nonexistent/ca.pem") == true)
    }
}
