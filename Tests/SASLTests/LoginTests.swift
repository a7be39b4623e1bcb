import Mail
import SASL
import TLS
import Testing

@Suite("Client against server")
struct LoginTests {
    private static let binding = ChannelBinding(exporter: Array(0..<32))
    private static let served: [SASLMechanism] = [.plain, .login, .scramSHA256, .scramSHA256Plus]

    /// RFC 4422, RFC 4616, RFC 5802 section 3.
    @Test("the right password succeeds with every mechanism", arguments: served)
    func right(_ mechanism: SASLMechanism) throws {
        let users = try Users(["app": "correct horse", "grüße, =": "pässwörd"])
        for (user, password) in [("app", "correct horse"), ("grüße, =", "pässwörd")] {
            var client = try makeClient(mechanism, user, password, binding: Self.binding)
            // Without PLUS, a client that could bind says so, and a server that had offered it would object.
            var server = try makeServer(mechanism, binding: mechanism == .scramSHA256Plus ? Self.binding : nil)
            #expect(try Login(users).run(&client, &server) == .succeeded(user: user))
            #expect(server.user == user)
        }
    }

    @Test("a wrong password and an unknown user fail", arguments: served)
    func wrong(_ mechanism: SASLMechanism) throws {
        let users = try Users(["app": "correct horse"])
        for (user, password) in [("app", "correct horsf"), ("App", "correct horse"), ("nobody", "correct horse")] {
            var client = try makeClient(mechanism, user, password, binding: Self.binding)
            var server = try makeServer(mechanism, binding: mechanism == .scramSHA256Plus ? Self.binding : nil)
            #expect(try Login(users).run(&client, &server) == .failed(.refused))
            #expect(server.user == user)
        }
    }

    @Test("a user without SCRAM keys is refused like a stranger")
    func noKeys() throws {
        var client = try makeClient(.scramSHA256, "app", "secret")
        var server = try makeServer(.scramSHA256)
        #expect(try Login(Users(["app": "secret"], includesSCRAM: false)).run(&client, &server) == .failed(.refused))
    }

    @Test("a password that cannot be checked now is a temporary failure")
    func unavailable() throws {
        var server = try makeServer(.plain)
        #expect(server.start(initialResponse: Array("\0app\0x".utf8)) == .checkPassword(user: "app", password: [0x78]))
        #expect(server.passwordChecked(nil) == .failed(.unavailable))
    }

    /// RFC 5802 section 5.1.
    @Test("keys from the first login make the second one fast, until the salt changes")
    func keysAreKept() throws {
        let users = try Users(["app": "secret"])
        var first = try makeClient(.scramSHA256, "app", "secret")
        #expect(first.scramKeys == nil)
        var one = try makeServer(.scramSHA256)
        #expect(try Login(users).run(&first, &one) == .succeeded(user: "app"))
        let keys = try #require(first.scramKeys)
        for (users, isSlow) in [(users, false), (try Users(["app": "secret"]), true)] {
            var again = try makeClient(.scramSHA256, "app", "secret", keys: keys)
            var other = try makeServer(.scramSHA256)
            _ = other.start(initialResponse: again.start())
            guard case .challenge(let challenge) = other.found(users.keys(of: "app")) else {
                Issue.record("a challenge was expected")
                return
            }
            #expect(again.isSlow(challenge) == isSlow)
            guard case .challenge(let last) = other.respond(try again.respond(to: challenge)) else {
                Issue.record("the server's proof was expected")
                return
            }
            #expect(try again.respond(to: last) == [])
            #expect((again.scramKeys == keys) == !isSlow)
        }
    }

    @Test("keys of one password do not serve another with the same salt")
    func keysOfAnotherPassword() throws {
        let users = try Users(["app": "secret"])
        var wrong = try makeClient(.scramSHA256, "app", "guess")
        var one = try makeServer(.scramSHA256)
        #expect(try Login(users).run(&wrong, &one) == .failed(.refused))
        var right = try makeClient(.scramSHA256, "app", "secret", keys: wrong.scramKeys)
        var other = try makeServer(.scramSHA256)
        #expect(try Login(users).run(&right, &other) == .succeeded(user: "app"))
    }

    /// RFC 5056, RFC 9266 section 2.
    @Test("a binding to another connection is refused")
    func wrongBinding() throws {
        let users = try Users(["app": "secret"])
        var client = try makeClient(
            .scramSHA256Plus, "app", "secret", binding: ChannelBinding(exporter: Array(repeating: 9, count: 32)))
        var server = try makeServer(.scramSHA256Plus, binding: Self.binding)
        #expect(try Login(users).run(&client, &server) == .failed(.refused))
    }

    /// RFC 5802 section 6.
    @Test("a server detects that PLUS was removed from its offer")
    func downgrade() throws {
        let users = try Users(["app": "secret"])
        var client = try makeClient(.scramSHA256, "app", "secret", binding: Self.binding)
        var server = try makeServer(.scramSHA256, binding: Self.binding)
        #expect(try Login(users).run(&client, &server) == .failed(.refused))
        var simple = try SASLClient(
            .scramSHA256, credentials: Credentials(username: "app", secret: .password(Array("secret".utf8))),
            binding: nil, nonce: SCRAMNonce())
        var other = try makeServer(.scramSHA256, binding: Self.binding)
        #expect(try Login(users).run(&simple, &other) == .succeeded(user: "app"))
    }

    /// RFC 5802 section 3.
    @Test("a server that cannot prove itself is an error, whatever it says")
    func unprovedServer() throws {
        let users = try Users(["app": "secret"])
        for forged in ["v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "v=", "e=other-error"] {
            var login = Login(users)
            login.tamper = { text($0).hasPrefix("v=") ? Array(forged.utf8) : $0 }
            var client = try makeClient(.scramSHA256, "app", "secret")
            var server = try makeServer(.scramSHA256, binding: nil)
            #expect(try login.run(&client, &server) == .cancelled(.serverNotProved))
        }
        var client = try makeClient(.scramSHA256, "app", "secret")
        _ = client.start()
        let error = #expect(throws: SASLError.self) { try client.succeeded() }
        #expect(error?.code == .serverNotProved)
    }

    @Test("a stranger's challenge is the same every time and looks like a user's")
    func enumeration() throws {
        func challenge(_ user: String) throws -> String {
            var server = try makeServer(.scramSHA256, binding: nil)
            #expect(server.start(initialResponse: Array("n,,n=\(user),r=abc".utf8)) == .lookUp(user: user))
            guard case .challenge(let octets) = server.found(nil) else { return "none" }
            return text(octets)
        }
        #expect(try challenge("ghost") == challenge("ghost"))
        #expect(try challenge("ghost") != challenge("spook"))
        let parts = try challenge("ghost").split(separator: ",")
        #expect(parts.first == "r=abcserver")
        #expect(parts.dropFirst().first?.count == 26)
        #expect(parts.last == "i=65536")
    }

    @Test("client-only mechanisms have no server")
    func notServed() throws {
        let nonce = try SCRAMNonce()
        for mechanism in [SASLMechanism.cramMD5, .xoauth2, .oauthBearer, .scramSHA256Plus] {
            #expect(SASLServer(mechanism, binding: nil, decoy: decoy, nonce: nonce) == nil)
        }
        #expect(
            SASLMechanism.served(binding: true, scram: true) == [.scramSHA256Plus, .scramSHA256, .plain, .login])
        #expect(SASLMechanism.served(binding: false, scram: true) == [.scramSHA256, .plain, .login])
        #expect(SASLMechanism.served(binding: true, scram: false) == [.plain, .login])
    }
}
