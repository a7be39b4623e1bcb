import Delivery
import Foundation
import Mail
import Mailbox
import OAuth
import Probing
import RoundTrips
import Testing

@testable import Configuration

@Suite("Round trips in relay.conf")
struct RoundTripTests {
    private static let second = "[[upstream]]\nname = \"other\"\naddress = \"other.test:25\"\n"

    /// A round trip with lines of its own, and of its mailbox.
    private func trip(_ name: String, _ lines: String = "", mailbox: String = "", user: String = "p@a.test") -> String {
        """
        [[round_trip]]
        name = "\(name)"
        \(lines)
        [round_trip.mailbox]
        address = "mail.test:993"
        username = "\(user)"
        token_file = "t"
        \(mailbox)

        """
    }

    /// Without those about files that are not there, and without lines.
    private func problems(_ text: String...) -> [String] {
        ConfigurationTests.problems(minimal + Self.second + text.joined(separator: "\n"))
            .filter {
                !$0.contains(": No such file or directory; create it; until then nobody looks into this mailbox")
            }
            .map { $0.replacingOccurrences(of: #"^relay.conf:\d+: "#, with: "", options: .regularExpression) }
    }

    @Test("a name and a mailbox are enough")
    func least() throws {
        #expect(problems(trip("gmail")) == [])
        let text = minimal + Self.second + trip("gmail")
        let settings = try configuration(text, file: "/etc/posthorse/relay.conf").roundTrips[0]
        #expect(
            settings.paths(["primary", "other"]) == [
                TripPath(trip: "gmail", upstream: "primary", mailbox: "p@a.test"),
                TripPath(trip: "gmail", upstream: "other", mailbox: "p@a.test"),
            ])
        #expect(settings.sender.text == "posthorse@relay.test" && settings.recipient.text == "p@a.test")
        #expect(settings.mailbox.secret == .tokenFile("/etc/posthorse/t"))
        #expect(settings.mailbox.tls == .implicit && settings.mailbox.port == 993 && settings.mailbox.kind == .imap)
    }

    @Test("without any, there is none")
    func none() throws {
        #expect(try configuration(minimal).roundTrips == [])
    }

    @Test("what goes as routed goes through no other upstream by itself, unless that is asked for")
    func asRouted() throws {
        func paths(_ lines: String) throws -> [String?] {
            try configuration(minimal + trip("a", lines)).roundTrips[0].paths(["primary"]).map(\.upstream)
        }
        #expect(try paths("as_routed = true") == [nil])
        #expect(try paths("as_routed = true\nupstreams = \"*\"") == [nil, "primary"])
        #expect(try paths("as_routed = true\nupstreams = []") == [nil])
        #expect(try paths("upstreams = [\"*\"]") == ["primary"])
    }

    @Test("the sender is the author of notices where there is one")
    func sender() throws {
        let text = minimal + "[bounce]\nfrom = \"mail@b.test\"\n" + trip("a")
        #expect(try configuration(text).roundTrips[0].sender.text == "mail@b.test")
        // Which stands in no header of a probe.
        let other = text.replacing("mail@b.test", with: "jörg@b.test")
        #expect(try configuration(other).roundTrips[0].sender.text == "posthorse@relay.test")
    }

    @Test("late_after is never beyond missing_after, unless that is written")
    func late() throws {
        let text = minimal + trip("a", "missing_after = \"5s\"\nevery = \"1s\"")
        #expect(try configuration(text).roundTrips[0].trip.lateAfter == .seconds(5))
    }

    @Test(
        "what is missing is said",
        arguments: [
            (
                "[[round_trip]]\nname = \"a\"\n",
                "round_trip.mailbox: missing; write [round_trip.mailbox] with an address and a username below"
            ),
            (
                "[[round_trip]]\nname = \"a\"\n[round_trip.mailbox]\naddress = \"m.test:993\"\nusername = \"a@b.test\"\n",
                "round_trip.mailbox.username: has no matching secret; add password_file, password_credential, password, "
                    + "token_file or [round_trip.mailbox.oauth2]"
            ),
            (
                "[[round_trip]]\nname = \"a\"\n[round_trip.mailbox]\naddress = \"m.test:993\"\nusername = \"probe\"\n"
                    + "token_file = \"t\"\n",
                "round_trip.mailbox.username: \"probe\" is not an address, and the round trip has no recipient; write as "
                    + "recipient the address whose mail ends in this mailbox"
            ),
        ])
    func missing(lines: String, problem: String) {
        #expect(problems(lines) == [problem])
    }

    @Test("names are unique, and an address has one mailbox")
    func unique() {
        let twice = problems(trip("a"), trip("a", "recipient = \"q@a.test\""))
        #expect(twice.count == 1 && twice[0].hasPrefix("round_trip.name: \"a\" is already used on line "))
        #expect(problems(trip("a"), trip("b")) == [])
        let two =
            "round trip \"a\" looks for mail to the same address in another mailbox; "
            + "give both the same [round_trip.mailbox], or this one another recipient"
        #expect(
            problems(trip("a"), trip("b", mailbox: "folders = [\"INBOX\"]")) == ["round_trip.mailbox: \(two)"])
        #expect(
            problems(trip("a"), trip("b", "recipient = \"P@A.test\"", user: "q@a.test"))
                == ["round_trip.recipient: \(two)"])
    }

    @Test(
        "ports and encryption that do not suit each other are said",
        arguments: [
            ("imap", "mail.test:143", "implicit", "servers on port 143 expect STARTTLS; write tls = \"starttls\""),
            (
                "imap", "mail.test:993", "starttls",
                "servers on port 993 expect TLS from the first octet; write tls = \"implicit\""
            ),
            ("pop3", "mail.test:110", "implicit", "servers on port 110 expect STARTTLS; write tls = \"starttls\""),
            ("pop3", "mail.test:995", "implicit", nil), ("imap", "mail.test:143", "starttls", nil),
            ("imap", "127.0.0.1:1143", "off", nil), ("imap", "[::1]:143", "off", nil),
            ("pop3", "localhost:110", "off", nil),
        ] as [(String, String, String, String?)])
    func ports(type: String, address: String, tls: String, problem: String?) {
        let text = trip("a").replacing("mail.test:993", with: address) + "type = \"\(type)\"\ntls = \"\(tls)\"\n"
        #expect(problems(text) == (problem.map { ["warning: round_trip.mailbox.tls: \($0)"] } ?? []).map { $0 })
    }

    @Test("credentials do not cross a network in clear text, even to a name that begins like a loopback address")
    func clearText() {
        for host in ["mail.test", "127.0.0.1.test", "10.0.0.1"] {
            let text = trip("a").replacing("mail.test:993", with: "\(host):143") + "tls = \"off\"\n"
            #expect(
                problems(text).map { $0.prefix { $0 != ";" } } == [
                    "round_trip.mailbox.tls: with \"off\" credentials could cross the network in clear text"
                ])
        }
    }

    @Test("one secret is enough, and POP3 has no folders")
    func mailbox() {
        #expect(
            problems(trip("a", mailbox: "password_file = \"p\"")) == [
                "round_trip.mailbox.token_file: password_file is given too; keep one of them"
            ])
        #expect(
            problems(trip("a", mailbox: "type = \"pop3\"\nfolders = [\"Junk\"]")) == [
                "warning: round_trip.mailbox.folders: pop3 sees the inbox only; remove it, or write type = \"imap\""
            ])
    }

    @Test("a password for Microsoft is a warning with the way out")
    func microsoft() {
        let text = trip("a").replacing("mail.test:993", with: "outlook.office365.com:993")
        #expect(problems(text) == [])
        #expect(
            problems(text.replacing("token_file", with: "password_file")) == [
                "warning: round_trip.mailbox.password_file: outlook.office365.com takes no passwords; write "
                    + "[round_trip.mailbox.oauth2] instead; docs/round-trips.md has the steps"
            ])
    }

    @Test("more probes than may be under way, and a verdict by one of them, are warnings")
    func times() {
        #expect(
            problems(trip("a", "every = \"1s\"\nmissing_after = \"1h\"")) == [
                "warning: round_trip.every: of each upstream at most 1024 probes are under way, and more are sent within "
                    + "missing_after (1h); increase it, or decrease missing_after"
            ])
        #expect(
            problems(trip("a", "missing_threshold = 1")) == [
                "warning: round_trip.missing_threshold: one lost probe is enough for a verdict; write 2 or more; single "
                    + "messages get lost without any meaning"
            ])
    }

    // MARK: - Consequences

    @Test("an action that can never follow is a warning")
    func witnesses() {
        let alone =
            "warning: round_trip.action: only probes of \"primary\" go to this mailbox: if they are lost, nobody can tell "
            + "whose fault it is, and nothing follows; add another upstream, or another mailbox, or write action = \"alert\""
        let lines = "action = \"reduce\"\nupstreams = [\"primary\"]"
        #expect(problems(trip("a", lines)) == [alone])
        #expect(problems(trip("a", "action = \"reduce\"")) == [])
        // Another round trip has another upstream's mail in the same mailbox, or this one's in another.
        #expect(problems(trip("a", lines), trip("b", "upstreams = [\"other\"]")) == [])
        #expect(problems(trip("a", lines), trip("b", "upstreams = [\"primary\"]", user: "q@a.test")) == [])
        #expect(problems(trip("a", lines), trip("b", "upstreams = [\"other\"]", user: "q@a.test")) == [alone])
        #expect(problems(trip("a", lines + "\nas_routed = true")) == [])
        #expect(
            problems(trip("a", "action = \"open\"\nas_routed = true")) == [
                "warning: round_trip.action: nothing follows from probes that go as routed, whatever upstream they take; "
                    + "name upstreams, or write action = \"alert\""
            ])
    }

    @Test("to open the only circuit of a route is a warning")
    func onlyUpstream() {
        func route(_ upstreams: String, _ lines: String = "") -> String {
            "[[route]]\nname = \"bulk\"\nsender = \"@a.test\"\nupstreams = [\(upstreams)]\n\(lines)\n"
        }
        let trip = trip("a", "action = \"open\"")
        let only =
            "warning: round_trip.action: the route \"bulk\" has no upstream but \"other\": its mail waits while that circuit "
            + "is open; add another upstream to it, or write action = \"alert\""
        #expect(problems(trip) == [])
        #expect(problems(route("\"other\""), trip) == [only])
        #expect(problems(route("\"other\"", "last_resort = \"primary\""), trip) == [])
        #expect(problems(route("\"other\", \"primary\""), trip) == [])
        #expect(problems(route("\"other\""), trip.replacing("open", with: "reduce")) == [])
        let single = ConfigurationTests.problems(minimal + trip.replacing("gmail", with: "g"))
        #expect(single.contains { $0.contains("the route \"default\" has no upstream but \"primary\"") })
    }

    // MARK: - Tokens

    @Test("Microsoft is asked for what the protocol needs")
    func scopes() throws {
        func scope(_ type: String, _ lines: String) throws -> String? {
            let text = trip("a", mailbox: "type = \"\(type)\"").replacing("token_file = \"t\"", with: "")
            let table =
                "[round_trip.mailbox.oauth2]\npreset = \"microsoft\"\ntenant = \"consumers\"\nclient_id = \"c\"\n\(lines)\n"
            return try configuration(minimal + text + table).roundTrips[0].mailbox.oauth?.usedScope
        }
        let owner = "refresh_token_file = \"r\""
        #expect(try scope("imap", owner) == "https://outlook.office.com/IMAP.AccessAsUser.All offline_access")
        #expect(try scope("pop3", owner) == "https://outlook.office.com/POP.AccessAsUser.All offline_access")
        #expect(try scope("imap", "client_secret_file = \"s\"") == "https://outlook.office365.com/.default")
        #expect(try scope("imap", owner + "\nscope = \"a\"") == "a")
    }

    @Test("a refresh token belongs to an upstream or to a mailbox, unless it is Google's")
    func refreshTokens() {
        func both(_ provider: String, _ file: String) -> [String] {
            func table(_ file: String) -> String {
                "\(provider)\nclient_id = \"c\"\nrefresh_token_file = \"\(file)\"\n"
            }
            let upstream = "tls = \"starttls\"\nusername = \"u\"\n[upstream.oauth2]\n" + table("r")
            let account = trip("a").replacing("token_file = \"t\"", with: "")
            let text = account + "[round_trip.mailbox.oauth2]\n" + table(file)
            return ConfigurationTests.problems(minimal + upstream + text).filter { !$0.contains("warning") }
        }
        #expect(both("preset = \"google\"", "r") == [])
        let microsoft = "preset = \"microsoft\"\ntenant = \"a.test\""
        #expect(both(microsoft, "s") == [])
        #expect(both(microsoft, "r").count == 1)
        #expect(
            both(microsoft, "r").first?.contains("upstream \"primary\" has the same file with other settings") == true)
    }

    @Test("what a table of tokens lacks is said as for upstreams")
    func tokens() {
        let text =
            trip("a").replacing("token_file = \"t\"", with: "") + "[round_trip.mailbox.oauth2]\nclient_id = \"c\"\n"
        #expect(
            Set(problems(text)) == [
                "round_trip.mailbox.oauth2.token_url: missing; write it, or preset = \"microsoft\" or \"google\"",
                "round_trip.mailbox.oauth2.client_secret_file: missing; add it, or refresh_token_file",
            ])
    }

    // MARK: - Files and reload

    @Test("files are looked at, and what is lost without them is said")
    func files() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/t"
            let text = trip("a").replacing("\"t\"", with: "\"\(path)\"")
            let missing = ConfigurationTests.problems(minimal + text)
            #expect(missing.count == 1 && missing[0].contains("until then nobody looks into this mailbox"))
            try Data("x".utf8).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            #expect(ConfigurationTests.problems(minimal + text) == [])
            try Data("\n".utf8).write(to: URL(fileURLWithPath: path))
            #expect(ConfigurationTests.problems(minimal + text).first?.contains("\(path) is empty") == true)
            let authority = ConfigurationTests.problems(minimal + text + "ca_file = \"\(path)\"\n")
            #expect(authority.contains { $0.contains("round_trip.mailbox.ca_file: ") })
        }
    }

    @Test("a reload shows what has changed, key by key, and no secret")
    func changes() throws {
        func read(_ lines: String, _ mailbox: String = "") throws -> RelayConfiguration {
            let text = trip("gmail", lines, mailbox: mailbox).replacing(
                "token_file = \"t\"", with: "password = \"${PASSWORD}\"")
            return try configuration(minimal + Self.second + text, environment: ["PASSWORD": "hunter2"])
        }
        let changes = try read("").changes(in: read("every = \"30s\"", "folders = [\"Spam\"]"))
        #expect(
            changes.map(\.description) == [
                "round_trip gmail: every: \"1m\" -> \"30s\"",
                "round_trip gmail: mailbox.folders: [] -> [\"Spam\"]",
            ])
        #expect(changes.allSatisfy { !$0.needsRestart })
        let added = try configuration(minimal + Self.second).changes(in: read(""))
        #expect(added.map(\.subject) == ["round_trip gmail: added"])
        #expect(added.first?.description.contains("mailbox.password = (secret)") == true)
        #expect(added.first?.description.contains("hunter2") == false)
    }

    @Test("addresses that come from the environment are shown nowhere, also where other keys have them")
    func environment() throws {
        func text(_ user: String) -> String {
            minimal + "[bounce]\nfrom = \"${AUTHOR}\"\n" + trip("gmail", user: user)
        }
        func read(_ user: String, _ author: String) throws -> RelayConfiguration {
            try configuration(text("${USER}"), environment: ["USER": user, "AUTHOR": author])
        }
        let changes = try read("p@a.test", "a@b.test").changes(in: read("q@a.test", "c@b.test"))
        #expect(changes.count == 4)
        #expect(changes.allSatisfy { $0.before == "(from the environment)" && $0.after == "(from the environment)" })
        let problems = ConfigurationTests.problems(
            text("${USER}"), environment: ["USER": "hunter2", "AUTHOR": "a@b.test"])
        #expect(problems.contains { $0.contains("round_trip.mailbox.username: \"${USER}\" is not an address") })
        #expect(!problems.contains { $0.contains("hunter2") })
    }

    @Test("names that others use are recognised")
    func synonyms() {
        func first(_ text: String) -> String? { problems(text).first }
        #expect(first(trip("a", "interval = \"1m\"")) == "round_trip.interval: unknown key; did you mean \"every\"?")
        #expect(
            first(trip("a", mailbox: "protocol = \"imap\""))
                == "round_trip.mailbox.protocol: unknown key; did you mean \"type\"?")
        #expect(
            first(trip("a", "imap = 1")) == "round_trip.imap: unknown key; did you mean \"[round_trip.mailbox]\"?")
    }
}
