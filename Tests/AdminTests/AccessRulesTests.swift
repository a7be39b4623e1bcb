import Access
import Mail
import Testing

@testable import Admin

@Suite("Which requests over TCP are ours to serve")
struct AccessRulesTests {
    private static func rules(_ change: (inout HTTPSettings) -> Void = { _ in }) -> AccessRules {
        var settings = HTTPSettings()
        settings.hosts = ["api.example.com", "192.0.2.7", "2001:db8::7"]
        settings.trustedProxies = ["10.0.0.0/8", "::1/128"]
        change(&settings)
        return AccessRules(settings, hostname: "Relay.Example")
    }

    private static func address(_ text: String) -> IPAddress {
        guard let address = IPAddress(text) else { preconditionFailure(text) }
        return address
    }

    @Test(
        "names and addresses of the relay, with any port or none",
        arguments: [
            "localhost", "LOCALHOST:8025", "relay.example", "relay.example.:443", "api.example.com:1", "192.0.2.7:80",
            "198.51.100.3", "198.51.100.3:65535", "[2001:db8::7]:8025", "[2001:db8:0::7]",
        ])
    func ours(host: String) {
        #expect(Self.rules().isOurs(host, at: Self.address("198.51.100.3")))
        #expect(Self.rules().isOurs(origin: "https://\(host)", at: Self.address("198.51.100.3")))
    }

    @Test(
        "no other, and nothing that is no host",
        arguments: [
            "", ":", "evil.example", "localhost.evil.example", "xlocalhost", "127.0.0.1", "192.0.2.8", "[::1]",
            "localhost:80:80", "localhost:x", "localhost:123456", "user@localhost", "localhost/", "[2001:db8::7",
            "[2001:db8::7]x", "localhost localhost", "localhost,localhost", ".", "relay.example..", "0x7f.1",
        ])
    func others(host: String) {
        #expect(!Self.rules().isOurs(host, at: Self.address("198.51.100.3")))
        #expect(!Self.rules().isOurs(origin: "http://\(host)", at: Self.address("198.51.100.3")))
    }

    @Test(
        "an origin needs a scheme of the web",
        arguments: ["null", "localhost", "file://localhost", "ftp://localhost", ""])
    func origins(text: String) {
        #expect(!Self.rules().isOurs(origin: text, at: nil))
    }

    @Test(
        "behind proxies the client is the last address that is not a proxy's",
        arguments: [
            ("203.0.113.9", [], "203.0.113.9"), ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
            ("10.1.1.1", [], "10.1.1.1"), ("10.1.1.1", ["198.51.100.1"], "198.51.100.1"),
            ("10.1.1.1", ["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
            ("10.1.1.1", ["192.0.2.66", "198.51.100.1, 10.2.2.2"], "198.51.100.1"),
            ("10.1.1.1", ["10.3.3.3, 10.2.2.2"], "10.3.3.3"), ("::1", ["[2001:db8::9]:443"], "2001:db8::9"),
            ("10.1.1.1", ["198.51.100.1:4711"], "198.51.100.1"), ("10.1.1.1", ["2001:db8::9"], "2001:db8::9"),
        ])
    func clients(peer: String, fields: [String], client: String) {
        #expect(Self.rules().client(Self.address(peer), forwarded: fields)?.description == client)
    }

    @Test("a proxy that names no address has no client", arguments: ["unknown", "", "198.51.100.1,", "a, b", "1.2.3"])
    func noClient(field: String) {
        #expect(Self.rules().client(Self.address("10.1.1.1"), forwarded: [field]) == nil)
    }

    @Test("allow decides who is answered; at first, everybody")
    func networks() {
        #expect(Self.rules().admits(Self.address("203.0.113.9")) && Self.rules().admits(Self.address("2001:db8::1")))
        let few = Self.rules { $0.allow = ["192.0.2.0/24"] }
        #expect(few.admits(Self.address("192.0.2.200")) && !few.admits(Self.address("203.0.113.9")))
        #expect(!Self.rules { $0.allow = [] }.admits(Self.address("127.0.0.1")))
    }
}
