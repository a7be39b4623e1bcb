import Mail
import SASL
import TLS
import TestKit
import Testing

/// RFC 4422 section 3.
@Suite("Peer errors during a login")
struct MalformedTests {
    private static let long = String(repeating: "x", count: 5000)

    /// RFC 4616 section 2.
    @Test(
        "malformed PLAIN messages",
        arguments: [
            "", "\0", "\0\0", "tim", "\0tim", "tim\0secret", "\0tim\0", "\0\0secret", "\0tim\0sec\0ret", "\0t\u{7}m\0x",
            "\0" + String(repeating: "u", count: 256) + "\0x", "\0tim\0" + String(repeating: "p", count: 1025),
            "\0tim\0" + long,
        ])
    func plain(_ message: String) throws {
        var server = try makeServer(.plain)
        #expect(server.start(initialResponse: Array(message.utf8)) == .failed(.malformed))
    }

    @Test("names that are not UTF-8")
    func notUTF8() throws {
        var plain = try makeServer(.plain)
        #expect(plain.start(initialResponse: [0, 0xFF, 0, 0x78]) == .failed(.malformed))
        var login = try makeServer(.login)
        #expect(login.start(initialResponse: [0xC3]) == .failed(.malformed))
        var scram = try makeServer(.scramSHA256)
        #expect(scram.start(initialResponse: Array("n,,n=".utf8) + [0xFF] + Array(",r=x".utf8)) == .failed(.malformed))
    }

    @Test("malformed LOGIN answers")
    func login() throws {
        for name in ["", "a\u{0}b", String(repeating: "u", count: 256)] {
            var server = try makeServer(.login)
            _ = server.start(initialResponse: nil)
            #expect(server.respond(Array(name.utf8)) == .failed(.malformed))
        }
        for password in ["", "a\u{0}b", String(repeating: "u", count: 1025)] {
            var server = try makeServer(.login)
            _ = server.start(initialResponse: Array("tim".utf8))
            #expect(server.respond(Array(password.utf8)) == .failed(.malformed))
        }
    }

