import Mail
import Testing

@testable import Configuration

@Suite("Value syntax")
struct ValueTests {
    @Test(
        "durations",
        arguments: [
            ("800ms", 800), ("30s", 30_000), ("1.5s", 1500), ("0.25m", 15_000), ("5m", 300_000), ("2h", 7_200_000),
            ("3d", 259_200_000), ("0s", 0), ("10 s", 10_000), ("1.125s", 1125),
        ])
    func durations(_ text: String, _ milliseconds: Int) {
        #expect(DurationText.parse(text) == .milliseconds(milliseconds))
    }

    @Test(
        "texts that are not durations",
        arguments: [
            "", "s", "30", "-1s", "1.s", ".5s", "1.5ms", "1.2345s", "1h30m", "30S", "1e3s", "30s ", "  30s", "٣s",
            "99999999999999999999s", "9223372036854775807d", "1w", "inf",
        ])
    func noDurations(_ text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(
        "durations are written in the largest unit that keeps them whole",
        arguments: [(90_000, "90s"), (86_400_000, "1d"), (1500, "1500ms"), (0, "0s"), (7_200_000, "2h")])
    func formatting(_ milliseconds: Int, _ text: String) {
        #expect(DurationText.format(.milliseconds(milliseconds)) == text)
    }

    @Test(
        "sizes",
        arguments: [
            ("1024", 1024), ("50MiB", 50 << 20), ("10MB", 10_000_000), ("1gib", 1 << 30), ("1.5KiB", 1536), ("0", 0),
            ("7B", 7), ("2kB", 2000), ("3 TiB", 3 << 40),
        ])
    func sizes(_ text: String, _ octets: Int) {
        #expect(SizeText.parse(text) == octets)
    }

    @Test(
        "texts that are not sizes",
        arguments: ["", "MiB", "-1", "50M", "50MiBs", "0.3B", "8388608TiB", "99999999999999999999", "1,5MiB"])
    func noSizes(_ text: String) {
        #expect(SizeText.parse(text) == nil)
    }

    /// RFC 4291 section 2.2, RFC 5952.
    @Test(
        "refused addresses, and the suggestions",
        arguments: [
            ("::1:2525", "is an IPv6 address without brackets and port"),
            ("::1", "is an IPv6 address without brackets and port"), ("1.2.3.4", "has no port"),
            ("fe80::1", "is an IPv6 address without brackets and port"),
            ("2001:db8:0:0:0:0:0:1:25", "is an IPv6 address without brackets"),
            ("[1.2.3.4]:25", "has no IPv6 address in brackets"),
            ("[::1]", "has no valid host before its port"), ("*:25", "has no address"),
            (":25", "has no valid host before its port"),
            ("a..b:25", "has no valid host before its port"), ("-a:25", "has no valid host before its port"),
            ("300.1.2.3:25", "has no valid host before its port"), ("a b:25", "has no valid host before its port"),
            ("smtp://a:25", "has no valid host before its port"),
            ("a:", "has a port that is not a number from 1 to 65535"),
            ("a:smtp", "has a port that is not a number from 1 to 65535"),
            ("a:+25", "has a port that is not a number from 1 to 65535"),
            ("a:65536", "has a port that is not a number from 1 to 65535"),
            ("a\r\nb:25", "has no valid host before its port"), ("", "has no port"),
        ])
    func addresses(_ text: String, _ message: String) {
        let invalidValue = #expect(throws: InvalidValue.self) {
            try HostAndPort(text, ports: 1...65535, exampleHost: "mx.test")
        }
        #expect(invalidValue?.message == message)
    }

    @Test("the suggestion for an address is itself an address")
    func remedies() throws {
        for text in ["::1:2525", "::1", "mx.test", "a..b:25", "1.2.3.4", "*:25", "_x"] {
            let invalidValue = try #require(
                #expect(throws: InvalidValue.self) { try HostAndPort(text, ports: 1...65535, exampleHost: "mx.test") })
            let quoted = invalidValue.remedy.split(separator: "\"", omittingEmptySubsequences: false)[1]
            _ = try HostAndPort(String(quoted), ports: 1...65535, exampleHost: "mx.test")
        }
    }

    /// RFC 4632.
    @Test(
        "refused networks",
        arguments: [
            ("all", "is not a network"), ("10.0.0.0/", "needs a prefix length from 0 to 32"),
            ("10.0.0.1/8", "has bits set after its prefix"), ("2001:db8::1/32", "has bits set after its prefix"),
            ("::/129", "needs a prefix length from 0 to 128"),
            ("10.0.0.0/8/8", "needs a prefix length from 0 to 32"),
            ("localhost", "is not a network"), ("010.0.0.0/8", "is not a network"), ("", "is not a network"),
        ])
    func networks(_ text: String, _ message: String) {
        let invalidValue = #expect(throws: InvalidValue.self) { try IPNetwork(configured: text) }
        #expect(invalidValue?.message == message)
    }

    @Test("a network with bits after its prefix gets the right one suggested")
    func masks() {
        let invalidValue = #expect(throws: InvalidValue.self) { try IPNetwork(configured: "172.16.77.9/12") }
        #expect(
            invalidValue?.remedy == "write \"172.16.0.0/12\" for the network or \"172.16.77.9\" for that address alone")
    }
}
