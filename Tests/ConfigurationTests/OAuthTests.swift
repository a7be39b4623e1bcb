import Delivery
import Foundation
import OAuth
import Outbound
import Testing

@testable import Configuration

@Suite("[upstream.oauth2]")
struct OAuthTests {
    private static let account = "tls = \"starttls\"\nusername = \"relay@example.com\"\n"

    private func problems(_ lines: String) -> [String] {
        RelayConfiguration.check(
            text: minimal + Self.account + "[upstream.oauth2]\n" + lines, file: "relay.conf", environment: [:]
        ).problems.map { String($0.description.dropFirst("relay.conf:".count)) }
    }

    private func errors(_ lines: String) -> [String] { problems(lines).filter { !$0.contains("warning") } }

    @Test("the settings of docs/oauth2.md are complete")
    func presets() throws {
        let microsoft = "preset = \"microsoft\"\ntenant = \"contoso.com\"\nclient_id = \"c\"\n"
        let application = try configuration(
            minimal + Self.account + "[upstream.oauth2]\n" + microsoft + "client_secret_file = \"secret\"",
            file: "/etc/posthorse/relay.conf")
        let settings = try #require(application.delivery.upstreams[0].oauth)
        #expect(settings.usedGrant == .clientCredentials && settings.clientSecretFile == "/etc/posthorse/secret")
        #expect(settings.endpoint?.text == "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token")
        #expect(errors(microsoft + "refresh_token_file = \"r\"") == [])
        #expect(errors("preset = \"google\"\nclient_id = \"c\"\nrefresh_token_file = \"r\"") == [])
    }

    @Test(
        "must be complete",
        arguments: [
            (
                "client_id = \"c\"\nclient_secret_file = \"s\"",
                "upstream.oauth2.token_url: missing; write it, or preset = \"microsoft\" or \"google\""
            ),
            (
                "preset = \"microsoft\"\nclient_id = \"c\"\nclient_secret_file = \"s\"",
                "upstream.oauth2.tenant: missing; write the domain name or ID of your organisation, such as "
                    + "\"example.onmicrosoft.com\""
            ),
            (
                "preset = \"google\"\nclient_id = \"c\"\nclient_secret_file = \"s\"",
                "upstream.oauth2.refresh_token_file: missing; add refresh_token_file; docs/oauth2.md says how to get a "
                    + "refresh token"
            ),
            (
                "token_url = \"https://id.test/t\"\nclient_id = \"c\"",
                "upstream.oauth2.client_secret_file: missing; add it, or refresh_token_file"
            ),
            (
                "token_url = \"https://id.test/t\"\nclient_id = \"c\"\ngrant = \"refresh_token\"",
                "upstream.oauth2.refresh_token_file: missing; add it, or write another grant"
            ),
        ])
    func complete(lines: String, problem: String) {
        #expect(errors(lines).map { $0.drop { $0 != " " }.dropFirst() } == [problem[...]])
    }

    @Test(
        "must not contradict itself",
        arguments: [
            (
                "preset = \"google\"\ngrant = \"client_credentials\"\nclient_id = \"c\"\nclient_secret_file = \"s\"",
                "9: upstream.oauth2.grant: google gives no tokens for client_credentials; add refresh_token_file; "
                    + "docs/oauth2.md says how to get a refresh token"
            ),
            (
                "token_url = \"http://id.test/t\"\nclient_id = \"c\"\nclient_secret_file = \"s\"",
                "8: upstream.oauth2.token_url: secrets could cross the network in clear text; "
                    + "write https, or private = true for a server in your own network"
            ),
            (
                "token_url = \"https://10.0.0.1/t\"\nclient_id = \"c\"\nclient_secret_file = \"s\"",
                "8: upstream.oauth2.token_url: the value has a private address; "
                    + "use another, or write private = true if you mean it"
            ),
        ])
    func contradictions(lines: String, problem: String) {
        #expect(errors(lines) == [problem])
    }

