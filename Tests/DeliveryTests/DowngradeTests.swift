import Mail
import Spool
import TestKit
import Testing

@testable import Delivery

/// RFC 6152 section 3, RFC 1870 section 6.2.
@Suite("8-bit content and an upstream without 8BITMIME")
struct DowngradeTests {
    private func stage(upstreams: Int = 1, configure: (inout DeliverySettings) -> Void = { _ in }) -> DeliveryStage {
        let stage = DeliveryStage(upstreams: upstreams) {
            $0.upstreams[0].downgradesEightBit = true
            configure(&$0)
        }
        stage.first.keywords = ["SIZE 100000000"]
        return stage
    }

    private static let header = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    private static let quoted = "Content-Transfer-Encoding: quoted-printable\r\n\r\n"

    @Test(
        "is re-encoded if permitted, with dots, and without a wrong size",
        arguments: [BodyType.eightBitMIME, .sevenBit, .binaryMIME])
    func small(declared: BodyType) throws {
        let stage = stage()
        let id = stage.accept(
            content: Self.header + "\r\n..\u{E9}\r\n...\r\n", body: declared, contained: .eightBitMIME)
        try stage.settle()
        #expect(stage.first.commands.contains("MAIL FROM:<s@x>"))
        #expect(
            stage.first.received.map(\.content) == [
                "X-Posthorse-ID: \(id)\r\n\(Self.header)\(Self.quoted)..=C3=A9\r\n...\r\n"
            ])
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("large content is re-encoded too, in memory or from disk", arguments: [true, false])
    func large(isStored: Bool) throws {
        let stage = stage()
        stage.spool.setStoresContent(isStored)
        let lines = String(repeating: "..0123\u{E9}56789\r\n", count: 40_000)
        let id = stage.accept(
            content: Self.header + "Content-Transfer-Encoding: 8bit\r\n\r\n" + lines, body: .eightBitMIME)
        stage.accept(content: "Subject: next\r\n\r\nbody\r\n")
        try stage.settle()
        let expected =
            "X-Posthorse-ID: \(id)\r\n\(Self.header)\(Self.quoted)" + lines.replacing("\u{E9}", with: "=C3=A9")
        #expect(stage.first.received.count == 2)
        let isSame = stage.first.received.first { $0.content.contains("0123") }?.content == expected
        #expect(isSame)
        #expect(stage.first.received.contains { $0.content.hasSuffix("Subject: next\r\n\r\nbody\r\n") })
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("content that needs no re-encoding is sent unchanged")
    func notNeeded() throws {
        let content = Self.header + "\r\n\u{E9}\r\n"
        let taker = stage()
        taker.first.keywords.append("8BITMIME")
        taker.accept(content: content, body: .eightBitMIME)
        try taker.settle()
        #expect(taker.first.received.map { $0.content.hasSuffix(content) } == [true])
        let ascii = stage()
        let text = "Content-Transfer-Encoding: 8bit\r\n\r\nASCII \r\n"
        ascii.accept(content: text, body: .eightBitMIME, contained: .sevenBit)
        try ascii.settle()
        #expect(ascii.first.received.map { $0.content.hasSuffix(text) } == [true])
        #expect(ascii.first.commands.contains { $0.hasPrefix("MAIL FROM:<s@x> SIZE=") })
    }

    @Test("goes to an upstream that accepts it rather than being re-encoded, and binary content is never re-encoded")
    func order() throws {
        let stage = DeliveryStage(upstreams: 2) { $0.upstreams[1].downgradesEightBit = true }
        stage.accept(content: Self.header + "\r\n\u{E9}\r\n", body: .eightBitMIME)
        let binary = stage.accept(content: Self.header + "\r\n\u{E9}\u{0}\r\n", body: .binaryMIME)
        try stage.settle()
        #expect(stage.first.received.isEmpty)
        #expect(stage.second.received.map { $0.content.hasSuffix("\(Self.quoted)=C3=A9\r\n") } == [true])
        #expect(stage.recipients(of: binary).map(\.state) == [.deferred])
    }

    @Test("each retry sends the same octets")
    func retries() throws {
        let stage = stage { $0.retry.initial = .seconds(1) }
        var replies = 0
        stage.first.script = { at, _ in
            guard at == .dot else { return nil }
            replies += 1
            return replies < 3 ? .reply("451 4.3.0 later") : nil
        }
        stage.accept(
            content: Self.header + "\r\n" + String(repeating: "\u{E9} \r\n", count: 30_000), body: .eightBitMIME)
        try stage.leap(.seconds(600))
        #expect(replies == 3)
        #expect(stage.first.received.count == 1)
        #expect(stage.first.contents.count == 3)
        #expect(Set(stage.first.contents).count == 1)
    }
}
