import NIOCore
import TestKit
import Testing

@testable import SMTP

@Suite("Content to wire form and back")
struct DotStufferTests {
    static func stuff(_ octets: [UInt8], cuts: [Int] = []) -> [UInt8] {
        var stuffer = DotStuffer()
        var wire = ByteBuffer()
        var start = 0
        for cut in cuts + [octets.count] {
            octets[start..<cut].withUnsafeBytes { stuffer.stuff($0, into: &wire) }
            start = cut
        }
        return Array(wire.readableBytesView)
    }

    static func unstuff(_ octets: [UInt8], cuts: [Int]) -> [UInt8] {
        var unstuffer = DotUnstuffer()
        var start = 0
        var content: [UInt8] = []
        for cut in cuts + [octets.count] {
            content += unstuffer.unstuff(ByteBuffer(bytes: octets[start..<cut])).readableBytesView
            start = cut
        }
        return content
    }

    @Test(
        "each dot that begins a line gets another dot",
        arguments: [
            ("", ""), (".", ".."), ("..", "..."), ("a.\r\n.b\r\n", "a.\r\n..b\r\n"), ("a\n.b\r.c", "a\n.b\r.c"),
            ("\r\n.\r\n", "\r\n..\r\n"), (".\r\n.\r\n.", "..\r\n..\r\n.."),
        ])
    func cases(content: String, wire: String) {
        #expect(Self.stuff(Array(content.utf8)) == Array(wire.utf8))
    }

    @Test("any octets survive the round trip at every split, and none of them ends the data")
    func reversible() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<3000 {
            let length = Int.random(in: 0..<24, using: &random)
            let octets = (0..<length).map { _ in Array("\r\n..a\0".utf8).randomElement(using: &random)! }
            let cuts = (0..<3).map { _ in Int.random(in: 0...length, using: &random) }.sorted()
            let wire = Self.stuff(octets, cuts: cuts)
            #expect(wire == Self.stuff(octets), "seed \(seed)")
            let wireCuts = (0..<3).map { _ in Int.random(in: 0...wire.count, using: &random) }.sorted()
            #expect(Self.unstuff(wire, cuts: wireCuts) == octets, "seed \(seed)")
            let framed = DataFramerTests.frame(wire + Array("\r\n.\r\n".utf8), cuts: [])
            #expect(framed.content.count == wire.count + 2, "seed \(seed)")
        }
    }
}
