import Mail
import NIOCore
import SMTP
import Testing

/// RFC 5321 section 4.1.4, RFC 2920 section 3.1, RFC 3030 section 2, RFC 3461 section 5.2.1, RFC 6533 section 3.
@Suite("Client session")
struct ClientSessionTests {
    private func greeted(_ keywords: String...) -> Play {
        let play = Play()
        _ = play.server("220 up")
        var lines = ["250-up"] + keywords.map { "250-\($0)" }
        lines.append("250 HELP")
        _ = play.server(lines.joined(separator: "\r\n"))
        return play
    }

    /// RFC 5321 section 3.2.
    @Test("greets, falls back to HELO, and gives up when refused")
    func greeting() {
        let play = Play()
        #expect(play.phase == .banner)
        #expect(play.server("220 up") == ["EHLO relay.test"])
        #expect(play.server("502 what") == ["HELO relay.test"])
        #expect(play.server("250 fine") == ["(ready)"])
        #expect(play.isIdle)
        let refused = Play()
        #expect(refused.server("554 go away") == ["(refused at banner: 554)"])
    }

    /// RFC 5321 section 4.1.4.
    @Test("without PIPELINING, one command at a time")
    func lockStep() {
        let play = greeted()
        #expect(play.start(1, to: ["a@x", "b@x"]) == ["MAIL FROM:<s@x>"])
        #expect(!play.hasRoom)
        #expect(play.server("250 ok") == ["RCPT TO:<a@x>"])
        #expect(play.server("550 no") == ["RCPT TO:<b@x>"])
        #expect(play.server("250 ok") == ["DATA"])
        #expect(play.server("354 go") == ["(send 1)"])
        #expect(play.phase == .content)
        #expect(play.content() == ["."])
        #expect(play.phase == .dot)
        #expect(play.server("250 taken") == ["(finished 1 rcpt 0 550 dot 250)"])
        #expect(play.isIdle)
    }

