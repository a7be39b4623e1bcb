import Mail
import Testing

@testable import Outbound

@Suite("Addresses of receivers")
struct AddressTests {
    @Test(
        "The reach of an address follows the registries (RFC 6890)",
        arguments: [
            ("8.8.8.8", AddressScope.public), ("100.63.255.255", .public), ("172.32.0.1", .public),
            ("10.1.2.3", .private), ("172.16.0.1", .private), ("172.31.255.255", .private), ("192.168.1.1", .private),
            ("100.64.0.1", .private), ("127.0.0.1", .loopback), ("127.255.0.9", .loopback),
            ("169.254.169.254", .linkLocal), ("224.0.0.1", .multicast), ("239.255.255.255", .multicast),
            ("0.0.0.0", .reserved), ("0.1.2.3", .reserved), ("192.0.2.1", .reserved), ("198.18.0.1", .reserved),
            ("203.0.113.9", .reserved), ("240.0.0.1", .reserved), ("255.255.255.255", .reserved),
            ("::ffff:10.0.0.1", .private), ("::ffff:8.8.8.8", .public),
            ("2606:4700::1", .public), ("::1", .loopback), ("::", .reserved), ("fd00::1", .private),
            ("fe80::1", .linkLocal), ("febf::1", .linkLocal), ("fec0::1", .reserved), ("ff02::1", .multicast),
            ("2001:db8::1", .reserved), ("2001::1", .reserved), ("2002:a00:1::1", .reserved), ("::10.0.0.1", .reserved),
            ("4000::1", .reserved),
        ])
    func scope(text: String, expected: AddressScope) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressScope(address) == expected)
    }

    @Test("Behind a translator, the IPv4 address within counts (RFC 6052 section 2.1, RFC 4291 section 2.4)")
    func translated() throws {
        let (inside, outside) = (IPAddress("64:ff9b::10.0.0.1"), IPAddress("64:ff9b::8.8.8.8"))
        #expect(AddressScope(try #require(inside)) == .private)
        #expect(AddressScope(try #require(outside)) == .public)
    }

    @Test("Only public addresses are allowed, unless private ones are; multicast and reserved ones never")
    func rule() {
        let addresses = ["8.8.8.8", "10.0.0.1", "127.0.0.1", "169.254.1.1", "ff02::1", "0.0.0.0"]
            .compactMap { IPAddress($0) }
        #expect(addresses.map(AddressRule(allowsPrivate: false).allows) == [true, false, false, false, false, false])
        #expect(addresses.map(AddressRule(allowsPrivate: true).allows) == [true, true, true, true, false, false])
    }

    @Test("Of a name with both kinds, the public addresses are left")
    func filter() throws {
        let addresses = ["10.0.0.1", "8.8.8.8"].compactMap { IPAddress($0) }
        let left = try AddressRule(allowsPrivate: false).filter(addresses, of: "x.example")
        #expect(left == [addresses[1]])
    }

    @Test("A name without an allowed address is refused, with the address and what allows it")
    func refused() throws {
        let rule = AddressRule(allowsPrivate: false)
        let address = try #require(IPAddress("10.0.0.1"))
        let error = #expect(throws: WebError.self) { try rule.filter([address], of: "x.example") }
        #expect(error?.code == .refusedAddress)
        #expect(
            error?.message
                == "x.example is at 10.0.0.1, which is a private address and not allowed without private = true")
        let none = #expect(throws: WebError.self) { try rule.filter([], of: "x.example") }
        #expect(none?.code == .resolve)
    }
}
