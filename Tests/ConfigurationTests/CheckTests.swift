import Delivery
import Ingress
import Testing
import Upstreams

@testable import Configuration

@Suite("Values that contradict each other")
struct CheckTests {
    @Test(
        "are errors if nothing could work",
        arguments: [
            (
                "[[upstream]]\nname = \"primary\"\naddress = \"b.test:25\"",
                "6: upstream.name: \"primary\" is already used on line 3; give each upstream a unique name"
            ),
            (
                "[[listener]]\naddress = \"[::1]:25\"\n[[listener]]\naddress = \"[0::1]:25\"",
                "8: listener.address: \"[::1]:25\" is already used on line 6; give each listener a unique address"
            ),
            (
                "[[listener]]\naddress = \"0.0.0.0:25\"\nallow = [\"10.0.0.0/8\"]\n[[listener]]\naddress = \"127.0.0.1:25\"",
                "9: listener.address: \"0.0.0.0:25\" includes \"127.0.0.1:25\", and the other one is on line 6; "
                    + "remove one of the two, or change its port"
            ),
            (
                "[[upstream]]\nname = \"b\"\naddress = \"127.0.0.1:2525\"",
                "7: upstream.address: \"127.0.0.1:2525\" is a listener of this relay itself; "
                    + "use the address of another server, or mail would loop"
            ),
            (
                "[retry]\ninitial = \"2h\"",
                "6: retry.initial: 2h is more than max (1h); decrease this one or increase the other"
            ),
            (
                "[priority]\nhigh = 2",
                "6: priority.high: 2 is less than normal (4); increase this one or decrease the other"
            ),
            (
                "[retry.bulk]\ninitial = \"2h\"",
                "5: retry.bulk: initial = \"2h\" is longer than max or expire_after; "
                    + "what the table leaves out is as in [retry]: set all three"
            ),
            (
                "[[listener]]\ntls = \"implicit\"",
                "5: listener.certificate: missing; "
                    + "name the certificate file, which tls = \"implicit\" needs"
            ),
            (
                "[[listener]]\ntls = \"starttls\"\ncertificate = \"/none.pem\"",
                "7: listener.certificate: /none.pem cannot be opened: No such file or directory; "
                    + "name the right files, and make them readable by the relay"
            ),
            (
                "[[listener]]\ntls = \"starttls\"\ncertificate = \"/a.pem\"\nprivate_key = [\"/a\", \"/b\"]",
                "8: listener.private_key: has 2 keys for 1 certificates; "
                    + "list one per certificate, in the same order"
            ),
            (
                "[[listener]]\nauth = \"required\"\n[[user]]\nname = \"app\"\npassword_hash = \"\(exampleHash)\"",
                "6: listener.auth: nobody can log in without TLS; "
                    + "set tls, or auth_without_tls = true on a trusted network"
            ),
            (
                "[[listener]]\nauth = \"required\"\nauth_without_tls = true",
                "6: listener.auth: there are no users; add [[user]] tables, users_file or client_ca"
            ),
            (
                "[circuit]\nopen_duration = \"20m\"",
                "6: circuit.open_duration: 20m is more than max_open_duration (10m); decrease this one or increase the other"
            ),
        ])
    func errors(_ addition: String, _ problem: String) {
        #expect(problems(minimal + addition) == ["relay.conf:" + problem])
    }

