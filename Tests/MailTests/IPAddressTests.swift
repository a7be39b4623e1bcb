import Mail
import TestKit
import Testing

@Suite("IP addresses")
struct IPAddressTests {
    /// RFC 5952 section 4.
    @Test(
        "an address is written in its canonical form",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("2001:DB8::1", "2001:db8::1"), ("2001:0db8:0:0:0:0:0:0001", "2001:db8::1"), ("::", "::"), ("::1", "::1"),
            ("1::", "1::"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
            ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:0201", "192.0.2.1"), ("::1.2.3.4", "::102:304"),
        ])
    func canonical(_ text: String, _ canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(
        "what is no address is none",
        arguments: [
            "", ".", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.0.0.1", "1.2.3.1000", "01.2.3.4",
            "1.2.3.00", "+1.2.3.4", "1.2.3.-4", "1.2.3.4 ", " 1.2.3.4", "0x1.2.3.4", "1.2.3.٤", "127.0.0.1\u{0}x",
            "localhost", ":", ":::", "::1::", "1::2::3", ":1", "1:", ":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "12345::", "g::",
            "[::1]", "::1%eth0", "::1 ", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "::01.2.3.4",
            "fe80::1/64", "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
        ])
    func bad(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("an IPv4 address and the one it is mapped to are the same; the compatible one of old is another")
    func mapped() throws {
        let address = try #require(IPAddress("10.1.2.3"))
        #expect(IPAddress("::ffff:10.1.2.3") == address)
        #expect(IPAddress(ipv4: 0x0A01_0203) == address)
        #expect(address.isIPv4)
        let compatible = try #require(IPAddress("::10.1.2.3"))
        #expect(compatible != address && !compatible.isIPv4)
    }

    @Test("an address is one of this machine, or stands for all of them")
    func kinds() {
        let loopback = ["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"]
        #expect(loopback.allSatisfy { IPAddress($0)?.isLoopback == true })
        #expect(["128.0.0.1", "126.1.1.1", "::", "::2", "7f00::"].allSatisfy { IPAddress($0)?.isLoopback == false })
        #expect(["0.0.0.0", "::"].allSatisfy { IPAddress($0)?.isUnspecified == true })
        #expect(["0.0.0.1", "::1", "127.0.0.1"].allSatisfy { IPAddress($0)?.isUnspecified == false })
    }

    @Test("every number is read back from its text")
    func readBack() {
        var random = SeededGenerator(seed: 5952)
        for _ in 0..<2000 {
            // Most groups are zero, so that there are runs to omit.
            let value = (0..<8).reduce(UInt128.zero) { number, _ in
                number << 16 | (Bool.random(using: &random) ? 0 : UInt128(UInt16.random(in: 0...0xFFF, using: &random)))
            }
            let address = IPAddress(value: value)
            #expect(IPAddress(address.description) == address, "\(address)")
        }
    }
}

@Suite("IP networks")
struct IPNetworkTests {
    @Test(
        "a network holds its addresses and no others",
        arguments: [
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"), ("192.168.1.7", "192.168.1.7", "192.168.1.6"),
            ("192.168.1.7/32", "::ffff:192.168.1.7", "192.168.1.8"), ("10.1.2.3/31", "10.1.2.2", "10.1.2.4"),
            ("0.0.0.0/0", "255.2.3.4", "::1"), ("128.0.0.0/1", "200.0.0.1", "127.255.255.255"),
            ("fd00::/8", "fdff::1", "fe00::"), ("::1/128", "::1", "::"), ("::1", "::1", "::2"),
            ("::/1", "::1", "8000::"),
            ("2001:db8:0:8000::/49", "2001:db8:0:ffff::", "2001:db8:0:7fff::"),
            ("::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.0"), ("::ffff:0:0/96", "1.2.3.4", "::1"),
        ])
    func contains(_ text: String, inside: String, outside: String) throws {
        let network = try #require(IPNetwork(text))
        #expect(network.contains(try #require(IPAddress(inside))))
        #expect(!network.contains(try #require(IPAddress(outside))))
    }

    @Test("no IPv6 network holds an IPv4 address, however that arrives", arguments: ["::/0", "::/64", "::/80"])
    func families(_ text: String) throws {
        let network = try #require(IPNetwork(text))
        #expect(!network.contains(try #require(IPAddress("10.0.0.1"))))
        #expect(!network.contains(try #require(IPAddress("::ffff:10.0.0.1"))))
        #expect(network.contains(try #require(IPAddress("::1"))))
    }

    @Test(
        "a network is written with its first address and its prefix",
        arguments: [
            ("10.1.2.3/8", "10.0.0.0/8"), ("192.0.2.7", "192.0.2.7/32"), ("2001:DB8::1/32", "2001:db8::/32"),
            ("::1", "::1/128"), ("::ffff:10.0.0.0/104", "10.0.0.0/8"), ("::ffff:10.0.0.0/64", "::/64"),
            ("0.0.0.0/0", "0.0.0.0/0"), ("9.9.9.9/0", "0.0.0.0/0"), ("1::/0", "::/0"), ("10.0.0.0/08", "10.0.0.0/8"),
        ])
    func canonical(_ text: String, _ canonical: String) throws {
        let network = try #require(IPNetwork(text))
        #expect(network.description == canonical)
        #expect(IPNetwork(canonical) == network)
    }

    @Test("all of a family is everything")
    func everything() {
        #expect(["0.0.0.0/0", "::/0", "::ffff:0:0/96"].allSatisfy { IPNetwork($0)?.isEverything == true })
        #expect(["0.0.0.0/1", "::/1", "0.0.0.0", "::", "::/96"].allSatisfy { IPNetwork($0)?.isEverything == false })
    }

    @Test("what is no network is told what is wrong with it")
    func bad() throws {
        for text in ["", "/", "/8", "x", "10.0.0/8", "localhost/8", "10.0.0.0 /8", "[::1]/128"] {
            #expect(throws: IPNetwork.FormatError.address, "\(text)") { try IPNetwork.parse(text) }
            #expect(IPNetwork(text) == nil)
        }
        let v4 = try #require(IPAddress("10.0.0.0"))
        for text in ["", "33", "-1", "+8", " 8", "8 ", "8/8", "0x8", "256", "٨", "18446744073709551624"] {
            #expect(throws: IPNetwork.FormatError.prefix(of: v4, width: 32), "\(text)") {
                try IPNetwork.parse("10.0.0.0/\(text)")
            }
        }
        #expect(throws: IPNetwork.FormatError.prefix(of: IPAddress(value: 1), width: 128)) {
            try IPNetwork.parse("::1/129")
        }
    }

    @Test("the address is given as it was written")
    func asWritten() throws {
        let (address, network) = try IPNetwork.parse("172.16.77.9/12")
        #expect(address.description == "172.16.77.9")
        #expect(network.description == "172.16.0.0/12")
    }
}
