import Mail
import NIOCore
import SMTP
import Spool
import TestKit
import Testing

@testable import Ingress

/// By whom the class of a message is decided; for users, see `LoginTests`.
@Suite("The class of a message")
struct MessageClassTests {
    private func session(_ classes: RouteClasses = .none) throws -> EmbeddedSession {
        let session = try EmbeddedSession(classes: classes) { $0.offer.transferPriority = true }
        _ = try session.send("EHLO client.test\r\n")
        return session
    }

    /// The last reply, and the class with which the message is stored.
    private func submit(
        _ header: String = "", mail parameters: String = "", to recipients: [String] = ["b@x"],
        in session: EmbeddedSession
    ) throws -> (reply: String, priority: Priority?) {
        let commands = recipients.map { "RCPT TO:<\($0)>\r\n" }.joined()
        let replies = try session.send(
            "MAIL FROM:<a@x>\(parameters)\r\n\(commands)DATA\r\n\(header)Subject: s\r\n\r\nbody\r\n.\r\n")
        return (replies.split(separator: "\r\n").last.map(String.init) ?? "", session.spool.messages.last?.priority)
    }

    @Test(
        "without a login a client can lower it, by header or at MAIL, but not raise it",
        arguments: [
            ("", "", .normal), ("X-Posthorse-Priority: bulk\r\n", "", .bulk),
            ("x-posthorse-PRIORITY:\r\n BULK \r\n", "", .bulk), ("X-Posthorse-Priority: normal\r\n", "", .normal),
            ("X-Posthorse-Priority: high\r\n", "", .normal), ("", " MT-PRIORITY=-1", .bulk),
            ("", " MT-PRIORITY=9", .normal), ("X-Posthorse-Priority: bulk\r\n", " MT-PRIORITY=4", .bulk),
            ("X-Posthorse-Priority: normal\r\n", " MT-PRIORITY=-4", .normal),
        ] as [(String, String, Priority)])
    func lowered(header: String, parameter: String, expected: Priority) throws {
        let session = try session()
        let (reply, priority) = try submit(header, mail: parameter, in: session)
        #expect(reply.hasPrefix("250 2.0.0 "))
        #expect(priority == expected)
        let id = try #require(session.spool.messages.last?.id)
        #expect(session.spool.text(of: id)?.lowercased().contains("x-posthorse-priority") == false)
    }

    @Test(
        "a field that names none is refused with what it may be",
        arguments: [
            "X-Posthorse-Priority: urgent\r\n", "X-Posthorse-Priority:\r\n", "X-Posthorse-Priority: high, bulk\r\n",
            "X-Posthorse-Priority: bulk\r\nX-Posthorse-Priority: bulk\r\n",
        ])
    func refused(header: String) throws {
        let session = try session()
        let (reply, priority) = try submit(header, in: session)
        #expect(reply == "554 5.6.0 X-Posthorse-Priority must occur once: high, normal or bulk")
        #expect(priority == nil && session.refusals == [reply])
        #expect(try submit(in: session).priority == .normal)
    }

    @Test("the route's comes before what the message asks for; the route is asked with what it may match")
    func route() throws {
        let classes = RouteClasses(isUsed: { true }) { question in
            #expect(question.sender.description == "a@x" && question.user == nil)
            return question.recipients.contains { $0.text == "high@x" } ? .high : nil
        }
        let session = try session(classes)
        #expect(try submit("X-Posthorse-Priority: bulk\r\n", to: ["b@x", "high@x"], in: session).priority == .high)
        #expect(try submit("X-Posthorse-Priority: bulk\r\n", in: session).priority == .bulk)
        #expect(try submit(mail: " MT-PRIORITY=-4", to: ["high@x"], in: session).priority == .high)
    }

    @Test("routes are not asked while none has a class")
    func unused() throws {
        let classes = RouteClasses(isUsed: { false }) { _ in
            Issue.record("asked")
            return .high
        }
        #expect(try submit(in: session(classes)).priority == .normal)
    }

    static let fields: [(text: String, kept: String, priority: String?, time: String?)] = [
        ("X-Posthorse-Priority: high\r\nA: b\r\n\r\nc\r\n", "A: b\r\n\r\nc\r\n", "high", nil),
        ("X-Posthorse-Priority: a\r\nX-Posthorse-Send-At: z\r\n\r\n", "\r\n", "a", "z"),
        ("X-Posthorse-Send-At: z\r\nX-Posthorse-Priority : a\r\n\r\n", "\r\n", "a", "z"),
        (
            "X-Posthorse-P: b\r\nX-Posthorse-Prioritya: b\r\n", "X-Posthorse-P: b\r\nX-Posthorse-Prioritya: b\r\n", nil,
            nil
        ),
        ("X-Priority: 1\r\nX-Posthorse-Sriority: a\r\n", "X-Priority: 1\r\nX-Posthorse-Sriority: a\r\n", nil, nil),
        ("A: b\r\n\r\nX-Posthorse-Priority: a\r\n", "A: b\r\n\r\nX-Posthorse-Priority: a\r\n", nil, nil),
        ("A: b\r\nX-Posthorse-Priority", "A: b\r\nX-Posthorse-Priority", nil, nil),
    ]

    @Test("the field is removed from the header, and from nothing else, at every split", arguments: fields)
    func filtered(text: String, kept: String, priority: String?, time: String?) {
        for cut in 0...text.utf8.count {
            var filter = HeaderFilter(takesKey: false)
            var rest = ByteBuffer()
            for part in [Array(text.utf8)[..<cut], Array(text.utf8)[cut...]] {
                part.withUnsafeBytes { part in
                    if let new = filter.pass(part, isStuffed: true) {
                        rest.writeImmutableBuffer(new)
                    } else {
                        _ = rest.writeBytes(part)
                    }
                }
            }
            if let new = filter.finish() { rest.writeImmutableBuffer(new) }
            #expect(String(buffer: rest) == kept, "cut at \(cut)")
            #expect(filter.priority.value.map { String(decoding: $0, as: UTF8.self) } == priority, "cut at \(cut)")
            #expect(filter.sendAt.value.map { String(decoding: $0, as: UTF8.self) } == time, "cut at \(cut)")
            #expect(filter.growth == kept.utf8.count - text.utf8.count)
        }
    }
}