    @Test("warn of numbers of sessions that have no effect, or that a provider does not allow")
    func connections() {
        let text = """
            [[upstream]]
            name = "a"
            address = "a.test:25"
            max_connections = 7
            auto_max = 50
            [[upstream]]
            name = "m"
            address = "smtp.office365.com:587"
            tls = "starttls"
            max_connections = 20
            [[upstream]]
            name = "o"
            address = "smtp-mail.outlook.com:587"
            tls = "starttls"
            auto_max = 10
            """
        let found = problems(text).filter { $0.contains("max") }
        let limit = "Microsoft 365 allows 3 connections at a time"
        let remedy = "remove it, unless you have agreed on more"
        #expect(
            found == [
                "relay.conf:5: warning: upstream.auto_max: has no effect with max_connections = 7; "
                    + "remove it, or write max_connections = \"auto\"",
                "relay.conf:10: warning: upstream.max_connections: \(limit); \(remedy)",
                "relay.conf:15: warning: upstream.auto_max: \(limit); \(remedy)",
            ])
    }

    @Test("do not exist where the provider's number is the default")
    func providersNumber() throws {
        for host in ["smtp.office365.com", "smtp.office365.com."] {
            var upstream = UpstreamSettings(name: "m", host: host, port: 587)
            #expect(upstream.mostConnections == 3)
            upstream.autoMax = 30
            #expect(upstream.mostConnections == 30)
            upstream.maxConnections = 8
            #expect(upstream.mostConnections == 8)
        }
        for host in ["example.mail.protection.outlook.com", "mail.test"] {
            #expect(UpstreamSettings(name: "x", host: host, port: 25).mostConnections == 100)
        }
    }

    @Test(
        "are warnings if the relay can still run",
        arguments: [
            (
                "[history]\ncontent = true\naddresses = \"hashed\"",
                "6: warning: history.content: the content names the addresses that addresses = \"hashed\" hides; "
                    + "keep the one or the other"
            ),
            (
                "[[upstream]]\nname = \"b\"\naddress = \"mx.test:25\"",
                "7: warning: upstream.address: \"mx.test:25\" is already used on line 4; "
                    + "upstreams at the same address fail together"
            ),
            (
                "patience = \"1m\"",
                "5: warning: upstream.patience: 1m is more than command_timeout (30s); "
                    + "reduce it; as it stands, patience never ends an attempt"
            ),
            (
                "[[listener]]\naddress = \"[::]:25\"\nallow = [\"10.0.0.0/8\"]",
                "7: warning: listener.allow: nobody may relay here: [::]:25 hears IPv6 only, and these networks are IPv4; "
                    + "add the IPv6 networks of your applications, or a listener with an IPv4 address"
            ),
            (
                "[[listener]]\nallow = [\"::1\"]",
                "6: warning: listener.allow: nobody may relay here: 127.0.0.1:2525 hears IPv4 only, and these networks are "
                    + "IPv6; add the IPv4 networks of your applications, or a listener with an IPv6 address"
            ),
            (
                "[[listener]]\nallow = []",
                "6: warning: listener.allow: nobody may relay here; add the networks of your applications"
            ),
            (
                "[[listener]]\naddress = \"0.0.0.0:25\"",
                "5: warning: listener.allow: 0.0.0.0:25 is reachable from outside, but only this machine may relay; "
                    + "add the networks of your applications"
            ),
            (
                "[[listener]]\naddress = \"[::]:25\"\nallow = [\"::/0\"]",
                "7: warning: listener.allow: anyone who reaches [::]:25 may relay through it; "
                    + "list the networks of your applications; open relays are found and abused within hours"
            ),
        ])
    func warnings(_ addition: String, _ problem: String) throws {
        #expect(problems(minimal + addition) == ["relay.conf:" + problem])
        _ = try configuration(minimal + addition)
    }

    @Test("are not compared if one of them is unreadable")
    func noFollowUps() {
        let text = minimal + "[retry]\ninitial = \"2h\"\nmax = \"soon\"\n[[listener]]\naddress = \"x\"\n[[listener]]\n"
        #expect(
            problems(text).map { $0.prefix(while: { $0 != ";" }) } == [
                "relay.conf:7: retry.max: \"soon\" is not a duration",
                "relay.conf:9: listener.address: \"x\" has no port",
            ])
    }

    @Test("at most as many upstreams as delivery supports")
    func tooMany() {
        let tables = (1...64).map { "[[upstream]]\nname = \"u\($0)\"\naddress = \"u\($0).test:25\"\n" }
        #expect(problems(minimal + tables.dropLast().joined()) == [])
        #expect(
            problems(minimal + tables.joined()) == [
                "relay.conf:194: upstream: has 65 entries; keep at most 64"
            ])
    }

    @Test("do not include listeners on port 0")
    func ephemeral() throws {
        let listener = "[[listener]]\naddress = \"127.0.0.1:0\"\n"
        #expect(try configuration(minimal + listener + listener).ingress.listeners.map(\.port) == [0, 0])
    }

    @Test("a relay without a [[listener]] listens on the loopback")
    func defaultListener() throws {
        #expect(try configuration(minimal).ingress.listeners == [ListenerSettings(host: "127.0.0.1", port: 2525)])
    }

    @Test("the order of upstreams is kept")
    func order() throws {
        let more = ["z", "b", "m"].map { "[[upstream]]\nname = \"\($0)\"\naddress = \"\($0).test:25\"\n" }.joined()
        #expect(try configuration(minimal + more).delivery.upstreams.map(\.name) == ["primary", "z", "b", "m"])
    }

    @Test("a proxy network that includes everyone is a warning")
    func openProxy() {
        let text = minimal + "[[listener]]\nproxy_protocol = [\"192.0.2.1\", \"::/0\"]\n"
        #expect(
            problems(text) == [
                "relay.conf:6: warning: listener.proxy_protocol: anyone may claim any client address; list the "
                    + "addresses of your proxies; allow and the limits trust what they say"
            ])
    }
}
