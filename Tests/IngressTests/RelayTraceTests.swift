import Mail
import NIOCore
import Spool
import TestKit
import Testing

@testable import Ingress

/// RFC 5321 section 4.4.
@Suite("Trace of earlier relays")
struct RelayTraceTests {
    private static let id = "01HZZZZZZZZZ0"

    /// The fields that a relay prepends, possibly to those of another relay.
    private func fields(
        by hostname: String, client: String = "app.test", address: String = "192.0.2.7",
        _ transmission: TransmissionType = TransmissionType(isExtended: true)
    ) -> String {
        var scanner = HeaderScanner()
        Array("Date: d\r\nMessage-ID: <m>\r\n\r\n".utf8).withUnsafeBytes { scanner.scan($0) }
        let header = RelayHeader(
            id: Self.id, hostname: hostname, clientName: client, clientAddress: address, transmission: transmission,
            date: "Sat, 1 Nov 2025 10:00:00 +0000")
        return String(buffer: header.write(for: scanner, allocator: ByteBufferAllocator()))
    }

    private func relays(_ text: String, cutAt cut: Int = 0) -> [String] {
        var trace = RelayTrace()
        let octets = Array(text.utf8)
        for part in [octets[..<cut], octets[cut...]] { Array(part).withUnsafeBytes { trace.scan($0) } }
        return trace.relays
    }

    @Test("a relay's fields are recognized at every split, most recent relay first")
    func everyCut() {
        let text = fields(by: "B.test") + fields(by: "a.test", address: "2001:db8::1") + "Subject: x\r\n\r\nbody\r\n"
        for cut in 0...text.utf8.count { #expect(relays(text, cutAt: cut) == ["b.test", "a.test"], "cut at \(cut)") }
    }

    @Test("for every transmission type and client name")
    func anyClient() {
        for bits in 0..<16 {
            let transmission = TransmissionType(
                isExtended: bits & 1 != 0, usesUTF8: bits & 2 != 0, isEncrypted: bits & 4 != 0,
                isAuthenticated: bits & 8 != 0)
            #expect(relays(fields(by: "a.test", transmission)) == ["a.test"])
        }
        for client in ["", "[127.0.0.1]", "evil ([x])\r\n\tby b.test with", String(repeating: "x", count: 600)] {
            #expect(relays(fields(by: "a.test", client: client)) == ["a.test"])
        }
    }

    @Test("another server's field on top leaves nothing")
    func fieldOnTop() {
        #expect(relays("Received: from a by b; now\r\n" + fields(by: "a.test")) == [])
        #expect(relays("X-Posthorse: 1\r\n" + fields(by: "a.test")) == [])
        #expect(relays(fields(by: "a.test") + "Received: from a by b; now\r\n" + fields(by: "b.test")) == ["a.test"])
    }

    @Test(
        "other fields are not recognized",
        arguments: [
            ("X-Posthorse-ID: ", "x-posthorse-id: "), (id, "01HZZZZZZZZZ"), (id, "01HZZZZZZZZZU"),
            ("id \(id);", "id 01HZZZZZZZZZ1;"), ("\tby", " by"), ("Received: ", "Received:"), (" with ESMTP", ""),
            ("a.test", ""), ("a.test", "a_\u{E9}.test"), ("a.test", "<a.test>"), ("])\r\n", "]) for <b@c>\r\n"),
            ("\r\n\tSat", "\r\nSat"), ("from app.test", "app.test"), ("\r\nReceived", "\r\nX: y\r\nReceived"),
        ])
    func malformed(part: String, other: String) {
        let text = fields(by: "a.test")
        #expect(relays(text) == ["a.test"])
        #expect(relays(text.replacing(part, with: other)) == [])
    }

    @Test("every truncation of the fields is harmless")
    func cutShort() {
        let text = fields(by: "a.test")
        for length in 0..<text.utf8.count { #expect(relays(String(text.utf8.prefix(length))!) == []) }
    }

    @Test("the last eight relays are remembered, and no more octets are examined than those need")
    func limits() {
        let text = (1...20).map { fields(by: "r\($0).test") }.joined()
        #expect(relays(text) == (1...8).map { "r\($0).test" })
        let long = String(repeating: "x", count: 255)
        #expect(relays(fields(by: long)) == [long])
        #expect(relays(fields(by: long + "x")) == [])
        let endless = "X-Posthorse-ID: " + String(repeating: "0", count: 100_000)
        #expect(relays(endless) == [])
    }

    @Test("the relays are stored with their own message only")
    func stored() throws {
        let session = try EmbeddedSession()
        let text = fields(by: "b.test") + fields(by: "a.test") + "Subject: x\r\n\r\nbody\r\n"
        for content in [text, "Subject: x\r\n\r\n" + text, text] {
            try session.startData()
            try session.send(content + ".\r\n")
        }
        #expect(session.spool.messages.map(\.routing.relays) == [["b.test", "a.test"], [], ["b.test", "a.test"]])
    }
}
