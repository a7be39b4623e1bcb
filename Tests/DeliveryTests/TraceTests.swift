import Dialogue
import Mail
import SASL
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("What a trace shows of sessions to upstreams")
struct TraceTests {
    private static let password = "zq7!Kp2#wV9xTr"

    private let hub = TraceHub(now: { DeliveryStage.epoch }, instant: { MonotonicInstant(nanoseconds: 0) })

    private func stage(_ configure: @escaping (inout UpstreamSettings) -> Void = { _ in }) -> DeliveryStage {
        DeliveryStage(traces: hub) { configure(&$0.upstreams[0]) }
    }

    private func withAccount(_ mechanisms: String) -> DeliveryStage {
        let stage = stage {
            $0.username = "relay"
            $0.password = .password(Array(Self.password.utf8))
            $0.authWithoutTLS = true
        }
        stage.first.keywords = ["AUTH \(mechanisms)"]
        return stage
    }

    private func start(_ filter: TraceFilter = .upstream("first"), content: Bool = false) throws -> Trace {
        try #require(hub.start(TraceOrder(filter, showsContent: content)) { _ in })
    }

    private func recipient(_ pattern: String) throws -> TraceFilter {
        .recipient(try #require(RecipientPattern(pattern)))
    }

    /// `-> DATA`, `<- 354 go on`, `** closed`.
    private func lines(_ trace: Trace) -> [String] {
        trace.take().map { line in
            switch line.direction {
            case .sent: "-> \(line.text)"
            case .received: "<- \(line.text)"
            case .note: "** \(line.text)"
            }
        }
    }

    @Test("a delivery, from the connection to its end")
    func delivery() throws {
        let stage = stage()
        let trace = try start()
        let id = stage.accept(to: ["ann@x", "bob@x"])
        try stage.settle()
        try stage.leap(.seconds(120))
        let said = lines(trace)
        let address = try #require(said.first).dropFirst("** connecting to ".count)
        #expect(
            said.filter { $0.hasPrefix("** ") } == [
                "** connecting to \(address)", "** connected to \(address)", "** message \(id), 2 recipients",
                "** closed",
            ])
        #expect(
            said.filter { $0.hasPrefix("-> ") } == [
                "-> EHLO relay.test", "-> MAIL FROM:<s@x>", "-> RCPT TO:<ann@x>", "-> RCPT TO:<bob@x>", "-> DATA",
                "-> [\(stage.first.contents[0].utf8.count) octets of content]", "-> .", "-> QUIT",
            ])
        #expect(
            said.filter { $0.hasPrefix("<- ") } == [
                "<- 220 scripted", "<- 250-scripted", "<- 250-PIPELINING", "<- 250 HELP", "<- 250 2.1.0 ok",
                "<- 250 2.1.5 ok", "<- 250 2.1.5 ok", "<- 354 go on", "<- 250 2.0.0 taken", "<- 221 2.0.0 bye",
            ])
        #expect(stage.first.received.count == 1)
    }

    @Test("content is shown to those who ask for it")
    func content() throws {
        let stage = stage()
        let trace = try start(content: true)
        stage.accept(content: "Subject: t\r\n\r\n..hidden dot\r\nbell\u{7}\r\n")
        try stage.settle()
        let said = lines(trace)
        #expect(said.contains("-> Subject: t") && said.contains("-> ..hidden dot") && said.contains("-> bell\\x07"))
        #expect(!said.contains { $0.contains("octets of content") })
    }

    @Test("only sessions of the upstream that the trace is about")
    func others() throws {
        let stage = stage()
        let trace = try start(.upstream("second"))
        stage.accept()
        try stage.settle()
        #expect(lines(trace) == [])
    }

    @Test(
        "a failing login is told without the password, whatever the server echoes",
        arguments: ["PLAIN", "LOGIN", "CRAM-MD5"])
    func login(_ mechanism: String) throws {
        let stage = withAccount(mechanism)
        stage.first.script = { at, line in
            guard at == .auth else { return nil }
            return switch line {
            case "AUTH LOGIN", "AUTH PLAIN": .reply("334 VXNlcm5hbWU6")
            case "AUTH CRAM-MD5": .reply("334 PDE4OTYuNjk3MTcwOTUyQHg+")
            case Base64.encode("relay".utf8): .reply("334 UGFzc3dvcmQ6")
            default: .reply("535-5.7.8 no: \(line) is not right\r\n535 5.7.8 nor is \(Self.password)")
            }
        }
        let trace = try start()
        stage.accept()
        try stage.settle()
        let said = lines(trace)
        #expect(said.contains("** logging in as relay with \(mechanism)"))
        #expect(said.contains { $0.hasPrefix("-> AUTH \(mechanism)") })
        #expect(said.contains("<- 535 5.7.8 nor is …"))
        #expect(said.last?.hasPrefix("** closed by the relay at auth") == true)
        expectNoSecret(said)
    }

    @Test("a trace that begins amid a login shows nothing of it")
    func amid() throws {
        let stage = withAccount("LOGIN")
        stage.first.script = { at, line in
            guard at == .auth else { return nil }
            return line == "AUTH LOGIN" ? .silence : .reply("535 5.7.8 no: \(line) \(Self.password)")
        }
        stage.accept()
        try stage.settle()
        let trace = try start()
        for connection in stage.first.connections { try connection.send("334 VXNlcm5hbWU6") }
        try stage.settle()
        for connection in stage.first.connections { try connection.send("334 UGFzc3dvcmQ6") }
        try stage.settle()
        let said = lines(trace)
        #expect(said.contains { $0.contains("is connected since before the trace") })
        #expect(said.contains("-> [8 octets of a login]"))
        expectNoSecret(said)
    }

    @Test("a trace that begins after the login does not show what the server says of it")
    func afterLogin() throws {
        let stage = withAccount("PLAIN")
        stage.accept()
        try stage.settle()
        let trace = try start()
        let sent = Base64.encode("\0relay\0\(Self.password)".utf8)
        stage.first.script = { at, _ in at == .mail ? .reply("250 2.1.0 ok, \(Self.password) by \(sent)") : nil }
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 2)
        let said = lines(trace)
        #expect(said.contains("<- 250 2.1.0 ok, … by …"))
        expectNoSecret(said)
    }

    private func expectNoSecret(_ said: [String], sourceLocation: SourceLocation = #_sourceLocation) {
        let forms = [Self.password, Base64.encode(Self.password.utf8), Base64.encode("\0relay\0\(Self.password)".utf8)]
        for line in said {
            let isSilent = forms.allSatisfy { !line.contains($0) && !line.contains($0.dropLast(3)) }
            #expect(isSilent, "\(line)", sourceLocation: sourceLocation)
        }
    }

    @Test("one recipient's transactions are shown, of those that share a session")
    func recipients() throws {
        let stage = stage { $0.maxConnections = 1 }
        let trace = try start(try recipient("ann@x"))
        for address in ["bob@x", "ann@x", "carl@x"] { stage.accept(to: [address]) }
        try stage.settle()
        #expect(stage.first.received.count == 3)
        let said = lines(trace)
        #expect(said.first?.hasPrefix("** message ") == true)
        #expect(said.contains("-> RCPT TO:<ann@x>") && said.contains("<- 250 2.0.0 taken") && said.contains("-> ."))
        #expect(!said.contains { $0.contains("bob@x") || $0.contains("carl@x") || $0.contains("EHLO") })
        #expect(said.count { $0.hasPrefix("-> MAIL") } == 1)
        #expect(said.count { $0.contains("octets of content") } == 1)
    }

    @Test("a session that waits for the reply to a dot is told from then on, with its timeout")
    func joins() throws {
        let stage = stage {
            $0.dataTimeout = .seconds(30)
        }
        stage.first.script = { at, _ in at == .dot ? .silence : nil }
        stage.accept(to: ["ann@x"])
        try stage.settle()
        let (whole, one) = (try start(), try start(try recipient("ann@x")))
        try stage.leap(.seconds(31))
        #expect(lines(whole).last?.hasPrefix("** timed out at dot: no reply within 30") == true)
        #expect(lines(one).last?.hasPrefix("** timed out at dot") == true)
    }

    @Test("a connection that is refused, and a server that closes amid a reply")
    func broken() throws {
        let refusing = stage()
        refusing.first.refuses = true
        let trace = try start()
        refusing.accept()
        try refusing.settle()
        #expect(lines(trace).contains { $0.hasPrefix("** not connected: ") })
        let cutting = stage()
        cutting.first.script = { at, _ in at == .mail ? .cut("451 4.3.0 too bu") : nil }
        cutting.accept()
        try cutting.settle()
        #expect(lines(trace).contains("<- 451 4.3.0 too bu"))
    }

    @Test("probes are told, too")
    func probes() throws {
        let stage = DeliveryStage(traces: hub) { $0.health.interval = .seconds(10) }
        let trace = try start()
        stage.dispatcher.restore([])
        try stage.advance(.seconds(2))
        #expect(lines(trace).contains("-> NOOP"))
    }
}