    /// RFC 2920 section 3.1, RFC 1870 section 6.
    @Test("with PIPELINING, the envelope in one write, and the next envelope after the final dot")
    func pipelined() {
        let play = greeted("PIPELINING", "SIZE 1000")
        #expect(play.start(1) == ["MAIL FROM:<s@x> SIZE=42", "RCPT TO:<a@x>", "DATA"])
        #expect(play.hasRoom)
        #expect(play.start(2, to: ["b@x"]) == [])
        #expect(!play.hasRoom)
        #expect(play.server("250 ok", "250 ok", "354 go") == ["(send 1)"])
        #expect(play.content() == [".", "MAIL FROM:<s@x> SIZE=42", "RCPT TO:<b@x>", "DATA"])
        #expect(
            play.server("250 taken", "250 ok", "250 ok", "354 go") == ["(finished 1 dot 250)", "(send 2)"])
        #expect(play.start(3) == [])
        #expect(play.content() == [".", "MAIL FROM:<s@x> SIZE=42", "RCPT TO:<a@x>", "DATA"])
        #expect(play.unfinished.map(\.token) == [2, 3])
        #expect(play.unfinished.map(\.dotWritten) == [true, false])
    }

    @Test("a session that has sent its dot takes the next envelope at once")
    func behindTheDot() {
        let play = greeted("PIPELINING")
        _ = play.start(1)
        _ = play.server("250 ok", "250 ok", "354 go")
        _ = play.content()
        #expect(play.start(2) == ["MAIL FROM:<s@x>", "RCPT TO:<a@x>", "DATA"])
    }

    /// RFC 6152.
    @Test("BODY is sent if 8BITMIME is offered")
    func body() {
        let play = greeted("8BITMIME")
        #expect(play.start(1, body: .eightBitMIME) == ["MAIL FROM:<s@x> BODY=8BITMIME"])
        let without = greeted()
        #expect(without.start(1, body: .eightBitMIME) == ["MAIL FROM:<s@x>"])
    }

    @Test("MAIL refused: lock-step ends there, pipelined reads the rest; no RSET is due")
    func mailRefused() {
        let play = greeted()
        _ = play.start(1)
        #expect(play.server("550 no") == ["(finished 1 mail 550)"])
        let pipelined = greeted("PIPELINING")
        _ = pipelined.start(1, to: ["a@x", "b@x"])
        #expect(pipelined.server("550 no") == ["(finished 1 mail 550)"])
        #expect(!pipelined.hasRoom && !pipelined.isIdle && pipelined.unfinished == [])
        #expect(pipelined.server("503 no mail", "250 what", "503 no rcpt") == ["(ready)"])
        #expect(pipelined.isIdle)
    }

    /// A server that closes the session behind it means the session.
    @Test("MAIL refused for now: pipelined, the result waits for a sign that the session goes on")
    func mailRefusedForNow() {
        let play = greeted("PIPELINING")
        _ = play.start(1, to: ["a@x", "b@x"])
        #expect(play.server("451 no") == [])
        #expect(play.unfinished.map(\.mailRefusal?.code) == [451])
        #expect(play.server("503 no mail") == ["(finished 1 mail 451 rcpt 0 503)"])
        #expect(play.unfinished == [])
        #expect(play.server("503 no mail", "503 no rcpt") == ["(ready)"])
        #expect(play.isIdle)
    }

    @Test("all recipients refused: RSET before the next MAIL, which may share its write")
    func allRefused() {
        let play = greeted("PIPELINING")
        _ = play.start(1)
        _ = play.start(2)
        #expect(
            play.server("250 ok", "550 no", "554 no valid recipients") == [
                "(finished 1 rcpt 0 550)", "RSET", "MAIL FROM:<s@x>", "RCPT TO:<a@x>", "DATA", "(ready)",
            ])
        #expect(play.server("250 reset", "250 ok", "250 ok", "354 go") == ["(ready)", "(send 2)"])
    }

    @Test("a server that wants content for no recipient gets an empty message, and nobody else's content")
    func contentForNobody() {
        let play = greeted("PIPELINING")
        _ = play.start(1)
        #expect(play.server("250 ok", "550 no", "354 go") == ["(finished 1 rcpt 0 550)", "."])
        #expect(!play.hasRoom && !play.isIdle && play.unfinished == [])
        #expect(play.server("250 taken") == ["RSET", "(ready)"])
        #expect(play.server("250 reset") == ["(ready)"])
        #expect(play.isIdle)
    }

    /// RFC 2920 section 3.1.
    @Test(
        "a message that nobody wants has its result before the reply to the empty message, which takes none, at every split",
        arguments: [
            ("550 no\r\n503 a\r\n503 b\r\n354 go\r\n", "mail 550", ""),
            ("450 no\r\n250 a\r\n250 b\r\n354 go\r\n", "mail 450", ""),
            ("250 ok\r\n550 a\r\n452 b\r\n354 go\r\n", "rcpt 0 550 rcpt 1 452", "RSET"),
            ("250 ok\r\n550-a\r\n550 a\r\n452 b\r\n354 go\r\n", "rcpt 0 550 rcpt 1 452", "RSET"),
        ], ["250 2.0.0 taken", "554 5.5.1 what", "451 4.3.0 later", "421 4.3.2 bye", "354 go on"])
    func settles(replies: (before: String, result: String, reset: String), last: String) {
        let whole = replies.before + last + "\r\n"
        for split in 0...whole.utf8.count {
            let play = greeted("PIPELINING")
            _ = play.start(1, to: ["a@x", "b@x"])
            _ = play.start(2)
            var heard = play.receive(String(decoding: whole.utf8.prefix(split), as: UTF8.self))
            let isTold = heard.contains { $0.hasPrefix("(finished 1 \(replies.result)") }
            if split >= replies.before.utf8.count {
                #expect(isTold && heard.contains("."), "split at \(split)")
                #expect(play.unfinished.map(\.token) == [2] && play.unfinished.allSatisfy { !$0.dotWritten })
            }
            if isTold, split < whole.utf8.count { #expect(!play.hasRoom && !play.isIdle, "split at \(split)") }
            heard += play.receive(String(decoding: whole.utf8.dropFirst(split), as: UTF8.self))
            #expect(heard.count { $0.hasPrefix("(finished") } == 1 && !heard.joined().contains(" dot "))
            #expect(play.unfinished.map(\.token) == [2], "split at \(split)")
            switch last.prefix(3) {
            case "421": #expect(heard.last == "(refused at dot: 421)")
            case "354": #expect(heard.last == "(confused at dot: 354)")
            default:
                let next = ["MAIL FROM:<s@x>", "RCPT TO:<a@x>", "DATA", "(ready)"]
                #expect(Array(heard.suffix(4)) == next && heard.contains("RSET") == !replies.reset.isEmpty)
            }
        }
    }

    @Test("it is known whether the awaited reply concerns no message")
    func awaitsNoResult() {
        let play = greeted("PIPELINING")
        #expect(!play.awaitsNoResult)
        _ = play.start(1)
        _ = play.start(2)
        _ = play.server("250 ok")
        #expect(!play.awaitsNoResult && play.settlingToken == nil)
        for (reply, phase) in [("550 no", ClientPhase.data), ("354 go", .dot)] {
            _ = play.server(reply)
            #expect(play.awaitsNoResult && play.settlingToken == 1 && play.phase == phase)
        }
        _ = play.server("250 nothing taken")
        #expect(play.awaitsNoResult && play.settlingToken == nil && play.phase == .rset)
        _ = play.server("250 reset")
        #expect(!play.awaitsNoResult && play.phase == .mail)
        _ = play.server("250 ok", "250 ok", "354 go")
        _ = play.content()
        #expect(play.phase == .dot && !play.awaitsNoResult)
    }

    @Test("DATA is refused although a recipient was accepted")
    func dataRefused() {
        let play = greeted("PIPELINING")
        _ = play.start(1)
        #expect(play.server("250 ok", "250 ok", "451 not now") == ["RSET", "(finished 1 data 451)"])
    }

    @Test("421 ends the session: before the dot without a result, as reply to the dot with one")
    func closing() {
        let play = greeted("PIPELINING")
        _ = play.start(1)
        #expect(play.server("421 bye") == ["(refused at mail: 421)"])
        #expect(play.unfinished.map(\.dotWritten) == [false])
        let late = greeted("PIPELINING")
        _ = late.start(1)
        _ = late.server("250 ok", "250 ok", "354 go")
        _ = late.content()
        #expect(late.server("421 bye") == ["(finished 1 dot 421, closing)"])
    }

    @Test(
        "a refusal in the middle of the content is the message's verdict, and nothing more is written",
        arguments: [421, 450, 451, 452, 550, 552, 554])
    func refusedContent(code: Int) {
        for keywords in [["PIPELINING"], ["CHUNKING"], ["CHUNKING", "PIPELINING"]] {
            let isChunked = keywords.contains("CHUNKING")
            let play = greeted((keywords + (isChunked ? ["BINARYMIME"] : [])).joined(separator: "\r\n250-"))
            _ = play.start(1, body: isChunked ? .binaryMIME : .sevenBit)
            _ = play.server("250 ok", "250 ok")
            if !isChunked { _ = play.server("354 go") }
            #expect(play.phase == .content)
            _ = play.hasRoom ? play.start(2) : []
            #expect(play.server("\(code) 5.3.4 no") == ["(finished 1 content \(code), closing)"])
            #expect(!play.hasRoom && !play.isIdle)
            #expect(play.unfinished.allSatisfy { $0.token == 2 && !$0.dotWritten })
        }
    }

    @Test("a refusal in the middle of the content is the same at every split, bare or in lines of different codes")
    func refusedContentSplit() {
        for reply in ["552 5.3.4 no\r\n", "552-5.3.4 a\r\n552 b\r\n", "250-a\r\n552 b\n", "\r\n552no\r\n"] {
            for split in 0...reply.utf8.count {
                let play = greeted("PIPELINING")
                _ = play.start(1)
                _ = play.server("250 ok", "250 ok", "354 go")
                let heard =
                    play.receive(String(decoding: reply.utf8.prefix(split), as: UTF8.self))
                    + play.receive(String(decoding: reply.utf8.dropFirst(split), as: UTF8.self))
                #expect(heard == ["(finished 1 content 552, closing)"], "split at \(split)")
            }
        }
    }

    @Test("a success in the middle of the content is nonsense, and takes no message", arguments: [220, 250, 354])
    func earlySuccess(code: Int) {
        let play = greeted("PIPELINING")
        _ = play.start(1)
        _ = play.server("250 ok", "250 ok", "354 go")
        #expect(play.server("\(code) taken") == ["(confused at content: \(code))"])
        #expect(play.unfinished.map(\.dotWritten) == [false])
    }

    @Test("large content that is refused ends the session, as the server may not have seen its end")
    func refusedLargeContent() {
        for (size, end) in [(ClientSession.wholeContent, ")"), (ClientSession.wholeContent + 1, ", closing)")] {
            let play = greeted("PIPELINING")
            _ = play.start(1, size: size)
            _ = play.server("250 ok", "250 ok", "354 go")
            _ = play.content()
            _ = play.start(2)
            #expect(play.server("552 no") == ["(finished 1 dot 552\(end)"])
            #expect(play.hasRoom == (end == ")"))
            #expect(play.unfinished.map(\.token) == [2])
        }
        let taken = greeted("PIPELINING")
        _ = taken.start(1, size: 1 << 20)
        _ = taken.server("250 ok", "250 ok", "354 go")
        _ = taken.content()
        #expect(taken.server("250 ok") == ["(finished 1 dot 250)"])
    }

    @Test(
        "behind a refused dot nothing is believed that may be a second reply to the content, until a 354",
        arguments: [
            (["554 no valid message"], "mail", 554), (["250 ok", "250 ok", "250 ok"], "data", 250),
            (["250 ok", "250 ok", "250 ok", "550 no user"], "data", 550), (["554 what"], "mail", 554),
            (["250 ok", "421 bye"], "rcpt", 421), (["250 ok", "550 no user", "503 no"], "data", 503),
        ])
    func outOfStep(replies: [String], phase: String, code: Int) {
        let play = greeted("PIPELINING")
        _ = play.start(1)
        for reply in ["250 ok", "250 ok", "354 go"] { _ = play.server(reply) }
        _ = play.content()
        _ = play.start(2, to: replies.count == 4 ? ["a@x", "b@x"] : ["a@x"])
        #expect(play.server("552 too big") == ["(finished 1 dot 552)"])
        for reply in replies.dropLast() { #expect(play.server(reply) == []) }
        #expect(play.server(replies.last ?? "") == ["(out of step at \(phase): \(code))"])
        #expect(play.unfinished.map(\.token) == [2] && play.unfinished.allSatisfy { $0.mailRefusal == nil })
    }

    @Test("the same in lock-step, and before BDAT, which no 354 precedes")
    func outOfStepUnpipelined() {
        for (body, replies, end) in [
            (BodyType.sevenBit, ["250 ok", "550 no user"], "rcpt: 550"), (.sevenBit, ["554 no"], "mail: 554"),
            (.sevenBit, ["250 ok", "250 ok", "250 ok"], "data: 250"), (.binaryMIME, ["250 ok"], "mail: 250"),
        ] {
            let play = greeted("CHUNKING\r\n250-BINARYMIME")
            _ = play.start(1)
            for reply in ["250 ok", "250 ok", "354 go"] { _ = play.server(reply) }
            _ = play.content()
            #expect(play.server("552 too big") == ["(finished 1 dot 552)"])
            _ = play.start(2, body: body)
            for reply in replies.dropLast() { _ = play.server(reply) }
            #expect(play.server(replies.last ?? "") == ["(out of step at \(end))"])
        }
    }

    @Test("a refusal of MAIL is the next message's own if a 354 came in between, or the dot was accepted")
    func refusedMail() {
        for reply in ["250 taken", "550 no"] {
            let play = greeted("PIPELINING")
            _ = play.start(1)
            _ = play.server("250 ok", "250 ok", "354 go")
            _ = play.content()
            _ = play.server(reply)
            _ = play.start(2)
            if reply.hasPrefix("5") {
                _ = play.server("250 ok", "250 ok", "354 go")
                _ = play.content()
                _ = play.server("250 taken")
                _ = play.start(3)
            }
            let heard = play.server("550 sender unknown", "503 no", "503 no")
            #expect(heard.contains { $0.contains("mail 550") })
        }
    }

    @Test("it is known how far the recipients of an envelope have been answered")
    func envelopeProgress() {
        let play = greeted("PIPELINING")
        #expect(play.session.envelopeProgress == nil)
        _ = play.start(1, to: ["a@x", "b@x", "c@x"])
        #expect(play.session.envelopeProgress == nil)
        _ = play.server("250 ok", "250 ok", "550 no")
        #expect(play.session.envelopeProgress?.answered == 2 && play.session.envelopeProgress?.recipients == 3)
        #expect(play.server("421 enough") == ["(refused at rcpt: 421)"])
        #expect(play.session.envelopeProgress?.answered == 2)
    }

    @Test("it is known whether the server owes a reply to a command behind one it has answered")
    func behindGroup() {
        let play = greeted("PIPELINING")
        _ = play.start(1)
        #expect(!play.isBehindGroup)
        _ = play.server("250 ok")
        #expect(play.isBehindGroup)
        _ = play.server("250 ok")
        #expect(play.isBehindGroup)
        _ = play.server("354 go")
        _ = play.content()
        _ = play.start(2)
        #expect(!play.isBehindGroup)
        _ = play.server("250 taken")
        #expect(play.phase == .mail && play.isBehindGroup)
        let lockStep = greeted()
        _ = lockStep.start(1)
        _ = lockStep.server("250 ok")
        #expect(!lockStep.isBehindGroup)
    }

    @Test("PIPELINING is not used if it may not be")
    func notPipelined() {
        let play = Play(pipelines: false)
        _ = play.server("220 up", "250-up\r\n250-PIPELINING\r\n250 SIZE")
        #expect(!play.session.usesPipelining && play.capabilities.size)
        #expect(play.start(1) == ["MAIL FROM:<s@x> SIZE=42"])
        #expect(play.server("250 ok") == ["RCPT TO:<a@x>"])
    }

    @Test("unsolicited and nonsensical replies end the session")
    func confused() {
        let play = greeted()
        #expect(play.server("250 hm") == ["(confused at idle: 250)"])
        let unsolicited = greeted()
        #expect(unsolicited.server("421 idle too long") == ["(refused at idle: 421)"])
        let positive = greeted("PIPELINING")
        _ = positive.start(1)
        #expect(positive.server("250 ok", "250 ok", "250 ok?") == ["(confused at data: 250)"])
    }

    @Test("binary content is sent by BDAT, after the replies to the envelope", arguments: [true, false])
    func chunked(pipelining: Bool) {
        let play = greeted("CHUNKING", "BINARYMIME", pipelining ? "PIPELINING" : "SIZE")
        let size = pipelining ? "" : " SIZE=42"
        let mail = "MAIL FROM:<s@x>\(size) BODY=BINARYMIME"
        if pipelining {
            #expect(play.start(1, to: ["a@x", "b@x"], body: .binaryMIME) == [mail, "RCPT TO:<a@x>", "RCPT TO:<b@x>"])
            #expect(play.server("250 ok", "550 no") == [])
        } else {
            #expect(play.start(1, to: ["a@x", "b@x"], body: .binaryMIME) == [mail])
            #expect(play.server("250 ok") == ["RCPT TO:<a@x>"])
            #expect(play.server("550 no") == ["RCPT TO:<b@x>"])
        }
        #expect(play.server("250 ok") == ["BDAT 42 LAST", "(send 1)"])
        #expect(play.phase == .content)
        #expect(play.unfinished.map(\.dotWritten) == [false])
        #expect(play.content() == [])
        #expect(play.unfinished.map(\.dotWritten) == [true])
        #expect(play.phase == .dot)
        #expect(play.server("250 taken") == ["(finished 1 rcpt 0 550 dot 250)"])
        #expect(play.isIdle)
    }

    @Test("binary content without recipients is not sent", arguments: [true, false])
    func chunkedForNobody(pipelining: Bool) {
        let play = greeted("CHUNKING", "BINARYMIME", pipelining ? "PIPELINING" : "SIZE")
        _ = play.start(1, body: .binaryMIME)
        #expect(
            play.server("250 ok", "550 no")
                == ["RCPT TO:<a@x>", "RSET", "(finished 1 rcpt 0 550)"].suffix(pipelining ? 2 : 3))
        #expect(play.server("250 reset") == ["(ready)"])
        #expect(play.isIdle)
    }

    @Test("after binary content the next envelope is sent at once; its content must wait for the replies")
    func chunkedPipelined() {
        let play = greeted("CHUNKING", "BINARYMIME", "PIPELINING")
        _ = play.start(1, body: .binaryMIME)
        _ = play.start(2, body: .binaryMIME)
        #expect(play.server("250 ok", "250 ok") == ["BDAT 42 LAST", "(send 1)"])
        #expect(play.content() == ["MAIL FROM:<s@x> BODY=BINARYMIME", "RCPT TO:<a@x>"])
        #expect(
            play.server("250 taken", "250 ok", "250 ok") == ["(finished 1 dot 250)", "BDAT 42 LAST", "(send 2)"])
    }

    @Test("options are passed on if the server supports them, and not otherwise")
    func parameters() {
        var options = MessageOptions()
        options.usesUTF8 = true
        options.transferPriority = -3
        options.returnContent = .headers
        options.envelopeID = "a+2Bb"
        let recipient = RecipientOptions(notify: [.success, .delay], originalRecipient: "rfc822;o@x")
        let all = greeted("PIPELINING", "SMTPUTF8", "MT-PRIORITY MIXER", "DSN", "8BITMIME")
        #expect(
            all.start(1, options: options, recipientOptions: [recipient]).prefix(2) == [
                "MAIL FROM:<s@x> SMTPUTF8 MT-PRIORITY=-3 RET=HDRS ENVID=a+2Bb",
                "RCPT TO:<a@x> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;o@x",
            ])
        let none = greeted("PIPELINING")
        #expect(
            none.start(1, options: options, recipientOptions: [recipient]).prefix(2) == [
                "MAIL FROM:<s@x>", "RCPT TO:<a@x>",
            ])
        let never = greeted("DSN")
        _ = never.start(1, recipientOptions: [RecipientOptions(notify: [])])
        #expect(never.server("250 ok") == ["RCPT TO:<a@x> NOTIFY=NEVER"])
    }

    @Test("a UTF-8 address requires SMTPUTF8, whatever the client said")
    func internationalAddress() {
        let play = greeted("SMTPUTF8")
        #expect(play.start(1, to: ["jörg@x"]) == ["MAIL FROM:<s@x> SMTPUTF8"])
        #expect(play.server("250 ok") == ["RCPT TO:<jörg@x>"])
    }

    @Test(
        "a value that would end its parameter or its line is left out",
        arguments: ["a b", "a\r\nRCPT TO:<evil@x>", "a=b", "a\u{7F}", "a\u{0}"])
    func injectedValue(value: String) {
        var options = MessageOptions()
        options.envelopeID = value
        let play = greeted("PIPELINING", "DSN")
        let original = RecipientOptions(notify: [.failure], originalRecipient: "rfc822;" + value)
        #expect(
            play.start(1, options: options, recipientOptions: [original]).prefix(2) == [
                "MAIL FROM:<s@x>", "RCPT TO:<a@x> NOTIFY=FAILURE",
            ])
    }

    @Test("a probe may put RSET before its NOOP, and repeats the NOOP if it was dropped")
    func probeGroup() {
        for keywords in ["PIPELINING", "SIZE"] {
            let play = greeted(keywords)
            var out = ByteBuffer()
            play.session.probe(isGroup: true, into: &out)
            guard keywords == "PIPELINING" else {
                #expect(String(buffer: out) == "NOOP\r\n")
                continue
            }
            #expect(String(buffer: out) == "RSET\r\nNOOP\r\n")
            #expect(play.phase == .rset && !play.session.isBehindGroup)
            #expect(play.server("250 reset") == [])
            #expect(play.phase == .noop && play.session.isBehindGroup)
            out.clear()
            play.session.repeatProbe(into: &out)
            play.session.repeatProbe(into: &out)
            #expect(String(buffer: out) == "NOOP\r\n")
            #expect(play.server("250 ok") == ["(ready)"])
            #expect(play.isIdle)
        }
    }

    @Test("a probe is a NOOP whose reply shows that the server is alive", arguments: ["250 ok", "502 5.5.1 what"])
    func probes(reply: String) {
        let play = greeted("PIPELINING")
        var out = ByteBuffer()
        play.session.probe(into: &out)
        #expect(String(buffer: out) == "NOOP\r\n")
        #expect(play.phase == .noop)
        #expect(!play.isIdle)
        play.session.probe(into: &out)
        #expect(String(buffer: out) == "NOOP\r\n")
        #expect(play.server(reply) == ["(ready)"])
        #expect(play.isIdle)
    }

    @Test("a server that fails a probe is gone", arguments: ["421 bye", "450 later", "354 go on"])
    func failedProbe(reply: String) {
        let play = greeted()
        var out = ByteBuffer()
        play.session.probe(into: &out)
        let word = reply.hasPrefix("3") ? "confused" : "refused"
        #expect(play.server(reply) == ["(\(word) at noop: \(reply.prefix(3)))"])
    }

    @Test("quits, and accepts no more")
    func quits() {
        let play = greeted()
        var out = ByteBuffer()
        play.session.quit(into: &out)
        #expect(String(buffer: out) == "QUIT\r\n")
        #expect(!play.hasRoom)
        #expect(play.server("221 bye") == ["(goodbye)"])
    }
}
