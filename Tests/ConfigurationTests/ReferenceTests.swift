import Delivery
import Access
import Alerts
import Foundation
import Ingress
import Mail
import SASL
import TestKit
import Notices
import Outbound
import Testing
import Webhooks
import Upstreams

@testable import Configuration

@Suite("The committed reference agrees with the code")
struct ReferenceTests {
    private static let rewrites = ProcessInfo.processInfo.environment["POSTHORSE_WRITE_REFERENCE"] == "1"

    /// Compares a file with its expected text, or writes it if asked to.
    private func expect(_ name: String, is text: String) throws {
        let file = SourceTree.file(name)
        if Self.rewrites { try text.write(to: file, atomically: true, encoding: .utf8) }
        let committed = try String(contentsOf: file, encoding: .utf8)
        #expect(committed == text, "\(name) is out of date: run make reference")
    }

    @Test("relay.conf.example is up to date")
    func example() throws {
        try expect("relay.conf.example", is: ConfigurationReference.example())
    }

    @Test("the tables of docs/configuration.md are up to date")
    func markdown() throws {
        let (begin, end) = ("<!-- reference: begin -->\n", "<!-- reference: end -->\n")
        let page = try SourceTree.text("docs/configuration.md")
        let start = try #require(page.range(of: begin)).upperBound
        let stop = try #require(page.range(of: end)).lowerBound
        let text = page[..<start] + "\n" + ConfigurationReference.markdown() + "\n" + page[stop...]
        try expect("docs/configuration.md", is: String(text))
    }

    @Test("relay.conf.example as it stands gives exactly the defaults")
    func exampleGivesDefaults() throws {
        var expected = ConfigurationDraft()
        var upstream = ConfigurationDraft.upstream
        upstream.name = "primary"
        upstream.host = "smtp.example.com"
        upstream.port = 25
        expected.upstreams = [upstream]
        #expect(try configuration(ConfigurationReference.example()) == expected.configuration(relativeTo: nil))
    }

    /// Keys that exclude each other, or need a non-default value of another key.
    private static let alternatives: Set = [
        "tls_verify", "ca_file", "tls_name", "username", "password_file", "password_credential", "password",
        "token_file", "mechanism", "last_resort", "secret_file", "url_file", "routing_key_file", "source_address",
    ]

    /// `upstream.oauth2` needs a username, which needs nothing else then; the others have a test of their own.
    private static let alternativeTables = [
        "upstream.oauth2", "round_trip", "round_trip.mailbox", "round_trip.mailbox.oauth2",
    ]

    private static func withoutAlternativeTables(_ lines: [Substring]) -> [Substring] {
        alternativeTables.reduce(lines) { lines, name in
            guard let start = lines.firstIndex(where: { $0 == "#[\(name)]" || $0 == "#[[\(name)]]" }) else {
                return lines
            }
            let end = lines[(start + 1)...].firstIndex { $0.hasPrefix("#[") || $0.hasPrefix("[") } ?? lines.endIndex
            return Array(lines[..<start] + lines[end...])
        }
    }

