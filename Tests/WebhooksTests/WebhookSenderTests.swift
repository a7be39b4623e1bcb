import Foundation
import Mail
import Outbound
import Spool
import TestKit
import Testing

@testable import Webhooks

/// Answers with what it is told, and keeps the requests.
private struct FixedClient: WebClient {
    let answer: @Sendable (WebRequest) throws -> WebReply

    func send(_ request: WebRequest) async throws -> WebReply { try answer(request) }
}

@Suite("One event to one receiver")
struct WebhookSenderTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    private func sender(
        secretFile: String? = nil,
        _ answer: @escaping @Sendable (WebRequest) throws -> WebReply = { _ in
            WebReply(status: 204)
        }
    ) -> WebhookSender {
        var settings = WebhookSettings(
            name: "app", url: WebURL(scheme: .https, host: "app.example", pathAndQuery: "/in"))
        settings.secretFile = secretFile
        return WebhookSender(
            settings, FixedClient(answer: answer), wall: { Timestamp(milliseconds: 1_614_265_330_999) })
    }

    @Test("The request carries the event, and the signature of its body")
    func request() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/secret"
        try "\(Self.secret)\n".write(toFile: file, atomically: true, encoding: .utf8)
        let entry = OutboxEntry.sample(7)
        let request = try sender(secretFile: file).request(for: entry)
        #expect(request.url.text == "https://app.example/in" && request.body == entry.payload)
        let fields = Dictionary(request.headers.map { ($0.name, $0.value) }) { first, _ in first }
        #expect(fields["content-type"] == "application/json")
        #expect(fields["webhook-id"] == entry.id && fields["webhook-timestamp"] == "1614265330")
        let secret = try WebhookSecret(Self.secret)
        let expected = try WebhookSignature.headers(
            id: entry.id, timestamp: 1_614_265_330, body: entry.payload, secrets: [secret])
        #expect(fields["webhook-signature"] == expected[2].value)
        #expect(try sender().request(for: entry).headers.allSatisfy { $0.name != "webhook-signature" })
    }

    @Test("Only 2xx is a delivery", arguments: [200, 202, 204, 299])
    func taken(status: Int) async {
        #expect(await sender { _ in WebReply(status: status) }.send(.sample(1)) == .taken)
    }

    @Test("Anything else is a failure with its words, on one line", arguments: [301, 400, 410, 500])
    func refused(status: Int) async {
        let answer = await sender { _ in
            WebReply(status: status, retryAfter: .seconds(7), body: Array("not\r\n now\u{1B}[2J".utf8))
        }.send(.sample(1))
        #expect(answer == .failed(reason: "status \(status): not now [2J", wish: .seconds(7)))
    }

    @Test("A request that fails is a failure with the error's words")
    func failed() async {
        let answer = await sender { _ in throw WebError(.timeout, "https://app.example has not answered") }
            .send(.sample(1))
        #expect(answer == .failed(reason: "https://app.example has not answered", wish: nil))
    }

    @Test("Without its secret nothing is sent")
    func noSecret() async {
        let answer = await sender(secretFile: "/nonexistent/secret") { _ in
            Issue.record("a request was sent")
            return WebReply(status: 200)
        }.send(.sample(1))
        guard case .failed(let reason, nil) = answer else {
            Issue.record("it was taken")
            return
        }
        #expect(reason.hasPrefix("/nonexistent/secret cannot be read: "))
    }

    @Test("A file has one secret a line; each mistake is told by its line, and without the secret")
    func secretFiles() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/secret"
        let other = "whsec_" + Base64.encode([UInt8](repeating: 9, count: 32))
        try "\(Self.secret)\r\n\n\(other)".write(toFile: file, atomically: true, encoding: .utf8)
        let secrets = try SecretFile.read(file)
        let expected = try [WebhookSecret(Self.secret), WebhookSecret(other)]
        #expect(secrets == expected)
        try "\(Self.secret)\nhunter2\n".write(toFile: file, atomically: true, encoding: .utf8)
        let error = #expect(throws: WebError.self) { try SecretFile.read(file) }
        #expect(error?.message == "\(file): line 2 does not begin with whsec_")
        try "\n".write(toFile: file, atomically: true, encoding: .utf8)
        let empty = #expect(throws: WebError.self) { try SecretFile.read(file) }
        #expect(empty?.message == "\(file) is empty")
        try String(repeating: "x", count: 5000).write(toFile: file, atomically: true, encoding: .utf8)
        #expect(throws: WebError.self) { try SecretFile.read(file) }
    }
}
