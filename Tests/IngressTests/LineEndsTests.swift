import NIOCore
import Testing

@testable import Ingress

@Suite("Line ends of messages that come by the API")
struct LineEndsTests {
    @Test(
        "LF becomes CRLF if the first line ends so, and CRLF stays, however the message is split",
        arguments: [
            (["a\nb\n"], "a\r\nb\r\n"), (["a", "\n", "b\n"], "a\r\nb\r\n"), (["a\r\nb\r\n"], "a\r\nb\r\n"),
            (["a\r", "\nb\r\n"], "a\r\nb\r\n"), (["a\r", "", "\nb\r\n"], "a\r\nb\r\n"), (["", "a"], "a"),
        ])
    func conversion(parts: [String], expected: String) {
        var ends = LineEnds()
        #expect(parts.map { String(buffer: ends.converted(ByteBuffer(string: $0))) }.joined() == expected)
    }
}
