import NIOCore
import TestKit
import Testing

@testable import Ingress

@Suite("PROXY headers")
struct ProxyHeaderTests {
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

    private static func read(_ bytes: [UInt8]) -> ProxyHeader.Reading {
        bytes.withUnsafeBytes(ProxyHeader.read)
    }

    /// A binary header: version and command, family, addresses and TLVs.
    private static func v2(_ command: UInt8, _ family: UInt8, _ rest: [UInt8]) -> [UInt8] {
        signature + [command, family, UInt8(rest.count >> 8), UInt8(rest.count & 255)] + rest
    }

    private static let v4Block: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 1, 0x9C, 0x40, 0, 25]
    private static let v6Block: [UInt8] =
        [0x20, 1, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [7] + Array(repeating: 0, count: 16)
        + [0x9C, 0x40, 0, 25]

    static let headers: [(name: String, bytes: [UInt8], source: String?)] = [
        ("v1 TCP4", Array("PROXY TCP4 192.0.2.1 198.51.100.1 40000 25\r\n".utf8), "192.0.2.1:40000"),
        ("v1 TCP6", Array("PROXY TCP6 2001:db8::7 ::1 40000 25\r\n".utf8), "2001:db8::7:40000"),
        ("v1 UNKNOWN", Array("PROXY UNKNOWN\r\n".utf8), nil),
        ("v1 UNKNOWN with more", Array("PROXY UNKNOWN ffff::1 ::2 1 2 \0x\r\n".utf8), nil),
        (
            "v1 of 107 octets",
            Array(
                ("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535"
                    + String(repeating: "x", count: 48) + "\r\n").utf8), nil
        ),
        ("v2 TCP4", v2(0x21, 0x11, v4Block), "192.0.2.1:40000"),
        ("v2 TCP4 with TLVs", v2(0x21, 0x11, v4Block + [0x04, 0, 1, 0xFF]), "192.0.2.1:40000"),
        ("v2 TCP6", v2(0x21, 0x21, v6Block), "2001:db8::7:40000"),
        ("v2 LOCAL", v2(0x20, 0x00, []), nil),
        ("v2 LOCAL with a block", v2(0x20, 0xFF, v4Block), nil),
        ("v2 UNSPEC", v2(0x21, 0x00, [1, 2, 3]), nil),
        ("v2 Unix", v2(0x21, 0x31, Array(repeating: 65, count: 216)), nil),
    ]

    @Test("are parsed as a whole, at every split, and with data after them", arguments: headers.indices)
    func good(index: Int) {
        let (name, bytes, source) = Self.headers[index]
        for count in bytes.indices { #expect(Self.read(Array(bytes[..<count])) == .incomplete, "\(name) \(count)") }
        for rest in ["", "EHLO x\r\n", "\r\n", "PROXY "] {
            guard case .header(let header) = Self.read(bytes + Array(rest.utf8)) else {
                Issue.record("\(name): \(Self.read(bytes))")
                return
            }
            #expect(header.length == bytes.count)
            #expect(header.source.map { "\($0.ipAddress ?? ""):\($0.port ?? 0)" } == source, "\(name)")
        }
    }

    static let others: [String: [UInt8]] = [
        "SMTP": Array("EHLO client.test\r\n".utf8), "HTTP": Array("POST / HTTP/1.1\r\n".utf8),
        "an empty line": Array("\r\n".utf8) + [65], "lower case": Array("proxy TCP4".utf8),
        "LF alone": Array("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n".utf8), "no family": Array("PROXY \r\n".utf8),
        "other family": Array("PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n".utf8),
        "too few words": Array("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n".utf8),
        "too many words": Array("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n".utf8),
        "two spaces": Array("PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n".utf8),
        "bad address": Array("PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n".utf8),
        "bad destination": Array("PROXY TCP4 1.2.3.4 x 1 2\r\n".utf8),
        "IPv6 as TCP4": Array("PROXY TCP4 ::1 ::1 1 2\r\n".utf8),
        "IPv4 as TCP6": Array("PROXY TCP6 1.2.3.4 ::1 1 2\r\n".utf8),
        "a name": Array("PROXY TCP4 localhost 1.2.3.4 1 2\r\n".utf8),
        "port too high": Array("PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n".utf8),
        "port with zero": Array("PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n".utf8),
        "port negative": Array("PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n".utf8),
        "108 octets": Array(("PROXY UNKNOWN" + String(repeating: "x", count: 95)).utf8),
        "v1 signature": signature + [0x11], "unknown command": signature + [0x22], "version 3": signature + [0x31],
        "UDP": v2(0x21, 0x12, v4Block), "v2 short": v2(0x21, 0x11, Array(v4Block.dropLast())),
        "v2 short IPv6": v2(0x21, 0x21, Array(v6Block.dropLast())),
        "v2 too long": signature + [0x21, 0x11, 0xFF, 0xFF],
        "signature broken": Array(signature.dropLast()) + [0],
    ]

    @Test("malformed ones are rejected", arguments: others.keys.sorted())
    func bad(name: String) throws {
        guard case .malformed = Self.read(try #require(Self.others[name])) else {
            Issue.record("\(name): \(Self.read(try #require(Self.others[name])))")
            return
        }
    }

    @Test("never make the parser wait beyond its bound, whatever the input", arguments: 0..<20)
    func bounded(round: Int) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let start = [Self.signature + [0x21, 0x11], Array("PROXY ".utf8), []][round % 3]
        let bytes = start + (0..<ProxyHeader.maxLength).map { _ in UInt8.random(in: 0...255, using: &random) }
        #expect(Self.read(bytes) != .incomplete, "seed \(seed)")
    }
}
