import Foundation
import TestKit
import Testing

@Suite("Upstreams with OAuth 2.0", .scenario)
struct TokenTests {
    private let certificates: TestCertificates
    private let account: Account
    private let directory: TemporaryDirectory
    private var secret: String { directory.path + "/secret" }
    private var refresh: String { directory.path + "/refresh" }

    init() throws {
        certificates = try TestCertificates()
        account = try Account()
        directory = try TemporaryDirectory()
        for (path, content) in [(secret, "client-4711\n"), (refresh, "refresh-1\n")] {
            try content.write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
    }

    private static let token =
        #"{"access_token":"\#(Account.password)","token_type":"Bearer","expires_in":3600,"refresh_token":"refresh-2"}"#

    private func lines(_ endpoint: WebReceiver) -> [String] {
        certificates.upstreamLines("starttls") + [
            "username = \"\(Account.user)\"", "[upstream.oauth2]", "token_url = \"\(endpoint.url)\"", "private = true",
            "client_id = \"relay\"", "client_secret_file = \"\(secret)\"", "refresh_token_file = \"\(refresh)\"",
        ]
    }

    @Test("the relay gets a token, logs in with it, and has put the new refresh token on disk")
    func token() throws {
        let endpoint = try WebReceiver(.status(200, body: Self.token))
        let sink = try Sink(options: certificates.sinkOptions("required") + account.sinkOptions("xoauth2"))
        let relay = try Relay(RelayConfig(sink.upstream("primary", lines: lines(endpoint))))
        let sent = try Burst(TestMail.series("token", 3), to: relay.port).finish()
        try relay.wait(for: 3, "delivered")
        let shown = try relay.command("upstream", "show", "primary", "--json")
        #expect(shown.output.joined().contains("\"state\":\"valid\""))
        let request = try #require(endpoint.requests.first)
        let form = "grant_type=refresh_token&refresh_token=refresh-1&client_id=relay&client_secret=client-4711"
        #expect(request.body == form)
        let kept = try String(contentsOfFile: refresh, encoding: .utf8)
        #expect(kept == "refresh-2\n")
        try relay.stop()
        try Books(sent, sinks: [sink], relay: relay).checkExactlyOnce()
        #expect(try sink.end().logins_refused == 0)
        let told = shown.output + relay.process.errors.current.lines + relay.process.output.current.lines
        for line in told {
            let isSilent = (Account.traces + ["client-4711", "refresh-1", "refresh-2"]).allSatisfy {
                !line.contains($0)
            }
            #expect(isSilent, "a secret is in: \(line)")
        }
    }

    @Test("an endpoint that refuses: the next upstream gets the mail at once, and the log says why")
    func refused() throws {
        let endpoint = try WebReceiver(
            .status(400, body: #"{"error":"invalid_grant","error_description":"Token has been revoked."}"#))
        let sink = try Sink(options: certificates.sinkOptions("required") + account.sinkOptions("xoauth2"))
        let other = try Sink()
        let relay = try Relay(
            RelayConfig(sink.upstream("primary", lines: lines(endpoint)), other.upstream("secondary")))
        let sent = try Burst(TestMail.series("refused", 2), to: relay.port).finish()
        try relay.wait(for: 2, "delivered")
        #expect(relay.lines("delivered").allSatisfy { $0.upstream == "secondary" })
        #expect(!relay.lines("token_failed").isEmpty)
        let reason =
            "answers 400 invalid_grant: Token has been revoked; write a new refresh token into \(refresh) "
            + "(refresh_token_file)"
        #expect(relay.process.errors.current.lines.contains { $0.contains(reason) })
        try relay.stop()
        try Books(sent, sinks: [sink, other], relay: relay).checkExactlyOnce()
        #expect(try sink.books().isEmpty)
    }
}
