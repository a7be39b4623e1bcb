import NIOCore
import NIOEmbedded
import Spool
import TestKit
import Testing

@testable import Ingress

@Suite("Hostile input")
struct HostileInputTests {
    /// Fragments that lead a random stream through every state.
    private static let pieces = [
        "EHLO c.test\r\n", "HELO x\r\n", "MAIL FROM:<a@b.test>\r\n", "MAIL FROM:<>\r\n", "RCPT TO:<c@d.test>\r\n",
        "DATA\r\n", ".\r\n", "\r\n.\r\n", "RSET\r\n", "NOOP\r\n", "x\r\n", "\n", "\r", ".", "\0", "Received: a\r\n",
        "MAIL FROM:<", "\n.\n", "\r\n.\n", String(repeating: "z", count: 3000), "Message-ID: <x>\r\n", "\u{ff}", "\"",
    ]

    @Test("random streams get well-formed replies, use bounded memory, and store nothing ambiguous", arguments: 0..<60)
    func random(round: UInt64) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let session = try EmbeddedSession {
            $0.maxErrors = 1_000_000
            $0.maxCommands = 1_000_000
            $0.maxMessageSize = 50_000
        }
        var replies = ""
        for _ in 0..<400 where session.channel.isActive {
            let text = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                Self.pieces.randomElement(using: &random)!
            }.joined()
            replies += try session.send(text)
            #expect(session.handler.heldOctets < 4096 + text.utf8.count, "seed \(seed)")
            #expect(session.handler.message.held.capacity <= 128 << 10, "seed \(seed)")
        }
        #expect(replies.hasSuffix("\r\n"))
        for line in replies.split(separator: "\r\n") { #expect(isReplyLine(line), "seed \(seed): \(line)") }
        for message in session.spool.messages {
            let text = try #require(session.spool.text(of: message.id))
            #expect(isPlain(text), "seed \(seed)")
        }
    }

    private func isReplyLine(_ line: Substring) -> Bool {
        let code = line.prefix(3)
        return code.allSatisfy(\.isNumber) && "245".contains(code.first ?? "x") || code == "354"
    }

    /// Whether every CR and LF is part of a CRLF, and no line is a lone dot.
    private func isPlain(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let ends = bytes.indices.allSatisfy { index in
            switch bytes[index] {
            case 0x0D: index + 1 < bytes.count && bytes[index + 1] == 0x0A
            case 0x0A: index > 0 && bytes[index - 1] == 0x0D
            default: true
            }
        }
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        return ends && !lines.contains([0x2E, 0x0D])
    }

    @Test("reading stops for a client that pipelines during a commit")
    func pipelined() throws {
        let session = try EmbeddedSession(spool: FaultySpool(automatic: false)) { $0.maxCommands = 1_000_000 }
        try session.startData()
        try session.send("x\r\n.\r\n")
        for _ in 0..<200 where session.handler.mayRead { try session.send(String(repeating: "NOOP\r\n", count: 1000)) }
        #expect(session.handler.heldOctets < 80_000)
        _ = try session.replies()
        session.spool.commit()
        session.eventLoop.run()
        let replies = try session.replies()
        #expect(replies.hasPrefix("250 2.0.0 Ok: queued"))
        #expect(replies.split(separator: "\r\n").count > 10_000)
        #expect(session.handler.heldOctets == 0)
    }
}
