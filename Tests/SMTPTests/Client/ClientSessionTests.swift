import Mail
import NIOCore
import SMTP
import Testing

/// Plays a session: replies go in as text, commands and actions come out as text.
private final class Play {
    var session = ClientSession(hostname: "relay.test")
    private var out = ByteBuffer()

    var isIdle: Bool { session.isIdle }
    var hasRoom: Bool { session.hasRoom }
    var phase: ClientPhase { session.phase }
    var unfinished: [UnfinishedTransaction] { session.unfinished }

    func server(_ replies: String...) -> [String] {
        var parser = ReplyParser()
        var buffer = ByteBuffer(string: replies.map { $0 + "\r\n" }.joined())
        var heard: [String] = []
        while let reply = try? parser.next(&buffer) {
            let action = session.replyReceived(reply, into: &out)
            heard += written()
            if let word = Self.word(action) { heard.append(word) }
        }
        return heard
    }

    func start(_ token: Int, to recipients: [String] = ["a@x"], body: BodyType = .sevenBit) -> [String] {
        let transaction = ClientTransaction(
            token: token, sender: ReversePath(address: Address(unchecked: "s@x")),
            recipients: recipients.map { Address(unchecked: $0) }, body: body, size: 42)
        session.startTransaction(transaction, into: &out)
        return written()
    }

    func content() -> [String] {
        session.finishContent(into: &out)
        return written()
    }

    private func written() -> [String] {
        let text = out.readString(length: out.readableBytes) ?? ""
        return text.split(separator: "\r\n").map(String.init)
    }

    private static func word(_ action: ClientSession.ReplyAction) -> String? {
        switch action {
        case .none: nil
        case .ready: "(ready)"
        case .sendContent(let token): "(send \(token))"
        case .finished(let result): "(finished \(describe(result)))"
        case .finishedAndClosing(let result, _): "(finished \(describe(result)), closing)"
        case .refused(let phase, let reply): "(refused at \(phase.rawValue): \(reply.code))"
        case .confused(let phase, let reply): "(confused at \(phase.rawValue): \(reply.code))"
        case .goodbye: "(goodbye)"
        }
    }

    private static func describe(_ result: TransactionResult) -> String {
        var words = ["\(result.token)"]
        if let reply = result.mailRefusal { words.append("mail \(reply.code)") }
        words += result.recipientRefusals.map { "rcpt \($0.recipient) \($0.reply.code)" }
        if let reply = result.dataRefusal { words.append("data \(reply.code)") }
        if let reply = result.dotReply { words.append("dot \(reply.code)") }
        return words.joined(separator: " ")
    }
}

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
    @Test("with PIPELINING, the envelope in one write, and the next envelope behind the final dot")
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

    @Test("a session whose dot is out takes the next envelope at once")
    func behindTheDot() {
        let play = greeted("PIPELINING")
        _ = play.start(1)
        _ = play.server("250 ok", "250 ok", "354 go")
        _ = play.content()
        #expect(play.start(2) == ["MAIL FROM:<s@x>", "RCPT TO:<a@x>", "DATA"])
    }

    /// RFC 6152.
    @Test("BODY is sent where 8BITMIME is offered")
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
        _ = pipelined.start(1)
        #expect(
            pipelined.server("451 no", "503 no mail", "503 no rcpt")
                == ["(finished 1 mail 451 rcpt 0 503)"])
        #expect(pipelined.isIdle)
    }

    @Test("all recipients refused: RSET before the next MAIL, which may share its write")
    func allRefused() {
        let play = greeted("PIPELINING")
        _ = play.start(1)
        _ = play.start(2)
        #expect(
            play.server("250 ok", "550 no", "554 no valid recipients")
                == ["RSET", "MAIL FROM:<s@x>", "RCPT TO:<a@x>", "DATA", "(finished 1 rcpt 0 550)"])
        #expect(play.server("250 reset", "250 ok", "250 ok", "354 go") == ["(ready)", "(send 2)"])
    }

    @Test("a server that wants content for nobody gets an empty message, and nobody else's content")
    func contentForNobody() {
        let play = greeted("PIPELINING")
        _ = play.start(1)
        #expect(play.server("250 ok", "550 no", "354 go") == ["."])
        #expect(play.server("250 taken") == ["RSET", "(finished 1 rcpt 0 550)"])
    }

    @Test("DATA refused though a recipient was taken")
    func dataRefused() {
        let play = greeted("PIPELINING")
        _ = play.start(1)
        #expect(play.server("250 ok", "250 ok", "451 not now") == ["RSET", "(finished 1 data 451)"])
    }

    @Test("421 ends the session: before the dot without a result, as answer to the dot with one")
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

    @Test("replies that answer nothing, or cannot be answers, end the session")
    func confused() {
        let play = greeted()
        #expect(play.server("250 hm") == ["(confused at idle: 250)"])
        let unsolicited = greeted()
        #expect(unsolicited.server("421 idle too long") == ["(refused at idle: 421)"])
        let positive = greeted("PIPELINING")
        _ = positive.start(1)
        #expect(positive.server("250 ok", "250 ok", "250 ok?") == ["(confused at data: 250)"])
    }

    @Test("quits, and takes no more")
    func quits() {
        let play = greeted()
        var out = ByteBuffer()
        play.session.quit(into: &out)
        #expect(String(buffer: out) == "QUIT\r\n")
        #expect(!play.hasRoom)
        #expect(play.server("221 bye") == ["(goodbye)"])
    }
}
