import Mail
import SASL
import TLS
import Testing

@Suite("The examples of the RFCs")
struct VectorTests {
    private static let clientFirst = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    private static let serverFirst =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    private static let clientFinal =
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    private static let serverFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

    @Test("SCRAM-SHA-256, the client (RFC 7677 section 3)")
    func scramClient() throws {
        var client = try SASLClient(
            .scramSHA256, credentials: Credentials(username: "user", secret: .password(Array("pencil".utf8))),
            binding: nil, nonce: try #require(SCRAMNonce("rOprNGfwEbeRWgbNEkqO")))
        #expect(client.start().map(text) == Self.clientFirst)
        #expect(client.isSlow(Array(Self.serverFirst.utf8)))
        #expect(text(try client.respond(to: Array(Self.serverFirst.utf8))) == Self.clientFinal)
        #expect(try client.respond(to: Array(Self.serverFinal.utf8)) == [])
        try client.succeeded()
    }

    @Test("SCRAM-SHA-256, the server (RFC 7677 section 3)")
    func scramServer() throws {
        let salt = try #require(Base64.decode("W22ZaJ0SNY7soEsUEjb6gQ==".utf8))
        let keys = try SCRAMKeys(password: Array("pencil".utf8), salt: salt, iterations: 4096)
        var server = try makeServer(.scramSHA256, nonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")
        #expect(server.start(initialResponse: nil) == .challenge([]))
        #expect(server.respond(Array(Self.clientFirst.utf8)) == .lookUp(user: "user"))
        #expect(server.found(keys) == .challenge(Array(Self.serverFirst.utf8)))
        #expect(server.respond(Array(Self.clientFinal.utf8)) == .challenge(Array(Self.serverFinal.utf8)))
        #expect(server.respond([]) == .succeeded(user: "user"))
    }

    @Test("CRAM-MD5 (RFC 2195 section 2)")
    func cramMD5() throws {
        var client = try makeClient(.cramMD5, "tim", "tanstaaftanstaaf")
        #expect(client.start() == nil)
        #expect(
            text(try client.respond(to: Array("<1896.697170952@postoffice.reston.mci.net>".utf8)))
                == "tim b913a602c7eda7a495b4e6e7334d3890")
        try client.succeeded()
    }

    @Test("PLAIN (RFC 4616 section 4)")
    func plain() throws {
        var client = try makeClient(.plain, "tim", "tanstaaftanstaaf")
        #expect(client.start().map(text) == "\0tim\0tanstaaftanstaaf")
        try client.succeeded()
        var server = try makeServer(.plain)
        #expect(server.start(initialResponse: nil) == .challenge([]))
        let password = Array("tanstaaftanstaaf".utf8)
        #expect(
            server.respond(Array("\0tim\0tanstaaftanstaaf".utf8)) == .checkPassword(user: "tim", password: password))
        #expect(server.passwordChecked(true) == .succeeded(user: "tim"))
        var other = try makeServer(.plain)
        #expect(other.start(initialResponse: Array("Ursel\0Kurt\0xipj3plmq".utf8)) == .failed(.refused))
    }

    @Test("LOGIN, with and without the name in AUTH")
    func login() throws {
        for isInitial in [true, false] {
            var server = try makeServer(.login)
            if isInitial {
                #expect(server.start(initialResponse: Array("tim".utf8)) == .challenge(Array("Password:".utf8)))
            } else {
                #expect(server.start(initialResponse: nil) == .challenge(Array("Username:".utf8)))
                #expect(server.respond(Array("tim".utf8)) == .challenge(Array("Password:".utf8)))
            }
            #expect(server.respond([0x78]) == .checkPassword(user: "tim", password: [0x78]))
        }
    }

    @Test("XOAUTH2, as documented by Google, and its refusal")
    func xoauth2() throws {
        var client = try SASLClient(
            .xoauth2,
            credentials: Credentials(username: "someuser@example.com", secret: .token(Array("ya29.vF9".utf8))),
            binding: nil, nonce: SCRAMNonce())
        #expect(client.start().map(text) == "user=someuser@example.com\u{1}auth=Bearer ya29.vF9\u{1}\u{1}")
        try client.succeeded()
        #expect(try client.respond(to: Array(#"{"status":"401"}"#.utf8)) == [])
        #expect(client.explanation == #"{"status":"401"}"#)
        #expect(throws: SASLError.self) { try client.respond(to: []) }
    }

    private func bearer(_ user: String) throws -> SASLClient {
        try SASLClient(
            .oauthBearer, credentials: Credentials(username: user, secret: .token(Array("vF9dft4qmT".utf8))),
            binding: nil, nonce: SCRAMNonce())
    }

    /// RFC 7628 section 4.1 has a host and a port, which a bearer token does not need.
    @Test("OAUTHBEARER: the response, with a name that needs escapes")
    func oauthBearer() throws {
        var client = try bearer("user@example.com")
        #expect(client.start().map(text) == "n,a=user@example.com,\u{1}auth=Bearer vF9dft4qmT\u{1}\u{1}")
        try client.succeeded()
        // RFC 5801 section 4.
        var other = try bearer("a,b=c")
        #expect(other.start().map(text) == "n,a=a=2Cb=3Dc,\u{1}auth=Bearer vF9dft4qmT\u{1}\u{1}")
    }

    /// RFC 7628 section 3.2.3, with the answer of section 4.3.
    @Test("OAUTHBEARER: a refusal is answered with one octet")
    func refusedBearer() throws {
        var client = try bearer("user@example.com")
        _ = client.start()
        let reason = #"{"status":"invalid_token","scope":"example_scope"}"#
        #expect(try client.respond(to: Array(reason.utf8)) == [1])
        #expect(client.explanation == reason)
        #expect(throws: SASLError.self) { try client.respond(to: []) }
    }

    @Test(
        "An explanation that does not print is not kept",
        arguments: [[0x1B, 0x5B], Array(repeating: 0x61, count: 1001)] as [[UInt8]])
    func unprintable(challenge: [UInt8]) throws {
        var client = try bearer("user@example.com")
        _ = client.start()
        #expect(try client.respond(to: challenge) == [1])
        #expect(client.explanation == nil)
    }
}
