import Mail
import Suppression
import Testing

@testable import Ingress

/// RFC 5321 section 4.5.5, RFC 3463.
@Suite("As whom a session may send")
struct SenderCheckTests {
    static func senders(_ patterns: String...) throws -> AllowedSenders {
        AllowedSenders(try patterns.map { try SuppressionPattern($0) })
    }

    private func fields(_ bodies: String...) -> FromFields {
        var fields = FromFields()
        let header = bodies.map { "From:\($0)\r\n" }.joined() + "\r\n"
        Array(header.utf8).withUnsafeBytes { fields.scan($0, isStuffed: false) }
        return fields
    }

    private func sender(_ text: String) -> ReversePath {
        ReversePath(address: text.isEmpty ? nil : Address(unchecked: text))
    }

    @Test("without a list there is nothing to check")
    func nothing() {
        #expect(SenderCheck(listener: nil, user: nil) == nil)
    }

    @Test("the null sender is anybody's, others must fit")
    func envelope() throws {
        let check = try #require(SenderCheck(listener: nil, user: try Self.senders("@example.com", "bob@x")))
        #expect(check.refusal(of: sender("")) == nil)
        #expect(check.refusal(of: sender("Ann@EXAMPLE.com")) == nil)
        #expect(check.refusal(of: sender("bob@x")) == nil)
        #expect(
            check.refusal(of: sender("ann@x"))?.reply
                == "550 5.7.1 MAIL FROM <ann@x> is no sender that this user may use")
    }

    @Test("both lists must have an address, and the reply says which has not")
    func both() throws {
        let check = try #require(
            SenderCheck(listener: try Self.senders("@example.com"), user: try Self.senders("ann@*")))
        #expect(check.refusal(of: sender("ann@example.com")) == nil)
        #expect(check.refusal(of: sender("ann@x"))?.reply.hasSuffix("that this listener takes") == true)
        #expect(check.refusal(of: sender("bob@example.com"))?.reply.hasSuffix("that this user may use") == true)
    }

    @Test("every address of every From must fit")
    func from() throws {
        let check = try #require(SenderCheck(listener: try Self.senders("@example.com"), user: nil))
        #expect(check.refusal(of: fields()) == nil)
        #expect(check.refusal(of: fields(" Ann <ann@example.com>, bob@example.com")) == nil)
        #expect(check.refusal(of: fields(" \"chief@evil.example\" <ann@example.com>")) == nil)
        for evil in [
            [" ann@example.com, chief@evil.example"], [" ann@example.com", " chief@evil.example"],
            [" Team: ann@example.com, chief@evil.example;"], [" chief@evil.example <ann@example.com>"],
            [" <chief@evil.example>\r\n (ann@example.com)"],
        ] {
            let refusal = check.refusal(of: evil.count == 1 ? fields(evil[0]) : fields(evil[0], evil[1]))
            #expect(
                refusal?.reply == "550 5.7.1 From: <chief@evil.example> is no sender that this listener takes")
        }
    }

    @Test("what cannot be read, names nobody, or goes on for long is refused")
    func unreadable() throws {
        let check = try #require(SenderCheck(listener: try Self.senders("@example.com"), user: nil))
        for body in ["", " Ann", " Nobody:;", " <ann@example.com> x", " ann@example.com\u{0}"] {
            #expect(
                check.refusal(of: fields(body))?.reply
                    == "550 5.7.1 From: is no list of addresses that can be checked")
        }
        let long = fields(String(repeating: " ann@example.com,\r\n", count: 10_000) + " ann@example.com")
        #expect(check.refusal(of: long)?.reply == "550 5.7.1 From: is too long to be checked")
    }

    @Test("a reply repeats no address that is long, or beyond ASCII")
    func shown() throws {
        let check = try #require(SenderCheck(listener: try Self.senders("@exämple.com"), user: nil))
        #expect(check.refusal(of: fields(" jörg@xn--exmple-cua.com")) == nil)
        for address in ["jörg@x", String(repeating: "x", count: 200) + "@x"] {
            let reply = try #require(check.refusal(of: fields(" \(address)"))).reply
            #expect(reply == "550 5.7.1 From: (not shown) is no sender that this listener takes")
        }
    }
}
