import Delivery
import Ingress
import Testing

@testable import Configuration

@Suite("Values that contradict each other")
struct CheckTests {
    @Test(
        "are errors where nothing could work",
        arguments: [
            (
                "[[upstream]]\nname = \"primary\"\naddress = \"b.test:25\"",
                "6: upstream.name: \"primary\" is already used in line 3; give each upstream its own name"
            ),
            (
                "[[listener]]\naddress = \"[::1]:25\"\n[[listener]]\naddress = \"[0::1]:25\"",
                "8: listener.address: \"[::1]:25\" is already used in line 6; give each listener its own address"
            ),
            (
                "[[upstream]]\nname = \"b\"\naddress = \"127.0.0.1:2525\"",
                "7: upstream.address: \"127.0.0.1:2525\" is a listener of this relay; "
                    + "write the address of another server, or mail would go in a circle"
            ),
            (
                "[retry]\ninitial = \"2h\"",
                "6: retry.initial: 2h is more than max (1h); write less here or more there"
            ),
            (
                "[circuit]\nopen_duration = \"20m\"",
                "6: circuit.open_duration: 20m is more than max_open_duration (10m); write less here or more there"
            ),
        ])
    func errors(_ addition: String, _ problem: String) {
        #expect(problems(minimal + addition) == ["relay.conf:" + problem])
    }

    @Test(
        "are warnings where the relay can run",
        arguments: [
            (
                "[[upstream]]\nname = \"b\"\naddress = \"mx.test:25\"",
                "7: warning: upstream.address: \"mx.test:25\" is already used in line 4; "
                    + "two upstreams in one place fail together"
            ),
            (
                "patience = \"1m\"",
                "5: warning: upstream.patience: 1m is more than command_timeout (30s); "
                    + "write less, since patience never ends an attempt as it is"
            ),
            (
                "[[listener]]\nallow = []",
                "6: warning: listener.allow: nobody may relay here; add the networks of your applications"
            ),
            (
                "[[listener]]\naddress = \"0.0.0.0:25\"",
                "5: warning: listener.allow: 0.0.0.0:25 can be reached from outside, but only this machine may relay; "
                    + "add the networks of your applications"
            ),
            (
                "[[listener]]\naddress = \"[::]:25\"\nallow = [\"::/0\"]",
                "7: warning: listener.allow: everybody who reaches [::]:25 may relay through it; "
                    + "write the networks of your applications, since open relays are found and abused within hours"
            ),
        ])
    func warnings(_ addition: String, _ problem: String) throws {
        #expect(problems(minimal + addition) == ["relay.conf:" + problem])
        _ = try configuration(minimal + addition)
    }

    @Test("are not compared when one of them could not be read")
    func noFollowUps() {
        let text = minimal + "[retry]\ninitial = \"2h\"\nmax = \"soon\"\n[[listener]]\naddress = \"x\"\n[[listener]]\n"
        #expect(
            problems(text).map { $0.prefix(while: { $0 != ";" }) } == [
                "relay.conf:7: retry.max: \"soon\" is not a duration",
                "relay.conf:9: listener.address: \"x\" has no port",
            ])
    }

    @Test("no more upstreams than the delivery can tell apart")
    func tooMany() {
        let tables = (1...64).map { "[[upstream]]\nname = \"u\($0)\"\naddress = \"u\($0).test:25\"\n" }
        #expect(problems(minimal + tables.dropLast().joined()) == [])
        #expect(
            problems(minimal + tables.joined()) == [
                "relay.conf:194: upstream: there are 65 upstreams; keep at most 64"
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

    @Test("the order of the upstreams is kept")
    func order() throws {
        let more = ["z", "b", "m"].map { "[[upstream]]\nname = \"\($0)\"\naddress = \"\($0).test:25\"\n" }.joined()
        #expect(try configuration(minimal + more).delivery.upstreams.map(\.name) == ["primary", "z", "b", "m"])
    }

    @Test("a proxy that everybody may be is warned about")
    func openProxy() {
        let text = minimal + "[[listener]]\nproxy_protocol = [\"192.0.2.1\", \"::/0\"]\n"
        #expect(
            problems(text) == [
                "relay.conf:6: warning: listener.proxy_protocol: everybody may name any client address; write the "
                    + "addresses of your proxies, since allow and the limits believe what they say"
            ])
    }
}
