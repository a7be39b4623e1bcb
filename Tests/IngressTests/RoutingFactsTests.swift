import Mail
import SMTP
import Spool
import TestKit
import Testing

@testable import Ingress

@Suite("Routing facts stored with a message")
struct RoutingFactsTests {
    private static let envelope = "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\n"
    private static let first = "X-Tag: one,\r\n two\r\nSubject: x\r\nX-Tag: three\r\n\r\nX-Other: body\r\n"
    private static let second = "Subject: y\r\n\r\nX-Tag: body\r\n"
    private static let transcript =
        "EHLO client.test\r\n\(envelope)DATA\r\n\(first).\r\n\(envelope)BDAT \(second.utf8.count) LAST\r\n\(second)"
        + "\(envelope)DATA\r\nX-Other: z\r\n\r\n.\r\nQUIT\r\n"

    @Test("the first field of each wanted name, at every split")
    func everySplit() throws {
        for cut in 0...Self.transcript.utf8.count {
            let session = try EmbeddedSession(capturing: ["X-Tag", "x-other"]) { $0.offer.chunking = true }
            let text = Self.transcript.utf8
            try session.send(String(decoding: text.prefix(cut), as: UTF8.self))
            try session.send(String(decoding: text.dropFirst(cut), as: UTF8.self))
            let facts = session.spool.messages.map(\.routing)
            #expect(
                facts == [
                    RoutingFacts(headers: ["x-tag": "one, two"]), .none, RoutingFacts(headers: ["x-other": "z"]),
                ], "cut at \(cut)")
        }
    }

    @Test("nothing if no field is wanted")
    func nothing() throws {
        let session = try EmbeddedSession { $0.offer.chunking = true }
        try session.send(Self.transcript)
        #expect(session.spool.messages.map(\.routing) == [.none, .none, .none])
    }

    @Test("for large, streamed content too")
    func large() throws {
        let session = try EmbeddedSession(capturing: ["X-Tag"])
        try session.startData()
        try session.send("X-Tag: big\r\n\r\n")
        let line = String(repeating: "x", count: 998) + "\r\n"
        for _ in 0..<100 { try session.send(line) }
        try session.send(".\r\n")
        #expect(session.spool.messages.map(\.routing) == [RoutingFacts(headers: ["x-tag": "big"])])
    }

    @Test("none from an abandoned message")
    func givenUp() throws {
        let session = try EmbeddedSession(capturing: ["X-Tag"]) { $0.offer.chunking = true }
        try session.send("EHLO client.test\r\n\(Self.envelope)BDAT 14\r\nX-Tag: one\r\n\r\nRSET\r\n")
        try session.send("\(Self.envelope)BDAT 6 LAST\r\nA: b\r\n")
        #expect(session.spool.messages.map(\.routing) == [.none])
    }

    @Test("the stream that a field names, and none where it names none", .timeLimit(.minutes(1)))
    func streams() throws {
        let session = try EmbeddedSession()
        for field in ["X-Posthorse-Stream: spring  2026", "x-posthorse-stream:", "X-Mailer: y"] {
            try session.startData()
            try session.send("\(field)\r\nSubject: x\r\n\r\n.\r\n")
        }
        #expect(session.spool.messages.map(\.routing.stream) == ["spring 2026", nil, nil])
    }

    @Test("no stream that somebody else has, and none that stands for several", .timeLimit(.minutes(1)))
    func streamClaims() throws {
        let claims = StreamClaims { question in
            #expect(question.user == nil && question.recipients.map(\.text) == ["b@example.org"])
            return question.routing.stream != "shop"
        }
        let session = try EmbeddedSession(claims: claims)
        for name in ["spring", "shop", "other"] {
            try session.startData()
            try session.send("X-Posthorse-Stream: \(name)\r\nSubject: x\r\n\r\n.\r\n")
        }
        #expect(session.spool.messages.map(\.routing.stream) == ["spring", nil, nil])
        let texts = session.spool.messages.map { session.spool.text(of: $0.id)?.lowercased() ?? "" }
        #expect(texts.allSatisfy { $0.contains("subject: x") && !$0.contains("x-posthorse-stream") })
    }
}
