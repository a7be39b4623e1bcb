import Mail
import TLS
import Testing

@testable import Sink

@Suite("TLS at the sink")
struct SinkTLSTests {
    static let envelope = "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n"
    static let content = "Subject: x\r\n\r\n..\r\n.\r\n"

    @Test(
        "is offered by STARTTLS, and everything before it is discarded", arguments: [SinkTLS.Mode.starttls, .required])
    func starttls(_ mode: SinkTLS.Mode) throws {
        let probe = try SecureProbe(mode)
        #expect(try probe.ask("EHLO a\r\n").contains("STARTTLS\r\n"))
        #expect(try probe.codes(for: "STARTTLS\r\n") == ["220"])
        try probe.shakeHands()
        #expect(probe.details?.version == "TLSv1.3")
        #expect(try probe.codes(for: "MAIL FROM:<a@b>\r\n") == ["503"])
        #expect(try !probe.ask("EHLO a\r\n").contains("STARTTLS"))
        #expect(try probe.codes(for: Self.envelope + Self.content) == ["250", "250", "354", "250"])
        #expect(try probe.codes(for: "STARTTLS\r\n") == ["503"])
        #expect(probe.core.totals.messages == 1)
        #expect(probe.core.totals.security.tlsSessions == 1)
        #expect(probe.core.totals.security.plaintextMails == 0)
    }

    @Test("can be there from the start")
    func implicit() throws {
        let probe = try SecureProbe(.implicit)
        #expect(try probe.read().isEmpty)
        try probe.shakeHands()
        #expect(try probe.read().hasPrefix("220 "))
        #expect(
            try probe.codes(for: "EHLO a\r\n" + Self.envelope + Self.content) == ["250", "250", "250", "354", "250"])
        #expect(try probe.codes(for: "QUIT\r\n") == ["221"])
        #expect(!probe.isOpen)
    }

    @Test("resumes sessions of a returning client")
    func resumption() throws {
        let first = try SecureProbe(.implicit)
        try first.shakeHands()
        _ = try first.ask("EHLO a\r\n")
        let second = try SecureProbe(like: first)
        try second.shakeHands()
        #expect(second.details?.isResumed == true)
        #expect(first.core.totals.security.tlsSessions == 2)
        #expect(first.core.totals.security.resumedSessions == 1)
    }

    @Test("can be required before MAIL; otherwise mail in clear text is counted")
    func required() throws {
        let strict = try SecureProbe(.required)
        #expect(
            try strict.ask("EHLO a\r\nMAIL FROM:<a@b>\r\n").hasSuffix(
                "530 5.7.0 Must issue a STARTTLS command first\r\n"))
        let lenient = try SecureProbe(.starttls)
        #expect(try lenient.codes(for: "EHLO a\r\nMAIL FROM:<a@b>\r\n") == ["220", "250", "250"])
        #expect(lenient.core.totals.security.plaintextMails == 1)
        let plain = try SinkProbe()
        #expect(try plain.codes(for: "EHLO a\r\nSTARTTLS\r\n") == ["220", "250", "500"])
    }

    @Test("ends the session if anything followed STARTTLS in clear text")
    func injectedByClient() throws {
        let probe = try SecureProbe()
        let behind = "MAIL FROM:<evil@example.com>\r\n"
        #expect(try probe.codes(for: "EHLO a\r\nSTARTTLS\r\n" + behind) == ["220", "250"])
        #expect(!probe.isOpen)
        #expect(probe.core.totals.violations.behindSTARTTLS == behind.utf8.count)
    }

    @Test("injects a reply after the 220 on request")
    func injecting() throws {
        let probe = try SecureProbe {
            $0.injectsAfterSTARTTLS = true
            $0.faultReply = Reply(250, nil, "injected")
        }
        _ = try probe.ask("EHLO a\r\n")
        #expect(try probe.ask("STARTTLS\r\n") == "220 2.0.0 Ready to start TLS\r\n250 injected\r\n")
    }

    @Test("counts failed handshakes")
    func failedHandshake() throws {
        let probe = try SecureProbe(.implicit, verifies: false)
        try probe.shakeHands()
        #expect(probe.clientError?.code == .untrusted)
        #expect(probe.core.totals.security.failedHandshakes == 1)
        #expect(!probe.isOpen)
    }

    @Test("fails in the handshake on request", arguments: [SinkFault.Kind.fail, .hang, .drop])
    func faults(_ kind: SinkFault.Kind) throws {
        let probe = try SecureProbe { $0.faults = [SinkFault(kind, at: .tls)] }
        #expect(try probe.codes(for: "EHLO a\r\nSTARTTLS\r\n") == ["220", "250", "220"])
        #expect(probe.core.totals.faults == 0)
        try probe.shakeHands()
        #expect(probe.core.totals.faults == 1)
        #expect(probe.details == nil)
        #expect(probe.isOpen == (kind != .drop))
        #expect((probe.clientError?.code == .handshake) == (kind == .fail))
    }

    @Test("fails at the command on request")
    func commandFault() throws {
        let probe = try SecureProbe { $0.faults = [SinkFault(.fail, at: .starttls)] }
        #expect(try probe.codes(for: "EHLO a\r\nSTARTTLS\r\nMAIL FROM:<a@b>\r\n") == ["220", "250", "451", "250"])
    }
}