    @Test("a refresh token that the grant does not use is a warning, whatever is in its file")
    func unusedRefreshToken() throws {
        try withTemporaryDirectory { directory in
            let (secret, refresh) = (directory + "/secret", directory + "/refresh")
            for path in [secret, refresh] {
                try Data("a b\n".utf8).write(to: URL(fileURLWithPath: path))
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            }
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: refresh)
            func lines(_ client: String, _ file: String) -> String {
                "token_url = \"https://id.test/t\"\nclient_id = \"\(client)\"\nclient_secret_file = \"\(secret)\"\n"
                    + "grant = \"client_credentials\"\nrefresh_token_file = \"\(file)\"\n"
            }
            let warning =
                "12: warning: upstream.oauth2.refresh_token_file: is not used with grant = \"client_credentials\"; "
                + "remove one of the two"
            for file in [refresh, directory + "/missing"] {
                #expect(problems(lines("c", file)) == [warning])
                let text = minimal + Self.account + "[upstream.oauth2]\n" + lines("c", file)
                #expect(try configuration(text).delivery.upstreams[0].oauth?.usedGrant == .clientCredentials)
            }
            // Two may name it, since neither uses it.
            let other = "[[upstream]]\nname = \"other\"\naddress = \"other.test:587\"\n" + Self.account
            #expect(errors(lines("c", refresh) + other + "[upstream.oauth2]\n" + lines("d", refresh)) == [])
        }
    }

    @Test("needs a username, excludes a password, and allows mechanisms for tokens only")
    func account() {
        let table =
            "[upstream.oauth2]\ntoken_url = \"https://id.test/t\"\nclient_id = \"c\"\nclient_secret_file = \"s\"\n"
        func errors(_ lines: String) -> [String] {
            RelayConfiguration.check(text: minimal + lines + table, file: "r", environment: [:]).problems
                .filter { $0.severity == .error }.map { "\($0.key ?? ""): \($0.message)" }
        }
        #expect(errors("tls = \"starttls\"\n") == ["upstream.oauth2: has no matching username"])
        #expect(errors(Self.account + "password_file = \"p\"\n") == ["upstream.oauth2: password_file is given too"])
        #expect(
            errors(Self.account + "mechanism = \"PLAIN\"\n") == ["upstream.mechanism: PLAIN has no use for a token"])
        for mechanism in ["XOAUTH2", "OAUTHBEARER"] {
            #expect(errors(Self.account + "mechanism = \"\(mechanism)\"\n") == [])
        }
        let clear = errors("username = \"u\"\n")
        #expect(clear.count == 1 && clear[0].hasPrefix("upstream.tls: with \"opportunistic\" credentials could cross"))
    }

    @Test("a refresh token belongs to one account")
    func sharedFile() {
        func second(_ client: String) -> [String] {
            func table(_ client: String) -> String {
                "[upstream.oauth2]\ntoken_url = \"https://id.test/t\"\nclient_id = \"\(client)\"\n"
            }
            let file = "refresh_token_file = \"r\"\n"
            let other = "[[upstream]]\nname = \"other\"\naddress = \"other.test:587\"\n"
            let text = minimal + Self.account + table("c") + file + other + Self.account + table(client) + file
            return RelayConfiguration.check(text: text, file: "r", environment: [:]).problems
                .filter { $0.severity == .error }.map { "\($0.key ?? ""): \($0.message)" }
        }
        #expect(second("c") == [])
        #expect(
            second("another") == [
                "upstream.oauth2.refresh_token_file: upstream \"primary\" has the same file with other settings"
            ])
    }

    @Test("two names of one refresh token are seen through, and so is a link to where it can be replaced")
    func links() throws {
        try withTemporaryDirectory { directory in
            let (target, link) = (directory + "/data/refresh", directory + "/fixed/refresh")
            for name in ["data", "fixed"] {
                try FileManager.default.createDirectory(
                    atPath: "\(directory)/\(name)", withIntermediateDirectories: true)
            }
            try Data("s".utf8).write(to: URL(fileURLWithPath: target))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: target)
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
            func allow(_ mode: Int) throws {
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: directory + "/fixed")
            }
            try allow(0o500)
            defer { try? allow(0o700) }
            func file(_ path: String) -> String {
                "token_url = \"https://id.test/t\"\nclient_id = \"c\"\nrefresh_token_file = \"\(path)\"\n"
            }
            #expect(problems(file(link)) == [])
            let other = "[[upstream]]\nname = \"other\"\naddress = \"other.test:587\"\n" + Self.account
            let both = errors(file(link) + other + "[upstream.oauth2]\n" + file(target))
            #expect(both.count == 1 && both[0].contains("upstream \"primary\" has the same file with other settings"))
        }
    }

    @Test("files that everybody can read, or that are not there, are warnings: until then there is no mail")
    func files() throws {
        try withTemporaryDirectory { directory in
            let (secret, refresh) = (directory + "/secret", directory + "/refresh")
            let lines =
                "token_url = \"https://id.test/t\"\nclient_id = \"c\"\n"
                + "client_secret_file = \"\(secret)\"\nrefresh_token_file = \"\(refresh)\""
            #expect(problems(lines).count == 2)
            for path in [secret, refresh] { try Data("s".utf8).write(to: URL(fileURLWithPath: path)) }
            for (mode, warns) in [(0o644, true), (0o640, false), (0o600, false)] {
                for path in [secret, refresh] {
                    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
                }
                let remedy = "run chmod o-r on it; until then this upstream gets no mail"
                let warnings = [
                    "10: warning: upstream.oauth2.client_secret_file: every user of this machine can read \(secret); "
                        + remedy,
                    "11: warning: upstream.oauth2.refresh_token_file: every user of this machine can read \(refresh); "
                        + remedy,
                ]
                #expect(problems(lines) == (warns ? warnings : []))
            }
        }
    }

    @Test("a reload shows what has changed, key by key")
    func changes() throws {
        func snapshot(_ client: String?) throws -> ConfigurationSnapshot {
            let table = client.map {
                "[upstream.oauth2]\ntoken_url = \"https://id.test/t\"\nclient_id = \"\($0)\"\nclient_secret_file = \"/s\"\n"
            }
            return ConfigurationSnapshot(try configuration(minimal + (table.map { Self.account + $0 } ?? "")))
        }
        let changes = try snapshot("old").changes(in: snapshot("new"))
        #expect(changes.map(\.key) == ["upstream.oauth2.client_id"])
        #expect(changes.first?.before == "\"old\"" && changes.first?.after == "\"new\"")
        #expect(changes.allSatisfy { !$0.needsRestart })
        #expect(try snapshot("old").changes(in: snapshot(nil)).contains { $0.key == "upstream.oauth2.token_url" })
    }
}