    @Test("the limits themselves are allowed")
    func limits() throws {
        var server = try makeServer(.plain)
        let user = String(repeating: "u", count: 255)
        let password = [UInt8](repeating: 0x70, count: 1024)
        #expect(
            server.start(initialResponse: Array("\(user)\0\(user)\0".utf8) + password)
                == .checkPassword(user: user, password: password))
    }

    /// RFC 5802 section 7.
    @Test(
        "malformed first SCRAM messages",
        arguments: [
            "", "n", "n,", "n,,", "n,,n=user", "n,,r=abc", "n,,n=user,r=", "n,,n=,r=abc", "n,,r=abc,n=user",
            "x,,n=user,r=abc", "N,,n=user,r=abc", "n,,m=ext,n=user,r=abc", "n,,n=us=er,r=abc", "n,,n=user=2,r=abc",
            "n,,n=user=2c,r=abc", "n,,n=user,r=a bc", "n,,n=user,r=abc\u{0}", "n,,n=user,r=abc,", "n,,n=user,r=abc,x",
            "n,,n=user,r=äbc", "n,a=other,n=user,r=abc", "n,b=user,n=user,r=abc", "n,user,n=user,r=abc",
            "p,,n=user,r=abc", "p=,,n=user,r=abc", "p=tls exporter,,n=user,r=abc", "nn,,n=user,r=abc",
            "n,,n=us\u{7F}er,r=abc", "n,,n=user,r=" + String(repeating: "r", count: 257), "n,,n=\(long),r=abc",
            "n,,n=" + String(repeating: "u", count: 256) + ",r=abc",
        ])
    func scramFirst(_ message: String) throws {
        var server = try makeServer(.scramSHA256)
        #expect(server.start(initialResponse: Array(message.utf8)) == .failed(.malformed))
    }

    @Test(
        "bindings that do not suit the mechanism",
        arguments: [
            (SASLMechanism.scramSHA256, "p=tls-exporter"), (.scramSHA256, "y"), (.scramSHA256Plus, "n"),
            (.scramSHA256Plus, "y"), (.scramSHA256Plus, "p=tls-unique"), (.scramSHA256Plus, "p=TLS-exporter"),
        ])
    func binding(_ mechanism: SASLMechanism, _ flag: String) throws {
        var server = try makeServer(mechanism, binding: ChannelBinding(exporter: Array(0..<32)))
        #expect(server.start(initialResponse: Array("\(flag),,n=user,r=abc".utf8)) == .failed(.refused))
    }

    @Test("an authorization identity equal to the user, and extensions at the end, are accepted")
    func tolerated() throws {
        var server = try makeServer(.scramSHA256)
        let message = "n,a=us=2Cer,n=us=2Cer,r=abc,x=more"
        #expect(server.start(initialResponse: Array(message.utf8)) == .lookUp(user: "us,er"))
    }

    private static let proof = Base64.encode([UInt8](repeating: 1, count: 32))

    /// RFC 5802 section 7.
    @Test(
        "malformed final SCRAM messages",
        arguments: [
            ("", .malformed), ("c=biws", .malformed), ("c=biws,r=abcserver", .malformed),
            ("c=biws,r=abcserver,p=", .malformed), ("c=biws,r=abcserver,p=AAAA", .malformed),
            ("c=biws,r=abcserver,p=\(proof),", .malformed), ("c=biws,r=abcserver,p=\(proof),x=1", .malformed),
            ("r=abcserver,c=biws,p=\(proof)", .malformed), ("c=,r=abcserver,p=\(proof)", .malformed),
            ("c=bi!s,r=abcserver,p=\(proof)", .malformed), ("c=biws,r=abcserver,p=\(proof)=", .malformed),
            (long, .malformed),
            ("c=biws,r=abcserver,p=\(proof)", .refused), ("c=biws,r=abcserverx,p=\(proof)", .refused),
            ("c=biws,r=abc,p=\(proof)", .refused), ("c=eSws,r=abcserver,p=\(proof)", .refused),
        ] as [(String, SASLFailure)])
    func scramFinal(_ message: String, _ failure: SASLFailure) throws {
        let keys = try SCRAMKeys(password: [1], salt: [2], iterations: 4096)
        var server = try makeServer(.scramSHA256)
        _ = server.start(initialResponse: Array("n,,n=user,r=abc".utf8))
        _ = server.found(keys)
        #expect(server.respond(Array(message.utf8)) == .failed(failure))
    }

    @Test("something after the server's proof")
    func behindProof() throws {
        var client = try makeClient(.scramSHA256, "app", "secret")
        var server = try makeServer(.scramSHA256)
        _ = server.start(initialResponse: client.start())
        guard case .challenge(let first) = server.found(try Users(["app": "secret"]).keys(of: "app")) else { return }
        guard case .challenge = server.respond(try client.respond(to: first)) else {
            Issue.record("the server's proof was expected")
            return
        }
        #expect(server.respond([0x2A]) == .failed(.malformed))
    }

    /// RFC 5802 section 5.1, RFC 7677 section 4.
    @Test(
        "malformed first SCRAM messages of a server",
        arguments: [
            ("", .badChallenge), ("r=abc,s=AAAA,i=4096", .badChallenge), ("r=xabc1,s=AAAA,i=4096", .badChallenge),
            ("r=abc1,s=,i=4096", .badChallenge), ("r=abc1,s=AAA,i=4096", .badChallenge),
            ("r=abc1,s=AAAA", .badChallenge),
            ("m=x,r=abc1,s=AAAA,i=4096", .badChallenge), ("s=AAAA,r=abc1,i=4096", .badChallenge),
            ("r=abc1,s=AAAA,i=0", .badChallenge), ("r=abc1,s=AAAA,i=04096", .badChallenge),
            ("r=abc1,s=AAAA,i=-1", .badChallenge), ("r=abc1,s=AAAA,i=99999999999999999999", .badChallenge),
            ("e=unknown-user", .badChallenge), (long, .badChallenge),
            ("r=abc1,s=AAAA,i=4095", .badCost), ("r=abc1,s=AAAA,i=10000001", .badCost),
        ] as [(String, SASLError.Code)])
    func serverFirst(_ message: String, _ code: SASLError.Code) throws {
        var client = try SASLClient(
            .scramSHA256, credentials: Credentials(username: "app", secret: .password([1])), binding: nil,
            nonce: try #require(SCRAMNonce("abc")))
        _ = client.start()
        let error = #expect(throws: SASLError.self) { try client.respond(to: Array(message.utf8)) }
        #expect(error?.code == code)
    }

    /// RFC 5802 sections 5.1 and 7.
    @Test("nonces with invalid characters", arguments: ["", "a,b", "a b", "ä", "a\u{7F}"])
    func nonce(_ text: String) {
        #expect(SCRAMNonce(text) == nil)
    }

    @Test("no input traps, and nobody gets in", arguments: [1, 2, 3, 4] as [UInt64])
    func fuzz(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let keys = try SCRAMKeys(password: [1], salt: [2], iterations: 4096)
        let seeds = [
            "n,,n=user,r=abc", "\0tim\0secret", "p=tls-exporter,,n=u,r=x", "c=biws,r=abcserver,p=\(Self.proof)", "user",
            "r=abcserver,s=AAAA,i=4096", "v=\(Self.proof)", "",
        ].map { Array($0.utf8) }
        for _ in 0..<500 {
            let mechanism = try #require([SASLMechanism.plain, .login, .scramSHA256].randomElement(using: &generator))
            var server = try makeServer(mechanism)
            var action = server.start(initialResponse: mutated(seeds, &generator))
            for _ in 0..<6 {
                switch action {
                case .challenge: action = server.respond(mutated(seeds, &generator))
                case .checkPassword: action = server.passwordChecked(false)
                case .lookUp: action = server.found(keys)
                case .failed: break
                case .succeeded: Issue.record("seed \(seed): somebody got in")
                }
                if case .failed = action { break }
            }
            var client = try makeClient(.scramSHA256, "u", "p")
            _ = client.start()
            _ = try? client.respond(to: mutated(seeds, &generator))
            #expect(throws: SASLError.self) { try client.succeeded() }
            _ = try? PasswordHash(text: text(mutated(seeds, &generator)))
        }
    }

    private func mutated(_ seeds: [[UInt8]], _ generator: inout SeededGenerator) -> [UInt8] {
        var octets = seeds.randomElement(using: &generator) ?? []
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            let place = Int.random(in: 0...octets.count, using: &generator)
            switch Int.random(in: 0...2, using: &generator) {
            case 0: octets.insert(UInt8.random(in: 0...255, using: &generator), at: place)
            case 1 where place < octets.count: octets.remove(at: place)
            case _ where place < octets.count: octets[place] = UInt8.random(in: 0...255, using: &generator)
            case _: octets.removeLast(octets.count - place)
            }
        }
        return octets
    }
}
