import Mail
import NIOCore
import SMTP
import Testing

@Suite("Replies")
struct ReplyParserTests {
    /// RFC 5321 section 4.2.1, RFC 2034 section 4.
    @Test(
        "a reply has a code, an enhanced code and text",
        arguments: [
            ("250 2.1.0 Ok\r\n", Reply(250, EnhancedStatusCode(2, 1, 0), "Ok")),
            ("250 Ok\r\n", Reply(250, nil, "Ok")),
            ("250\r\n", Reply(250, nil, "")),
            ("250 \r\n", Reply(250, nil, "")),
            ("354 go on\n", Reply(354, nil, "go on")),
            ("550 5.1.1\r\n", Reply(550, EnhancedStatusCode(5, 1, 1), "")),
            ("250-a\r\n250-b\r\n250 c\r\n", Reply(250, nil, lines: ["a", "b", "c"])),
            ("550-5.7.1 a\r\n550 5.7.1 b\r\n", Reply(550, EnhancedStatusCode(5, 7, 1), lines: ["a", "b"])),
            ("550 2.1.1 class differs\r\n", Reply(550, nil, "2.1.1 class differs")),
            ("550 5.1.1234 too long\r\n", Reply(550, nil, "5.1.1234 too long")),
            ("250 a\u{1B}[31mb\u{7F}\r\n", Reply(250, nil, "a [31mb ")),
        ])
    func reads(octets: String, reply: Reply) throws {
        var buffer = ByteBuffer(string: octets)
        var parser = ReplyParser()
        #expect(try parser.next(&buffer) == reply)
        #expect(buffer.readableBytes == 0)
    }

    @Test("several replies are the same at every split")
    func everySplit() throws {
        let octets = "220 x ESMTP\r\n250-x\r\n250-PIPELINING\r\n250 SIZE 1\r\n250 2.1.0 Ok\r\n354 go\r\n"
        for split in 0...octets.utf8.count {
            var parser = ReplyParser()
            var replies: [Reply] = []
            var buffer = ByteBuffer()
            for piece in [octets.utf8.prefix(split), octets.utf8.dropFirst(split)] {
                buffer.writeBytes(piece)
                while let reply = try parser.next(&buffer) { replies.append(reply) }
            }
            #expect(replies.map(\.code) == [220, 250, 250, 354], "split at \(split)")
            #expect(replies[1].lines == ["x", "PIPELINING", "SIZE 1"])
        }
    }

    @Test(
        "input that is not a reply is refused",
        arguments: ["hello\r\n", "25 x\r\n", "250x\r\n", "650 x\r\n", "150 x\r\n", "250-a\r\n251 b\r\n", "\r\n"])
    func refused(octets: String) {
        var buffer = ByteBuffer(string: octets)
        var parser = ReplyParser()
        #expect(throws: ReplySyntaxError.self) {
            while try parser.next(&buffer) != nil {}
        }
    }

    @Test("an endless line and an endless reply use bounded memory")
    func bounded() {
        var parser = ReplyParser()
        var endless = ByteBuffer(string: "250 " + String(repeating: "x", count: ReplyParser.maxLine))
        #expect(throws: ReplySyntaxError.self) { try parser.next(&endless) }
        #expect(throws: ReplySyntaxError.self) {
            for _ in 0..<1000 {
                var line = ByteBuffer(string: "250-" + String(repeating: "x", count: 200) + "\r\n")
                _ = try parser.next(&line)
            }
        }
    }
}
