import Delivery
import Foundation
import Glibc
import TLS
import TestKit
import Testing

@testable import Configuration

@Suite("TLS and account of an upstream")
struct AccountTests {
    private func problems(_ lines: String, environment: [String: String] = ["P": "hunter2"]) -> [String] {
        RelayConfiguration.check(text: minimal + lines, file: "relay.conf", environment: environment)
            .problems.map { String($0.description.dropFirst("relay.conf:".count)) }
    }

    private static let pair = "username = \"relay\"\npassword = \"${P}\"\n"

    @Test(
        "must be complete",
        arguments: [
            (
                "username = \"relay\"\ntls = \"starttls\"",
                "5: upstream.username: has no matching secret; "
                    + "add password_file, password_credential, password, token_file or [upstream.oauth2]"
            ),
            (
                "password = \"${P}\"\ntls = \"starttls\"",
                "5: upstream.password: has no matching username; "
                    + "add username, or remove it"
            ),
            (
                pair + "tls = \"starttls\"\ntoken_file = \"relay.conf\"",
                "8: upstream.token_file: password is given too; "
                    + "keep one of them"
            ),
        ])
    func complete(lines: String, problem: String) {
        #expect(problems(lines).filter { !$0.contains("warning") } == [problem])
    }

    @Test(
        "a mechanism must suit the account",
        arguments: [
            (
                "mechanism = \"PLAIN\"",
                "5: upstream.mechanism: has no matching username; add username, or remove it"
            ),
            (
                pair + "tls = \"starttls\"\nmechanism = \"XOAUTH2\"",
                "8: upstream.mechanism: XOAUTH2 has no use for a password; "
                    + "add token_file or [upstream.oauth2] instead of the password"
            ),
            (
                "username = \"u\"\ntoken_file = \"relay.conf\"\ntls = \"starttls\"\nmechanism = \"plain\"",
                "8: upstream.mechanism: PLAIN has no use for a token; "
                    + "write \"XOAUTH2\" or \"OAUTHBEARER\", or remove it"
            ),
            (
                pair + "tls = \"off\"\nauth_without_tls = true\nmechanism = \"SCRAM-SHA-256-PLUS\"",
                "9: upstream.mechanism: nobody can use SCRAM-SHA-256-PLUS without TLS; "
                    + "add tls, or write \"SCRAM-SHA-256\""
            ),
        ])
    func mechanism(lines: String, problem: String) {
        #expect(problems(lines).filter { !$0.contains("warning") } == [problem])
    }

    @Test("credentials in clear text are an error", arguments: ["off", "opportunistic"])
    func clearText(use: String) {
        let expected =
            "7: upstream.tls: with \"\(use)\" credentials could cross the network in clear text; "
            + "write tls = \"starttls\" or \"implicit\""
        #expect(problems(Self.pair + "tls = \"\(use)\"") == [expected])
        #expect(problems(Self.pair + "tls = \"\(use)\"\nauth_without_tls = true") == [])
        let local = minimal.replacing("mx.test", with: "127.0.0.1") + Self.pair + "tls = \"\(use)\""
        let (configuration, _) = RelayConfiguration.check(text: local, file: "r", environment: ["P": "x"])
        #expect(configuration != nil)
    }

    @Test(
        "misleading TLS settings are reported",
        arguments: [
            (
                "tls_verify = true",
                "5: upstream.tls_verify: nothing is verified with tls = \"opportunistic\"; "
                    + "write tls = \"starttls\" or \"implicit\""
            ),
            (
                "ca_file = \"x\"",
                "5: warning: upstream.ca_file: nothing is verified with tls = \"opportunistic\"; "
                    + "write tls = \"starttls\" or \"implicit\", or remove it"
            ),
            (
                pair + "tls = \"starttls\"\ntls_verify = false",
                "8: warning: upstream.tls_verify: credentials are sent to "
                    + "whoever answers; trust the server's authority through ca_file instead"
            ),
        ])
    func seeming(lines: String, problem: String) {
        #expect(problems(lines) == [problem])
    }

    @Test(
        "port and TLS mode must match",
        arguments: [
            (465, "starttls", true), (465, "opportunistic", true), (465, "implicit", false), (587, "implicit", true),
            (25, "implicit", true), (587, "starttls", false), (2465, "implicit", false),
        ])
    func ports(port: Int, use: String, warns: Bool) {
        let text = minimal.replacing("mx.test:25", with: "mx.test:\(port)") + "tls = \"\(use)\""
        let problems = RelayConfiguration.check(text: text, file: "r", environment: [:]).problems
        #expect(problems.map(\.severity) == (warns ? [.warning] : []))
        #expect(problems.allSatisfy { $0.key == "upstream.tls" && $0.line == 5 })
    }

    @Test("a ca_file without certificates is an error")
    func authorities() throws {
        try withTemporaryDirectory { directory in
            let file = directory + "/relay.conf"
            try Data("nothing".utf8).write(to: URL(fileURLWithPath: directory + "/ca.pem"))
            for name in ["ca.pem", "missing.pem"] {
                let text = minimal + "tls = \"starttls\"\nca_file = \"\(name)\""
                let problems = RelayConfiguration.check(text: text, file: file, environment: [:]).problems
                #expect(problems.map(\.key) == ["upstream.ca_file"])
                #expect(problems.hasErrors)
                #expect(problems.first?.message.contains("\(directory)/\(name)") == true)
            }
        }
    }

