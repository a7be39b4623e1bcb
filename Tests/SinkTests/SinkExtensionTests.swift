import NIOCore
import NIOEmbedded
import Testing

@testable import Sink

@Suite("Extensions of the sink")
struct SinkExtensionTests {
    static let keywords: [(SinkExtension, String)] = [
        (.smtpUTF8, "SMTPUTF8"), (.dsn, "DSN"), (.chunking, "CHUNKING"), (.chunking, "BINARYMIME"),
        (.mtPriority, "MT-PRIORITY"),
    ]

    @Test("are offered only if enabled", arguments: keywords)
    func offer(_ extension: SinkExtension, _ keyword: String) throws {
        for isOn in [true, false] {
            let probe = try SinkProbe { if isOn { $0.extensions = [`extension`] } }
            try probe.send("EHLO a\r\n")
            #expect(try probe.written().contains("\(keyword)\r\n") == isOn)
        }
    }

    @Test(
        "allow their parameters only if enabled",
        arguments: [
            (SinkExtension.smtpUTF8, "MAIL FROM:<\u{FC}@b> SIZE=5 SMTPUTF8"),
            (.dsn, "MAIL FROM:<a@b> RET=HDRS ENVID=x"),
            (.chunking, "MAIL FROM:<a@b> body=binarymime"), (.mtPriority, "MAIL FROM:<a@b> MT-PRIORITY=-3"),
        ])
    func parameters(_ extension: SinkExtension, _ command: String) throws {
        #expect(try codes(command, [`extension`]) == ["250"])
        #expect(try codes(command, []) == ["555"])
    }

    private func codes(_ command: String, _ extensions: Set<SinkExtension>) throws -> [String] {
        let probe = try SinkProbe { $0.extensions = extensions }
        _ = try probe.codes(for: "EHLO a\r\n")
        return try probe.codes(for: command + "\r\n")
    }

    @Test("REQUIRETLS is offered over TLS only")
    func requireTLS() throws {
        let probe = try SecureProbe { $0.extensions = [.requireTLS] }
        #expect(try !probe.ask("EHLO a\r\n").contains("REQUIRETLS"))
        #expect(try probe.codes(for: "MAIL FROM:<a@b> REQUIRETLS\r\nSTARTTLS\r\n") == ["555", "220"])
        try probe.shakeHands()
        #expect(try probe.ask("EHLO a\r\n").contains("REQUIRETLS"))
        #expect(try probe.codes(for: "MAIL FROM:<a@b> REQUIRETLS\r\n") == ["250"])
    }

    @Test("addresses beyond ASCII need SMTPUTF8 at MAIL")
    func addresses() throws {
        let probe = try SinkProbe { $0.extensions = [.smtpUTF8] }
        _ = try probe.codes(for: "EHLO a\r\n")
        #expect(
            try probe.codes(for: "MAIL FROM:<\u{FC}@b>\r\nMAIL FROM:<a@b>\r\nRCPT TO:<\u{FC}@b>\r\n") == [
                "553", "250", "553",
            ])
        #expect(
            try probe.codes(for: "RSET\r\nMAIL FROM:<a@b> SMTPUTF8\r\nRCPT TO:<\u{FC}@b>\r\n") == ["250", "250", "250"])
    }

    @Test("limits are announced and enforced")
    func limits() throws {
        let probe = try SinkProbe {
            $0.maxRecipients = 1
            $0.maxMessages = 2
        }
        try probe.send("EHLO a\r\n")
        #expect(try probe.written().contains("LIMITS MAILMAX=2 RCPTMAX=1\r\n"))
        let mail = "MAIL FROM:<a@b>\r\n"
        #expect(
            try probe.codes(for: mail + "RCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nRSET\r\n") == ["250", "250", "452", "250"])
        #expect(try probe.codes(for: mail + "RSET\r\n" + mail) == ["250", "250", "421"])
        #expect(!probe.channel.isActive)
    }

    static let envelope = "MAIL FROM:<a@b> BODY=BINARYMIME\r\nRCPT TO:<c@d>\r\n"
    static let wire = "EHLO a\r\n" + envelope + "BDAT 5\r\na\n.\r\nBDAT 3\r\n.\r\nBDAT 0 LAST\r\nQUIT\r\n"

    @Test("chunks are accepted at every split")
    func chunks() throws {
        for cut in 1..<Self.wire.utf8.count {
            let probe = try SinkProbe { $0.extensions = [.chunking] }
            let first = try probe.codes(for: String(decoding: Array(Self.wire.utf8).prefix(cut), as: UTF8.self))
            let second = try probe.codes(for: String(decoding: Array(Self.wire.utf8).dropFirst(cut), as: UTF8.self))
            #expect(first + second == ["220", "250", "250", "250", "250", "250", "250", "221"])
            #expect(probe.core.totals.messages == 1)
            #expect(probe.core.totals.bytes == 8)
            #expect(probe.core.totals.violations == SinkViolations())
        }
    }

    @Test(
        "chunks out of place are refused after their octets",
        arguments: [
            ("BDAT 6 LAST\r\nQUIT\r\n", ["503"]),
            ("MAIL FROM:<a@b>\r\nBDAT 6 LAST\r\nQUIT\r\n", ["250", "554"]),
            (envelope + "DATA\r\n", ["250", "250", "503"]),
            (envelope + "BDAT 6\r\nQUIT\r\nDATA\r\nRSET\r\n", ["250", "250", "250", "503", "250"]),
            (envelope + "BDAT 6\r\nQUIT\r\nRSET\r\nBDAT 1 LAST\r\nx", ["250", "250", "250", "250", "503"]),
            ("BDAT\r\nBDAT x\r\nBDAT -1\r\nBDAT 1 FIRST\r\n", ["500", "500", "500", "500"]),
        ])
    func misplaced(_ text: String, _ codes: [String]) throws {
        let probe = try SinkProbe { $0.extensions = [.chunking] }
        _ = try probe.codes(for: "EHLO a\r\n")
        #expect(try probe.codes(for: text) == codes)
        #expect(probe.channel.isActive)
        #expect(probe.core.totals.messages == 0)
    }

    @Test("faults apply to chunks as to DATA", arguments: [SinkPhase.data, .content, .dot])
    func faults(_ phase: SinkPhase) throws {
        let failing = try SinkProbe {
            $0.extensions = [.chunking]
            $0.faults = [SinkFault(phase == .content ? .drop : .fail, at: phase)]
        }
        let codes = try failing.codes(for: "EHLO a\r\n" + Self.envelope + "BDAT 6 LAST\r\nQUIT\r\n")
        #expect(codes == ["220", "250", "250", "250"] + (phase == .content ? [] : ["451"]))
        #expect(failing.channel.isActive == (phase != .content))
        #expect(failing.core.totals.messages == 0)
    }

    @Test("chunks do not count as pipelining")
    func unasked() throws {
        let probe = try SinkProbe {
            $0.extensions = [.chunking]
            $0.offersPipelining = false
        }
        for text in ["EHLO a\r\n", "MAIL FROM:<a@b>\r\n", "RCPT TO:<c@d>\r\n"] { _ = try probe.codes(for: text) }
        #expect(try probe.codes(for: "BDAT 6 LAST\r\nQUIT\r\n") == ["250"])
        try probe.channel.close().wait()
        #expect(probe.core.totals.violations.pipelinedUnasked == 0)
    }
}