    @Test("relay.conf.example with every key enabled gives exactly the defaults")
    func exampleSwitchedOn() throws {
        let file = KeyCase.usersFile(users: ["other"])
        defer { try? FileManager.default.removeItem(atPath: file) }
        let template = file + ".txt"
        try "{summary}\n{recipients}\n".write(toFile: template, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: template) }
        let example = ConfigurationReference.example().replacing("/etc/posthorse/users.toml", with: file)
            .replacing("/etc/posthorse/bounce.txt", with: template)
        let lines = Self.withoutAlternativeTables(example.split(separator: "\n", omittingEmptySubsequences: false))
        // An alert about an upstream is about no stream.
        let isKey = { (line: Substring) in
            line.hasPrefix("#[[")
                || line.hasPrefix("#") && !line.hasPrefix("# ") && line.contains(" = ")
                    && !Self.alternatives.contains { line.hasPrefix("#\($0) = ") }
                    && line != "#stream = \"newsletter-*\""
        }
        let text = lines.map { isKey($0) ? $0.dropFirst() : $0 }.joined(separator: "\n")
        #expect(problems(text) == [])
        let keys = Schema.references.filter { !Self.alternativeTables.contains($0.name) }.flatMap(\.keys)
            .count { !Self.alternatives.contains($0.name) }
        #expect(lines.count(where: isKey) == keys - 3 + 10)
        var expected = try configuration(ConfigurationReference.example())
        expected = RelayConfiguration(
            hostname: "relay.example.com", threads: 1, spool: expected.spool, listeners: expected.ingress.listeners,
            delivery: expected.delivery)
        Self.addExamples(to: &expected.delivery)
        expected.ingress.capturedHeaders = ["x-mail-class"]
        expected.usersFile = file
        expected.adminGroup = "operators"
        expected.cluster = ClusterSettings(
            database: "host=db1,db2 dbname=posthorse user=posthorse sslmode=verify-full", node: "relay1")
        expected.http.addresses = [.init(host: "127.0.0.1", port: 8025)]
        expected.http.tokens = [
            AccessToken(name: "monitoring", hash: ConfigurationDraft.exampleTokenHash, role: .read, user: "app")
        ]
        expected.noticeTemplateFile = template
        expected.delivery.notices.template = try NoticeTemplate("{summary}\n{recipients}\n")
        expected.ingress.listeners[0].mechanisms = SASLMechanism.served
        expected.ingress.listeners[0].clientCA = "/etc/posthorse/clients.pem"
        expected.ingress.listeners[0].senders = .example
        expected.ingress.rewrites = [ConfigurationDraft.rewrite]
        var user = ConfigurationDraft.user
        user.name = "other"
        expected.ingress.usersOfFile = [user]
        user.name = "app"
        user.priority = .normal
        user.maxRate = Rate(count: 100, per: .seconds(1))
        user.route = "bulk"
        user.stream = "shop"
        user.senders = .example
        expected.ingress.users = [user]
        Self.addExamples(to: &expected.alerts)
        expected.webhooks = [
            WebhookSettings(name: "app", url: try WebURL(parsing: "https://app.example.com/posthorse"))
        ]
        #expect(try configuration(text) == expected)
    }

    @Test("the round trip of relay.conf.example with every key enabled gives exactly the defaults")
    func exampleRoundTrip() throws {
        let lines = ConfigurationReference.example().split(separator: "\n")
        let start = try #require(lines.firstIndex(of: "#[[round_trip]]"))
        let end = try #require(lines.firstIndex(of: "#[round_trip.mailbox.oauth2]"))
        let others = ["ca_file", "tls_name", "password_credential", "password", "token_file"]
        let keys = lines[start..<end].filter { line in
            line.hasPrefix("#") && !line.hasPrefix("# ") && !others.contains { line.hasPrefix("#\($0) = ") }
        }
        let trips = try configuration(minimal + keys.map { $0.dropFirst() }.joined(separator: "\n")).roundTrips
        var trip = RoundTripDraft()
        (trip.name, trip.sender) = ("gmail", Address(unchecked: "probes@example.com"))
        var mailbox = MailboxDraft()
        (mailbox.username, mailbox.passwordFile) = ("probe@gmail.com", "/etc/posthorse/mailbox-password")
        mailbox.address = HostAndPort(host: "imap.gmail.com", port: 993)
        trip.mailbox = mailbox
        #expect(trips == [trip.settings(NoticeSettings(hostname: ""), hostname: "relay.test") { $0 }])
    }

    private static func addExamples(to alerts: inout AlertSettings) {
        var rule = AlertRule(name: "slow-mail", kind: .deliveryLatency)
        (rule.above, rule.hold, rule.severity) = (.duration(.seconds(1800)), .seconds(60), .warning)
        (rule.upstream, rule.route) = ("primary", "bulk")
        alerts.own = [rule]
        var sink = NotifySettings(name: "ops", kind: .webhook)
        sink.url = "https://ops.example.com/alerts"
        alerts.sinks = [sink]
    }

    /// What the example sets beyond the defaults.
    private static func addExamples(to settings: inout DeliverySettings) {
        var pace = ConfigurationDraft.pace
        (pace.maxRate, pace.maxConnections) = (Rate(count: 20, per: .seconds(1)), 10)
        settings.paces = [pace]
        settings.upstreams[0].provider = "none"
        settings.upstreams[0].sender = .example
        settings.upstreams[0].autoMax = 100
        settings.upstreams[0].maxRate = Rate(count: 14, per: .seconds(1))
        settings.upstreams[0].rules = [
            UpstreamRule(match: "^554 .*sending paused", scope: .account, action: .nextUpstream)
        ]
        var route = RouteSettings(name: "bulk")
        route.match = Route.Match(
            sender: "@news.example.com", recipient: "@*.example.net", user: "newsletter",
            header: "X-Mail-Class: bulk*")
        route.upstreams = ["primary"]
        route.inDoubt = .retrySame
        route.inDoubtHold = .seconds(60)
        route.stream = "newsletter"
        route.priority = .bulk
        settings.routes = [route]
        settings.streams = [StreamSettings(name: "newsletter-*")]
        settings.notices.from = Address(unchecked: "bounces@example.com")
        settings.notices.postmaster = Address(unchecked: "postmaster@example.com")
        settings.retry.high = common(of: settings.retry)
        settings.retry.bulk = common(of: settings.retry)
    }

    private static func common(of retry: RetrySettings) -> RetrySettings.Override {
        var override = RetrySettings.Override()
        override.initial = retry.initial
        override.factor = retry.factor
        override.max = retry.max
        override.jitter = retry.jitter
        override.expireAfter = retry.expireAfter
        override.warnAfter = retry.warnAfter
        return override
    }

    @Test("the sample file at the start of docs/configuration.md is valid")
    func firstFile() throws {
        let page = try SourceTree.text("docs/configuration.md")
        let parts = page.split(separator: "```")
        let file = try #require(parts.first { $0.hasPrefix("toml\n") }).dropFirst(5)
        #expect(problems(String(file)) == [])
        #expect(try configuration(String(file)).delivery.upstreams.map(\.name) == ["primary", "fallback"])
    }

    @Test("every key has a one-line description, and no planned name is a key")
    func summaries() {
        for section in Schema.references {
            for key in section.keys {
                #expect(key.summary.hasSuffix(".") && !key.summary.contains("\n"), "\(section.name).\(key.name)")
                #expect(!PlannedKeys.contains(key.name, in: section.name), "\(section.name).\(key.name)")
            }
        }
    }
}