    @Test(
        "expired authorities and ones not yet valid are reported for upstreams and clients, but the relay starts",
        arguments: [
            (
                -172_800, -86_400, "expired on",
                "get the authority's new certificate; until then no server is trusted"
            ),
            (
                86_400, 172_800, "is not valid before",
                "check this machine's clock; until then no server is trusted"
            ),
            (-3600, 3600, nil, ""),
        ])
    func expiredAuthorities(from start: Int, to end: Int, _ words: String?, _ remedy: String) throws {
        let certificates = try TestCertificates()
        let authority = try certificates.makeSelfSigned(
            "old", .init(commonName: "Old Authority", notBefore: start, notAfter: end)
        ).certificate
        let text =
            minimal + "tls = \"starttls\"\nca_file = \"\(authority)\"\n"
            + "[[listener]]\ntls = \"starttls\"\ncertificate = \"\(exampleCertificate)\"\nclient_ca = \"\(authority)\"\n"
        let (configuration, problems) = RelayConfiguration.check(text: text, file: "relay.conf", environment: [:])
        #expect(configuration != nil)
        #expect(problems.map(\.key) == (words == nil ? [] : ["upstream.ca_file", "listener.client_ca"]))
        for problem in problems {
            #expect(problem.severity == .warning && problem.remedy == remedy)
            #expect(problem.message.hasPrefix("the certificate in \(authority) \(words ?? "") 2"), "\(problem)")
        }
    }

    @Test("one valid authority in a file is enough")
    func oneIsEnough() throws {
        let certificates = try TestCertificates()
        let old = try certificates.makeSelfSigned("old", .init(notBefore: -7200, notAfter: -3600)).certificate
        let both = certificates.directory.path + "/both.pem"
        let parts = try [old, certificates.authorityFile].map { try String(contentsOfFile: $0, encoding: .utf8) }
        try parts.joined().write(toFile: both, atomically: true, encoding: .utf8)
        #expect(problems("tls = \"starttls\"\nca_file = \"\(both)\"\n").isEmpty)
    }

    @Test("a world-readable or missing secret is a warning")
    func secretFiles() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/password"
            let lines = "tls = \"starttls\"\nusername = \"relay\"\npassword_file = \"\(path)\""
            #expect(
                problems(lines) == [
                    "7: warning: upstream.password_file: \(path): No such file or directory; "
                        + "create it; until then this upstream gets no mail"
                ])
            try Data("hunter2".utf8).write(to: URL(fileURLWithPath: path))
            for (mode, warns) in [(0o644, true), (0o640, false), (0o600, false)] {
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
                let expected =
                    "7: warning: upstream.password_file: every user of this machine can read \(path); "
                    + "run chmod o-r on it"
                #expect(problems(lines) == (warns ? [expected] : []))
            }
        }
    }

    @Test("a secret in a pipe is a warning, and nobody waits for it")
    func secretPipe() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/password"
            #expect(mkfifo(path, 0o600) == 0)
            #expect(
                problems("tls = \"starttls\"\nusername = \"relay\"\npassword_file = \"\(path)\"") == [
                    "7: warning: upstream.password_file: \(path) is not a regular file; "
                        + "write the secret to a file, and name that; until then this upstream gets no mail"
                ])
        }
    }

    @Test(
        "a secret of only line ends and a byte order mark is an error", arguments: ["", "\n", "\u{FEFF}\r\n\n"])
    func emptySecret(content: String) throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/password"
            try Data(content.utf8).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            #expect(
                problems("tls = \"starttls\"\nusername = \"relay\"\npassword_file = \"\(path)\"") == [
                    "7: upstream.password_file: \(path) is empty; write the secret to it"
                ])
        }
    }

    @Test("a systemd credential is looked up in its directory")
    func credential() throws {
        try withTemporaryDirectory { directory in
            let lines = "tls = \"starttls\"\nusername = \"relay\"\npassword_credential = \"smtp\""
            #expect(
                problems(lines) == [
                    "7: warning: upstream.password_credential: $CREDENTIALS_DIRECTORY is not set here; "
                        + "start the relay from a systemd unit with LoadCredential=smtp:…"
                ])
            #expect(
                FileManager.default.createFile(
                    atPath: directory + "/smtp", contents: Data("x".utf8), attributes: [.posixPermissions: 0o400]))
            #expect(problems(lines, environment: ["CREDENTIALS_DIRECTORY": directory]) == [])
        }
    }

    @Test(
        "problems and values never show a secret, however they are printed",
        arguments: [
            "password = \"hunter2\"", "password = 4711", "password = [\"hunter2\"]", "password = \"${P}\"",
            "password = \"hunter2${P}\"", "username = \"${P}\\u0001\"\npassword = \"${P}\"",
        ])
    func secrecy(lines: String) throws {
        let text =
            minimal + "tls = \"starttls\"\n" + (lines.contains("username") ? "" : "username = \"relay\"\n") + lines
        let (configuration, problems) = RelayConfiguration.check(text: text, file: "r", environment: ["P": "hunter2"])
        var shown = problems.map(\.description).joined() + problems.map { String(reflecting: $0) }.joined()
        if let configuration {
            dump(configuration, to: &shown)
            shown += "\(configuration)" + String(reflecting: configuration)
        }
        #expect(!shown.contains("hunter2") && !shown.contains("4711"))
        #expect(!shown.contains(Array("hunter2".utf8).description))
    }
}
