import Foundation
import Mail
import NIOCore
import SASL
import SMTP
import Spool
import Synchronization
import Telemetry
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Our account at an upstream")
struct AccountTests {
    static let secret = "hunter2-ß"
    private static let octets = Array(secret.utf8)
    private static let plain = Base64.encode([0] + "relay".utf8 + [0] + octets)

    /// A stage whose first upstream requires a login.
    private func stage(
        mechanisms: String = "AUTH PLAIN LOGIN", _ configure: (inout UpstreamSettings) -> Void = { _ in }
    ) -> DeliveryStage {
        let stage = DeliveryStage { settings in
            settings.upstreams[0].username = "relay"
            settings.upstreams[0].password = .password(Self.octets)
            settings.upstreams[0].authWithoutTLS = true
            configure(&settings.upstreams[0])
        }
        stage.first.keywords = [mechanisms]
        return stage
    }

    @Test("a session logs in once, before its first message")
    func logsIn() throws {
        let stage = stage { $0.maxConnections = 1 }
        for _ in 0..<3 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 3)
        #expect(stage.first.commands.prefix(2) == ["EHLO relay.test", "AUTH PLAIN \(Self.plain)"])
        #expect(stage.first.commands.count { $0.hasPrefix("AUTH") } == 1)
    }

    @Test("LOGIN and CRAM-MD5 answer their challenges")
    func challenges() throws {
        let login = stage(mechanisms: "AUTH LOGIN")
        login.first.script = { at, line in
            guard at == .auth else { return nil }
            return switch line {
            case "AUTH LOGIN": .reply("334 VXNlcm5hbWU6")
            case Base64.encode("relay".utf8): .reply("334 UGFzc3dvcmQ6")
            case Base64.encode(Self.octets): .reply("235 in")
            default: .reply("535 5.7.8 no")
            }
        }
        login.accept()
        try login.settle()
        #expect(login.first.received.count == 1)
        // RFC 2195 section 2.
        let cram = stage(mechanisms: "AUTH CRAM-MD5 PLAIN") {
            $0.username = "tim"
            $0.password = .password(Array("tanstaaftanstaaf".utf8))
        }
        let challenge = "PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+"
        let response = "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw"
        cram.first.script = { at, line in
            guard at == .auth else { return nil }
            return line == "AUTH CRAM-MD5" ? .reply("334 " + challenge) : line == response ? nil : .reply("535 no")
        }
        cram.accept()
        try cram.settle()
        #expect(cram.first.received.count == 1)
    }

    @Test(
        "a refused account, with any code, opens the circuit at once, and the mail moves on",
        arguments: [
            "535 5.7.8 no", "454 4.7.0 later", "451 Authentication failed: Maximum credits exceeded", "421 bye",
            "504 what", "250 odd", "334 not base 64", "nonsense",
        ])
    func refused(reply: String) throws {
        let stage = stage()
        stage.first.script = { at, _ in at == .auth ? .reply(reply) : nil }
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.isEmpty)
        #expect(stage.second.received.count == 1)
        #expect(stage.now == DeliveryStage.epoch)
        if reply != "nonsense", reply != "250 odd", reply != "334 not base 64" {
            // Of a permanent refusal a second mechanism has asked for another opinion.
            #expect(stage.words.first { $0 != "habit first refuses_mechanism any" } == "circuit first open")
        }
    }

    @Test(
        "where one mechanism is refused, the next is tried before the account is blamed",
        arguments: [432, 504, 534, 535, 538])
    func otherMechanism(code: Int) throws {
        let stage = stage { $0.maxConnections = 1 }
        stage.first.script = login { $0.hasPrefix("AUTH PLAIN") ? .reply("\(code) no") : nil }
        stage.accept()
        try stage.settle()
        #expect(stage.words == ["habit first refuses_mechanism any", "delivered first"])
        #expect(logins(of: stage) == ["AUTH PLAIN", "AUTH LOGIN"])
        // What worked is the next session's first choice.
        stage.first.connections[0].drop()
        stage.accept()
        try stage.settle()
        #expect(logins(of: stage) == ["AUTH PLAIN", "AUTH LOGIN", "AUTH LOGIN"])
        #expect(stage.first.received.count == 2)
    }

    private func logins(of stage: DeliveryStage) -> [Substring] {
        stage.first.commands.filter { $0.hasPrefix("AUTH") }.map { $0.prefix(10) }
    }

    @Test("where a refusal closes the connection, the next session tries the other mechanism")
    func closesAfterRefusal() throws {
        let stage = stage()
        stage.first.script = login { $0.hasPrefix("AUTH PLAIN") ? .cut("535 5.7.8 no\r\n") : nil }
        for _ in 0..<10 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 10)
        #expect(stage.second.connects == 0)
        #expect(stage.dispatcher.statuses()[0].circuit == .closed && stage.dispatcher.statuses()[0].failedTotal == 0)
    }

    @Test("a second mechanism that is refused blames the account, with both replies", arguments: [true, false])
    func bothRefused(closes: Bool) throws {
        let stage = stage()
        stage.first.script = login { line in
            let code = line.hasPrefix("AUTH PLAIN") ? 504 : line.hasPrefix("AUTH LOGIN") ? 535 : nil
            return code.map { closes ? .cut("\($0) no\r\n") : .reply("\($0) no") }
        }
        stage.accept()
        try stage.settle()
        #expect(stage.words.contains("circuit first open"))
        #expect(stage.second.received.count == 1)
        let error = stage.dispatcher.statuses()[0].lastError
        #expect(error == (closes ? "auth: 535 no" : "auth: 535 no (LOGIN); before: 504 no (PLAIN)"))
    }

    @Test("an operator's mechanism is the only one tried")
    func onlyMechanism() throws {
        let stage = stage { $0.mechanism = .login }
        stage.first.script = login { _ in nil }
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 1 && !stage.first.commands.contains { $0.hasPrefix("AUTH PLAIN") })
        let refused = self.stage { $0.mechanism = .login }
        refused.first.script = { at, _ in at == .auth ? .reply("504 what") : nil }
        refused.accept()
        try refused.settle()
        #expect(refused.first.commands.filter { $0.hasPrefix("AUTH") } == ["AUTH LOGIN"])
        #expect(refused.words.first == "circuit first open")
        let other = self.stage(mechanisms: "AUTH PLAIN") { $0.mechanism = .login }
        other.accept()
        try other.settle()
        #expect(other.dispatcher.statuses()[0].lastError == "auth: the server offers no LOGIN: PLAIN")
    }

    /// LOGIN as it should be, unless the script says otherwise.
    private func login(
        _ script: @escaping (String) -> ScriptedUpstream.Behaviour?
    ) -> (ScriptedUpstream.Phase, String) -> ScriptedUpstream.Behaviour? {
        { at, line in
            guard at == .auth else { return nil }
            if let behaviour = script(line) { return behaviour }
            return switch line {
            case "AUTH LOGIN": .reply("334 VXNlcm5hbWU6")
            case Base64.encode("relay".utf8): .reply("334 UGFzc3dvcmQ6")
            default: nil
            }
        }
    }

    @Test(
        "a server without a suitable mechanism counts as refusing",
        arguments: ["SIZE", "AUTH", "AUTH GSSAPI NTLM", "AUTH XOAUTH2", "AUTH SCRAM-SHA-256-PLUS"])
    func noMechanism(keyword: String) throws {
        let stage = stage(mechanisms: keyword)
        stage.accept()
        try stage.settle()
        #expect(!stage.first.commands.contains { $0.hasPrefix("AUTH") || $0.hasPrefix("MAIL") })
        #expect(stage.second.received.count == 1)
        #expect(stage.words.first == "circuit first open")
    }

    @Test("a disconnect during login is the connection's fault, not the account's")
    func dropped() throws {
        let stage = stage()
        stage.first.script = { at, _ in at == .auth ? .drop : nil }
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 1)
        #expect(!stage.words.contains("circuit first open"))
    }

    // MARK: - In clear text

    @Test("credentials are not sent in clear text", arguments: [ClientSecurity.TLSUse.off, .opportunistic])
    func clearText(use: ClientSecurity.TLSUse) throws {
        let stage = stage {
            $0.authWithoutTLS = false
            $0.tls = use
        }
        stage.first.keywords = ["STARTTLS", "AUTH PLAIN LOGIN"]
        stage.first.script = { at, _ in at == .starttls ? .reply("454 4.7.0 not now") : nil }
        stage.accept()
        try stage.settle()
        #expect(!stage.first.commands.contains { $0.hasPrefix("AUTH") || $0.hasPrefix("MAIL") })
        #expect(stage.second.received.count == 1)
    }

    @Test("a server on this machine gets them", arguments: ["127.0.0.1", "::1", "localhost"])
    func local(host: String) throws {
        let stage = stage {
            $0.host = host
            $0.authWithoutTLS = false
        }
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 1)
    }

    @Test(
        "a name that only resembles this machine does not", arguments: ["127.0.0.1.evil.test", "localhost.evil.test"])
    func notLocal(host: String) {
        #expect(!UpstreamSettings(name: "x", host: host, port: 25).isLocal)
    }

    // MARK: - Files

    @Test("a token is read afresh for each session; a missing one is reported, and the mail moves on")
    func token() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/token"
        let stage = stage(mechanisms: "AUTH XOAUTH2") {
            $0.password = nil
            $0.tokenFile = path
        }
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 1)
        #expect(
            stage.dispatcher.statuses()[0].lastError
                == "auth: token_file \(path) cannot be read: No such file or directory")
        for token in ["first", "second"] {
            try Array((token + "\n").utf8).write(to: path)
            try stage.leap(.seconds(700))
            stage.accept()
            try stage.settle()
            let response = "user=relay\u{1}auth=Bearer \(token)\u{1}\u{1}"
            #expect(stage.first.commands.contains("AUTH XOAUTH2 \(Base64.encode(response.utf8))"))
            for connection in stage.first.connections { connection.drop() }
        }
        #expect(stage.first.received.count == 2)
    }

    @Test(
        "a password file: trailing line ends and a byte order mark are dropped, an empty or endless file is an error",
        arguments: [
            ("hunter2\n", "hunter2"), ("hunter2\r\n", "hunter2"), (" hunter2 ", " hunter2 "), ("a\nb\n", "a\nb"),
            ("hunter2\n\r\n\n", "hunter2"), ("\u{FEFF}hunter2\n", "hunter2"), ("\u{FEFF}\n", nil),
            ("", nil),
            ("\n", nil), (String(repeating: "x", count: (64 << 10) + 1), nil),
        ])
    func passwordFile(content: String, password: String?) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/password"
        try Array(content.utf8).write(to: path)
        let store = CredentialStore(username: "u", source: .passwordFile(path))
        let found = try? store.find().get()
        #expect(found?.secret == password.map { .password(Array($0.utf8)) })
        if case .failure(let error) = store.find() {
            #expect(error.description.contains(path))
        }
    }

    // MARK: - Secrecy

    @Test(
        "credentials appear in no event, log line, error or description, even if the server echoes them",
        arguments: [
            ("AUTH PLAIN", "500 5.5.2 what: AUTH PLAIN \(plain)"), ("AUTH PLAIN", "535 no user with \(secret)"),
            ("AUTH PLAIN", "334 \(plain)"), ("AUTH LOGIN", "334 \(Base64.encode(octets))"),
            ("AUTH LOGIN", "535 \(Base64.encode(octets)) is wrong"), ("AUTH LOGIN", "250 \(secret)?"),
            ("AUTH PLAIN", "\(secret) is no reply"), ("AUTH PLAIN", "235 welcome"), ("AUTH GSSAPI", "235 never"),
        ])
    func secrecy(mechanisms: String, reply: String) throws {
        let stage = stage(mechanisms: mechanisms)
        stage.second.refuses = true
        nonisolated(unsafe) var asked = 0
        stage.first.script = { at, _ in
            guard at == .auth else { return nil }
            asked += 1
            return mechanisms == "AUTH LOGIN" && asked < 3 ? .reply("334 VXNlcm5hbWU6") : .reply(reply)
        }
        let id = stage.accept()
        try stage.settle()
        var told = stage.events.all.map { "\($0)" } + stage.events.all.map { String(reflecting: $0) }
        told += lines(of: stage.events.all, .text) + lines(of: stage.events.all, .json)
        told += stage.dispatcher.statuses().map { "\($0)" }
        told += stage.recipients(of: id).map { "\($0)" }
        told += stage.spool.operations.map { "\($0)" }
        let settings = stage.dispatcher.policies.settings
        var dumped = ""
        dump(settings, to: &dumped)
        told += ["\(settings)", String(reflecting: settings), dumped]
        #expect(!stage.events.all.isEmpty)
        let hidden = [Self.secret, Base64.encode(Self.octets), Self.plain, Self.octets.description]
        for text in told {
            for secret in hidden { #expect(!text.contains(secret), "\(text)") }
        }
    }

    @Test("no part of the password is kept, whatever the server makes of it, and whenever it says it")
    func parts() throws {
        let password = "zq7!Kp2#wV9xTr"
        let form = Base64.encode(password.utf8)
        let echoes = [
            password.uppercased(), String(password.prefix(7)), String(password.dropFirst(4)), "zq7!Kp2=23wV9xTr",
            form.lowercased(), String(form.dropFirst(3).prefix(10)),
        ]
        let replies: [(ScriptedUpstream.Phase, String)] = [
            (.auth, "535 5.7.8"), (.auth, "454 4.7.0"), (.mail, "550 5.7.1"), (.rcpt, "550 5.1.1"),
            (.rcpt, "450 4.2.1"),
            (.data, "554 5.3.0"), (.dot, "250 2.0.0"), (.dot, "554 5.6.0"), (.mail, "421 4.3.2"),
        ]
        for (phase, code) in replies {
            for echo in echoes {
                let stage = stage(mechanisms: "AUTH PLAIN") { $0.password = .password(Array(password.utf8)) }
                stage.second.refuses = true
                stage.first.script = { at, _ in at == phase ? .reply("\(code) it is \(echo)") : nil }
                let id = stage.accept()
                try stage.settle()
                var told = stage.events.all.map { "\($0)" } + stage.dispatcher.statuses().map { "\($0)" }
                told += stage.recipients(of: id).map { "\($0)" } + stage.spool.operations.map { "\($0)" }
                #expect(told.contains { $0.contains("it is …") }, "\(phase) \(code) \(echo)")
                for secret in [password, form] { expectNoPart(of: secret, in: told) }
            }
        }
    }

    /// Six octets in a row are a part.
    private func expectNoPart(
        of secret: String, in told: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let letters = Array(secret.lowercased())
        let parts = (0...letters.count - 6).map { String(letters[$0..<$0 + 6]) }
        for text in told.map({ $0.lowercased() }) {
            let isSilent = !parts.contains { text.contains($0) }
            #expect(isSilent, "\(text)", sourceLocation: sourceLocation)
        }
    }

    private func lines(of events: [DeliveryEvent], _ format: LogFormat) -> [String] {
        let output = Lines()
        let log = EventLog(format: format, threshold: .debug, output: output, now: { DeliveryStage.epoch })
        for event in events { log.record(event) }
        log.close()
        return output.all
    }

    private final class Lines: LogOutput {
        private let list = Mutex<[String]>([])

        func write(_ lines: UnsafeRawBufferPointer) {
            list.withLock { $0.append(String(decoding: lines, as: UTF8.self)) }
        }

        var all: [String] { list.withLock { $0 } }
    }
}

extension [UInt8] {
    func write(to path: String) throws {
        try Data(self).write(to: URL(fileURLWithPath: path))
    }
}
