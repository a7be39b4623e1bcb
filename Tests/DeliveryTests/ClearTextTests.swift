import Mail
import SMTP
import Testing

@testable import Delivery

@Suite("Failed TLS")
struct ClearTextTests {
    private func stage(_ use: ClientSecurity.TLSUse) -> DeliveryStage {
        let stage = DeliveryStage { $0.upstreams[0].tls = use }
        stage.first.keywords = ["STARTTLS"]
        return stage
    }

    @Test(
        "if required, no mail goes in clear text, whatever the server does",
        arguments: ["454 4.7.0 not now", "502 what", "421 bye", "250 fine", "220 go\r\n250 you are safe"])
    func required(reply: String) throws {
        let stage = stage(.starttls)
        stage.first.script = { at, _ in at == .starttls ? .reply(reply) : nil }
        stage.accept()
        try stage.settle()
        #expect(stage.first.commands == ["EHLO relay.test", "STARTTLS"])
        #expect(stage.second.received.count == 1)
        #expect(stage.now == DeliveryStage.epoch)
    }

    @Test("nor if it is not offered, or if the handshake fails", arguments: [true, false])
    func requiredHandshake(isOffered: Bool) throws {
        let stage = stage(.starttls)
        if !isOffered { stage.first.keywords = [] }
        stage.first.handshake = "this is no TLS"
        for _ in 0..<3 {
            stage.accept()
            try stage.settle()
        }
        #expect(!stage.first.commands.contains { $0.hasPrefix("MAIL") })
        #expect(stage.second.received.count == 3)
        #expect(!stage.words.contains("tls failed first"))
    }

    @Test(
        "a stalled handshake is abandoned after the patience",
        arguments: [ClientSecurity.TLSUse.starttls, .implicit])
    func silent(use: ClientSecurity.TLSUse) throws {
        let stage = stage(use)
        if use == .implicit { stage.first.script = { at, _ in at == .banner ? .silence : nil } }
        stage.accept()
        try stage.advance(.milliseconds(700))
        #expect(stage.second.received.isEmpty)
        try stage.advance(.milliseconds(300))
        #expect(stage.second.received.count == 1)
        #expect(stage.dispatcher.statuses()[0].lastError?.hasPrefix("tls: ") == true)
    }

    @Test("with TLS from the first octet, a banner in clear text is not a handshake, and nothing is sent")
    func implicit() throws {
        let stage = stage(.implicit)
        stage.accept()
        try stage.settle()
        #expect(stage.first.commands.isEmpty)
        #expect(stage.second.received.count == 1)
    }

    @Test(
        "with opportunistic TLS, a refusal or a failed handshake costs only a connection", arguments: [true, false])
    func opportunistic(isRefused: Bool) throws {
        let stage = stage(.opportunistic)
        stage.first.handshake = "this is no TLS"
        if isRefused { stage.first.script = { at, _ in at == .starttls ? .reply("454 4.7.0 not now") : nil } }
        for _ in 0..<3 {
            stage.accept()
            try stage.settle()
        }
        #expect(stage.first.received.count == 3)
        #expect(stage.first.connects == (isRefused ? 1 : 2))
        #expect(stage.words.count { $0 == "tls failed first" } == (isRefused ? 0 : 1))
        #expect(stage.second.connects == 0)
    }

    @Test("octets after the reply to STARTTLS end the session even with opportunistic TLS")
    func injection() throws {
        let stage = stage(.opportunistic)
        stage.first.script = { at, _ in at == .starttls ? .reply("220 go\r\n250-mx\r\n250 AUTH PLAIN") : nil }
        stage.accept()
        try stage.settle()
        #expect(!stage.first.commands.contains { $0.hasPrefix("MAIL") })
        #expect(stage.second.received.count == 1)
        #expect(stage.dispatcher.statuses()[0].lastError?.contains("clear text") == true)
    }

    @Test("a server that always greets and disconnects is left alone")
    func greetsAndLeaves() throws {
        let stage = DeliveryStage()
        stage.first.script = { at, _ in at == .ehlo ? .reply("250 hello\r\nand goodbye") : nil }
        for _ in 0..<8 { stage.accept() }
        try stage.settle()
        #expect(stage.second.received.count == 8)
        #expect(stage.first.connects < 20)
    }
}
