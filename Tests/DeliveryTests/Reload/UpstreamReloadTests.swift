import Mail
import OAuth
import SASL
import SMTP
import Testing
import Upstreams

@testable import Delivery

@Suite("A reload compares upstreams by name")
struct UpstreamReloadTests {
    private static func settings(_ names: String...) -> DeliverySettings {
        var settings = DeliverySettings()
        settings.upstreams = names.map { UpstreamSettings(name: $0, host: "\($0).example", port: 25) }
        return settings
    }

    @Test("added, removed and kept ones are told apart, whatever their order")
    func names() {
        let reload = UpstreamReload(from: Self.settings("a", "b", "c"), to: Self.settings("d", "c", "a"))
        #expect(reload.added.map(\.name) == ["d"])
        #expect(reload.removed == ["b"])
        #expect(reload.kept == ["a": [], "c": []])
    }

    @Test("what applies to open sessions leaves them open")
    func openSessions() throws {
        let old = Self.settings("a").upstreams[0]
        var new = old
        new.maxConnections = 3
        new.maxMessagesPerConnection = 4
        new.maxRate = Rate(count: 1, per: .seconds(1))
        new.weight = 7
        new.rules = [UpstreamRule(match: "x", scope: .transport, action: .retryLater)]
        new.inDoubt = .hold
        new.inDoubtHold = .seconds(1)
        new.pipelining = .off
        new.headers = [try AddedField("X-Tag: a")]
        new.sender = SenderTemplate("bounce@example.com")
        #expect(old.change(to: new) == [])
    }

    @Test(
        "the address, TLS and the account need new sessions, and are to be probed",
        arguments: [
            { $0.tls = .implicit }, { $0.tlsVerify = false }, { $0.caFile = "/ca" }, { $0.tlsName = "x" },
            { $0.username = "u" }, { $0.password = .password([1]) }, { $0.passwordFile = "/p" },
            { $0.passwordCredential = "p" }, { $0.tokenFile = "/t" }, { $0.authWithoutTLS = true },
            { $0.oauth = OAuthSettings() }, { $0.mechanism = .login }, { $0.sourceAddress = IPAddress("127.0.0.2") },
        ] as [@Sendable (inout UpstreamSettings) -> Void])
    func access(edit: @Sendable (inout UpstreamSettings) -> Void) {
        let old = Self.settings("a").upstreams[0]
        var new = old
        edit(&new)
        #expect(old.change(to: new) == [.sessions, .means])
    }

    @Test("of another host or port nothing is known")
    func address() {
        let old = Self.settings("a").upstreams[0]
        var (host, port) = (old, old)
        host.host = "elsewhere"
        port.port = 587
        for new in [host, port] { #expect(old.change(to: new) == [.sessions, .means, .address]) }
    }

    @Test("times and the provider need new sessions only")
    func times() {
        let old = Self.settings("a").upstreams[0]
        var (patience, provider) = (old, old)
        patience.patience = .seconds(3)
        provider.provider = "ses"
        for new in [patience, provider] { #expect(old.change(to: new) == [.sessions]) }
    }

    @Test("another name of the relay needs new sessions everywhere")
    func hostname() {
        let old = Self.settings("a", "b")
        var new = old
        new.hostname = "new.example"
        #expect(UpstreamReload(from: old, to: new).kept == ["a": .sessions, "b": .sessions])
    }
}
