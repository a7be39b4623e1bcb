import NIOCore
import Testing

@testable import SMTP

@Suite("Wire form to content")
struct DotUnstufferTests {
    static let cases: [(wire: String, message: String)] = [
        ("", ""),
        ("Subject: x\r\n\r\nhello\r\n", "Subject: x\r\n\r\nhello\r\n"),
        ("..\r\n", ".\r\n"),
        ("...dots\r\n..\r\n", "..dots\r\n.\r\n"),
        ("a..b\r\nc..\r\n", "a..b\r\nc..\r\n"),
        ("\r\n\r\n..x\r\n", "\r\n\r\n.x\r\n"),
    ]

    @Test("One dot is removed at the beginning of a line, at every split", arguments: cases)
    func everySplit(wire: String, message: String) {
        let bytes = Array(wire.utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                var unstuffer = DotUnstuffer()
                let parts = [bytes[..<first], bytes[first..<second], bytes[second...]]
                let result = parts.map { String(buffer: unstuffer.unstuff(ByteBuffer(bytes: $0))) }.joined()
                #expect(result == message, "split at \(first) and \(second)")
            }
        }
    }
}
