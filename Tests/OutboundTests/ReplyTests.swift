import Mail
import NIOCore
import NIOHTTP1
import Testing

@testable import Outbound

@Suite("Answers of receivers")
struct ReplyTests {
    private let now = Timestamp(milliseconds: 784_111_777_000)

    private func head(_ status: HTTPResponseStatus, _ fields: HTTPHeaders = [:]) -> HTTPClientResponsePart {
        .head(HTTPResponseHead(version: .http1_1, status: status, headers: fields))
    }

    @Test("An answer is complete with its end")
    func whole() {
        var collector = ReplyCollector()
        #expect(collector.received(head(.ok), now: now) == nil)
        #expect(collector.received(.body(ByteBuffer(string: "fi")), now: now) == nil)
        #expect(collector.received(.body(ByteBuffer(string: "ne")), now: now) == nil)
        #expect(collector.received(.end(nil), now: now) == WebReply(status: 200, body: Array("fine".utf8)))
        #expect(collector.received(.end(nil), now: now) == nil)
    }

    @Test("Of a long body the beginning is enough")
    func long() {
        var collector = ReplyCollector(limit: 4)
        #expect(collector.received(head(.internalServerError), now: now) == nil)
        let reply = collector.received(.body(ByteBuffer(string: "sorry")), now: now)
        #expect(reply == WebReply(status: 500, body: Array("sorr".utf8)))
        #expect(collector.end() == nil)
    }

    @Test("A body that is cut off leaves the status")
    func cut() {
        var collector = ReplyCollector()
        _ = collector.received(head(.accepted), now: now)
        _ = collector.received(.body(ByteBuffer(string: "fi")), now: now)
        #expect(collector.end() == WebReply(status: 202, body: Array("fi".utf8)))
    }

    @Test("Without a head there is no answer")
    func none() {
        var collector = ReplyCollector()
        #expect(collector.received(.body(ByteBuffer(string: "x")), now: now) == nil)
        #expect(collector.end() == nil)
    }

    @Test(
        "Retry-After is seconds or a date (RFC 9110 section 10.2.3)",
        arguments: [
            ("120", Duration.seconds(120)), ("0", .zero), ("99999999999999999999", .seconds(Int32.max)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", .seconds(60)), ("Sun, 06 Nov 1994 08:00:00 GMT", .zero),
            ("soon", nil), ("-5", nil), ("", nil), ("1.5", nil),
        ])
    func retryAfter(value: String, expected: Duration?) {
        var collector = ReplyCollector()
        _ = collector.received(head(.serviceUnavailable, ["Retry-After": value]), now: now)
        #expect(collector.end()?.retryAfter == expected)
    }

    @Test("Success is what the server calls so (RFC 9110 section 15.3); a redirect is none")
    func success() {
        #expect([200, 204, 299].allSatisfy { WebReply(status: $0).isSuccess })
        #expect([100, 199, 300, 302, 404, 503].allSatisfy { !WebReply(status: $0).isSuccess })
    }
}
