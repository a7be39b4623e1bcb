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
            ("250 a\u{1B}[31mb\u{7F}\r\n", Reply(250, nil, "a [31mb")),
        ])
    func reads(octets: String, reply: Reply) throws {
        var buffer = ByteBuffer(string: octets)
        var parser = ReplyParser()
        #expect(try parser.next(&buffer) == reply)
        #expect(buffer.readableBytes == 0)
    }

    @Test(
        "what servers send instead of what the standard says is taken",
        arguments: [
            ("250OK\r\n", Reply(250, nil, "OK")), ("250\tOK\r\n", Reply(250, nil, "OK")),
            ("250\t2.0.0\tOK\r\n", Reply(250, EnhancedStatusCode(2, 0, 0), "OK")),
            ("2502.0.0 OK\r\n", Reply(250, EnhancedStatusCode(2, 0, 0), "OK")),
            ("250  2.0.0  OK  \r\n", Reply(250, EnhancedStatusCode(2, 0, 0), " OK")),
            ("250 OK\r\r\n", Reply(250, nil, "OK")), ("250 OK\u{0}\r\n", Reply(250, nil, "OK")),
            ("250 a\u{0}b\r\n", Reply(250, nil, "a b")), ("250 \t \r\n", Reply(250, nil, "")),
            ("250 2.0.0\r\n", Reply(250, EnhancedStatusCode(2, 0, 0), "")),
            ("2502.0.0\r\n", Reply(250, EnhancedStatusCode(2, 0, 0), "")),
            ("\r\n250 OK\r\n", Reply(250, nil, "OK")), ("\n\r\n \r\n250 OK\n", Reply(250, nil, "OK")),
            ("250-a\r\n\r\n250 b\r\n", Reply(250, nil, lines: ["a", "b"])),
            ("250-\r\n250\r\n", Reply(250, nil, lines: ["", ""])),
            ("250-a\r\nand more \r\n250 b\r\n", Reply(250, nil, lines: ["a", "and more", "b"])),
            ("250 gr\u{FC}\u{DF}e\r\n", Reply(250, nil, "gr\u{FC}\u{DF}e")),
        ])
    func tolerated(octets: String, reply: Reply) throws {
        for split in 0...octets.utf8.count {
            #expect(try replies(octets, split).list == [reply], "split at \(split)")
        }
    }

    /// RFC 5321 section 4.2.1 lets a client rely on the code of any line.
    @Test(
        "of different codes in one reply the last one counts, with the first enhanced code that fits it",
        arguments: [
            ("250-a\r\n550 b\r\n", Reply(550, nil, lines: ["a", "b"])),
            ("550-5.1.1 a\r\n250 2.0.0 b\r\n", Reply(250, EnhancedStatusCode(2, 0, 0), lines: ["a", "b"])),
            ("250-2.0.0 a\r\n251-b\r\n250 c\r\n", Reply(250, EnhancedStatusCode(2, 0, 0), lines: ["a", "b", "c"])),
            ("250-2.0.0 a\r\n451 b\r\n", Reply(451, nil, lines: ["a", "b"])),
            ("250-a\r\n250 2.0.0 b\r\n", Reply(250, EnhancedStatusCode(2, 0, 0), lines: ["a", "b"])),
            ("550-5.7.1 a\r\n550-5.1.1 b\r\n550\r\n", Reply(550, EnhancedStatusCode(5, 7, 1), lines: ["a", "b", ""])),
        ])
    func differentCodes(octets: String, reply: Reply) throws {
        for split in 0...octets.utf8.count {
            #expect(try replies(octets, split).list == [reply], "split at \(split)")
        }
    }

    private func replies(_ octets: String, _ split: Int) throws -> (list: [Reply], rest: Reply?) {
        var parser = ReplyParser()
        var list: [Reply] = []
        var buffer = ByteBuffer()
        for piece in [octets.utf8.prefix(split), octets.utf8.dropFirst(split)] {
            buffer.writeBytes(piece)
            while let reply = try parser.next(&buffer) { list.append(reply) }
        }
        return (list, parser.unfinished(&buffer))
    }

    @Test(
        "a reply that the connection ends in has the code that was sent",
        arguments: [
            ("250", Reply(250, nil, "")), ("250 2.0.0 O", Reply(250, EnhancedStatusCode(2, 0, 0), "O")),
            ("250-queued\r\n", Reply(250, nil, "queued")), ("250-a\r\n550", Reply(550, nil, lines: ["a", ""])),
            ("250-a\r\n2", Reply(250, nil, lines: ["a", "2"])), ("554-no\r", Reply(554, nil, "no")),
            ("", nil), ("25", nil), ("\r\n", nil), ("hello", nil), ("2500", nil),
        ])
    func unfinished(octets: String, reply: Reply?) throws {
        for split in 0...octets.utf8.count {
            let found = try replies(octets, split)
            #expect(found.list == [] && found.rest == reply, "split at \(split)")
        }
    }

    @Test("nothing of one reply is left for the next")
    func afterAnother() throws {
        let found = try replies("250-2.0.0 a\r\n250 b\r\n\r\n250 c\r\n551", 9)
        #expect(found.list.map(\.description) == ["250 2.0.0 a b", "250 c"])
        #expect(found.rest == Reply(551, nil, ""))
    }

    @Test("empty lines are no reply")
    func blank() {
        for text in ["", "\r\n", "\n", "\r", " \r\n\t"] { #expect(ReplyParser.isBlank(ByteBuffer(string: text))) }
        for text in ["2", "\r\n2", "x\r\n"] { #expect(!ReplyParser.isBlank(ByteBuffer(string: text))) }
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
        arguments: [
            "hello\r\n", "25 x\r\n", "2500 x\r\n", "250550 x\r\n", "650 x\r\n", "150 x\r\n", " 250 x\r\n",
            "\u{0}250 x\r\n", "2 50 x\r\n",
        ])
    func refused(octets: String) {
        var buffer = ByteBuffer(string: octets)
        var parser = ReplyParser()
        #expect(throws: ReplySyntaxError.self) {
            while try parser.next(&buffer) != nil {}
        }
    }

    @Test("a long line is cut, and what follows it is read")
    func longLine() throws {
        for length in [ReplyParser.maxLine - 5, ReplyParser.maxLine, 60_000] {
            var buffer = ByteBuffer(string: "250 " + String(repeating: "x", count: length) + "\r\n354 go\r\n")
            var parser = ReplyParser()
            let long = try #require(try parser.next(&buffer))
            #expect(long.code == 250 && long.lines[0].utf8.count == min(length, ReplyParser.maxLine - 4))
            #expect(try parser.next(&buffer) == Reply(354, nil, "go"))
        }
    }

    @Test("an endless line, an endless reply and endless empty lines use bounded memory")
    func bounded() throws {
        var parser = ReplyParser()
        var endless = ByteBuffer(string: "250 " + String(repeating: "x", count: ReplyParser.maxReply - 4))
        #expect(try parser.next(&endless) == nil)
        endless.writeString("x")
        #expect(throws: ReplySyntaxError.self) { try parser.next(&endless) }
        // The code has been read, so that a message is not sent again.
        #expect(parser.unfinished(&endless)?.code == 250)
        for line in ["250-" + String(repeating: "x", count: 200) + "\r\n", "\r\n"] {
            var parser = ReplyParser()
            var buffer = ByteBuffer()
            #expect(throws: ReplySyntaxError.self) {
                for _ in 0..<40_000 {
                    buffer.writeString(line)
                    _ = try parser.next(&buffer)
                }
            }
        }
    }
}
