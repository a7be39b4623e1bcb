import Mail
import Mailbox
import Testing

/// What a server can do to a session: a clear error, and no more memory than the limits allow.
@Suite("Hostile IMAP servers")
struct HostileIMAPTests {
    /// A session with an open folder.
    private func opened(_ limits: MailboxLimits = MailboxLimits(), extensions: String = "UIDPLUS IDLE") -> IMAPPlay {
        let play = IMAPPlay(.off, limits)
        play.receive("* PREAUTH [CAPABILITY IMAP4rev1 \(extensions)] hi\r\n")
        play.act(["open", "INBOX"])
        play.receive("* 3 EXISTS\r\n* OK [UIDVALIDITY 5] x\r\nA1 OK [READ-ONLY] open\r\n")
        return play
    }

    @Test("an endless line")
    func endlessLine() throws {
        let play = opened()
        let part = [UInt8](repeating: 0x61, count: 64 << 10)[...]
        var most = 0
        for _ in 0..<64 where !play.isOver {
            play.receive(part)
            most = max(most, play.heldOctets)
        }
        #expect(play.events.last == "failed protocol too_large")
        #expect(most <= MailboxLimits().line)
        #expect(play.heldOctets == 0)
    }

    @Test(
        "a literal that is too long is refused when it is announced",
        arguments: ["4294967296", "4294967295", "524289", "99999999999999999999999999", "9223372036854775808"])
    func hugeLiteral(length: String) throws {
        let play = opened()
        play.receive("* 1 FETCH (UID 1 BODY[HEADER] {\(length)}\r\n")
        #expect(play.events.last == "failed protocol too_large")
        #expect(try #require(play.errors.last).message.contains(length.prefix(10)))
    }

    @Test("a response of many literals is bounded as a whole")
    func manyLiterals() {
        var limits = MailboxLimits()
        limits.response = 10_000
        let play = opened(limits)
        play.receive("* 1 FETCH (UID 1 BODY[HEADER] ")
        var most = 0
        for _ in 0..<100 where !play.isOver {
            play.receive("{1000}\r\n" + String(repeating: "a", count: 1000))
            most = max(most, play.heldOctets)
        }
        #expect(play.events.last == "failed protocol too_large")
        #expect(most <= 10_000)
    }

    @Test("deep nesting", arguments: ["(", "["])
    func nesting(parenthesis: String) {
        let play = opened()
        let deep = String(repeating: parenthesis, count: 100_000)
        play.receive("* 1 FETCH (UID 1 BODYSTRUCTURE \(deep)\r\n")
        #expect(play.events.last == "failed protocol syntax")
    }

    @Test(
        "lies about tags, and answers that nobody asked for",
        arguments: [
            ("A1 OK again\r\n", "unexpected"), ("A7 OK early\r\n", "unexpected"), ("a2 OK letters\r\n", "unexpected"),
            ("+ more\r\n", "unexpected"), ("* PREAUTH hi\r\n", "unexpected"), ("* 4294967296 EXISTS\r\n", "syntax"),
            ("* 1 FETCH (UID\r\n", "syntax"), ("* LIST (\\Junk) \"/\r\n", "syntax"), ("* SEARCH one\r\n", "syntax"),
            ("* ESEARCH UID ALL 0:5\r\n", "syntax"), ("HTTP/1.1 400 Bad Request\r\n", "syntax"),
            ("* 1 FETCH (UID 1 BODY[HEADER] {5}x\r\nab\r\n", "syntax"),
        ])
    func lies(text: String, code: String) {
        let play = opened()
        play.receive(text)
        #expect(play.events.last == "failed protocol \(code)")
    }

    @Test("success before the literals of a command are sent")
    func earlySuccess() {
        let play = IMAPPlay()
        play.receive("* OK [CAPABILITY IMAP4rev1] hi\r\n")
        play.act(["login", "ü", "p"])
        play.receive("A1 OK already\r\n")
        #expect(play.events.last == "failed protocol unexpected")
    }

    @Test("ranges are not expanded, and of many messages the newest are kept")
    func hugeRange() {
        var limits = MailboxLimits()
        limits.found = 3
        let play = opened(limits)
        play.act(["search", "X", "y"])
        play.receive("* ESEARCH (TAG \"A2\") UID ALL 1:4294967295,7,4294967290:4294967295\r\nA2 OK done\r\n")
        #expect(play.events.last == "found 4294967293,4294967294,4294967295 cut")
        play.act(["search", "X", "y"])
        play.receive("A3 OK fresh\r\n")
        for number in 1...50 { play.receive("* SEARCH \(number) 0 \(number)\r\n") }
        play.receive("A4 OK done\r\n")
        #expect(play.events.last == "found 48,49,50 cut")
    }

    @Test("of many folders, some are kept, and those with a use in any case")
    func manyFolders() {
        var limits = MailboxLimits()
        limits.folders = 2
        let play = opened(limits)
        play.act(["list"])
        for number in 1...100 { play.receive("* LIST () \"/\" f\(number)\r\n") }
        play.receive("* LIST () \"/\" \(String(repeating: "x", count: 2000))\r\n")
        play.receive("* LIST (\\Junk) \"/\" j\r\nA2 OK done\r\n")
        #expect(play.events.last == "folders f1, f2, j=junk cut")
    }

    @Test("messages that were not asked for are not reported, and none twice")
    func unaskedMessages() {
        let play = opened()
        play.receive("* 1 FETCH (UID 1 BODY[HEADER] \"a\")\r\n")
        play.act(["fetch", "2"])
        play.receive("* 1 FETCH (UID 1 BODY[HEADER] \"a\")\r\n* 2 FETCH (UID 2 FLAGS ())\r\n")
        play.receive("* 2 FETCH (UID 2 BODY[HEADER] \"b\")\r\n* 2 FETCH (UID 2 BODY[HEADER] \"c\")\r\nA2 OK done\r\n")
        #expect(play.events.suffix(2) == ["message 2 - b", "fetched"])
    }

    @Test("a header longer than was asked for is cut")
    func longHeader() {
        var limits = MailboxLimits()
        limits.header = 4
        let play = opened(limits)
        play.act(["fetch", "2"])
        play.receive("* 2 FETCH (UID 2 INTERNALDATE NIL BODY[HEADER]<0> \"abcdef\")\r\nA2 OK done\r\n")
        #expect(play.events.suffix(2) == ["message 2 - abcd cut", "fetched"])
        #expect(play.lines.last?.hasSuffix("BODY.PEEK[HEADER]<0.4>)") == true)
    }

    @Test("silence, and endless talk without an answer")
    func silence() {
        let silent = opened()
        silent.act(["list"])
        silent.act(["wait", "59"])
        #expect(!silent.isOver)
        silent.act(["wait", "1"])
        #expect(silent.events.last == "failed network silent")
        let chatty = opened()
        chatty.act(["list"])
        for _ in 0..<20 {
            chatty.act(["wait", "59"])
            chatty.receive("* OK still working\r\n")
        }
        #expect(chatty.events.last == "failed network silent")
        #expect(chatty.now > .seconds(600))
    }

    @Test("nothing is read behind the end")
    func afterEnd() {
        let play = opened()
        play.receive("* BYE bye\r\nA9 OK more\r\n")
        play.receive("* BYE bye\r\n")
        play.act(["end"])
        play.act(["list"])
        play.act(["watch"])
        play.act(["logout"])
        #expect(play.events.filter { $0.hasPrefix("failed") } == ["failed refusal bye"])
        #expect(play.deadline == nil)
    }

    // MARK: - Deletion

    private func read(_ play: IMAPPlay) {
        play.act(["fetch", "2"])
        play.receive("* 2 FETCH (UID 2 BODY[HEADER] \"b\")\r\nA2 OK done\r\n")
    }

    @Test("a folder that got another UIDVALIDITY keeps its messages")
    func otherValidity() {
        let play = opened()
        read(play)
        play.act(["delete"])
        play.receive("* 9 EXISTS\r\n* OK [UIDVALIDITY 6] new\r\nA3 OK [READ-WRITE] open\r\n")
        #expect(play.events.last == "refused refusal stale")
        #expect(play.lines.last == "A3 SELECT \"INBOX\"")
        // What is open now has nothing of the old.
        play.act(["delete"])
        #expect(play.events.last == "refused refusal stale")
        #expect(play.lines.last == "A3 SELECT \"INBOX\"")
    }

    @Test("a folder that opens for reading only, and one without UIDVALIDITY")
    func readOnly() {
        let play = opened()
        read(play)
        play.act(["delete"])
        play.receive("* OK [UIDVALIDITY 5] same\r\nA3 OK [READ-ONLY] shared\r\n")
        #expect(play.events.last == "refused refusal unsupported")
        play.act(["delete"])
        play.receive("A4 OK [READ-WRITE] no validity\r\n")
        #expect(play.events.last == "refused refusal stale")
        #expect(play.lines.last == "A4 SELECT \"INBOX\"")
    }

    @Test("EXPUNGE and CLOSE are never sent", arguments: ["UIDPLUS", ""])
    func neverExpunges(extensions: String) {
        let play = opened(extensions: extensions)
        read(play)
        play.act(["delete"])
        play.receive("* OK [UIDVALIDITY 5] same\r\nA3 OK [READ-WRITE] open\r\nA4 OK stored\r\n")
        if !extensions.isEmpty { play.receive("A5 OK gone\r\n") }
        play.act(["open", "Junk"])
        play.receive("\(extensions.isEmpty ? "A5" : "A6") OK open\r\n")
        play.act(["logout"])
        let commands = play.lines.map { $0.split(separator: " ").dropFirst().joined(separator: " ") }
        #expect(!commands.contains { $0 == "EXPUNGE" || $0 == "CLOSE" })
        #expect(commands.contains("UID EXPUNGE 2") == !extensions.isEmpty)
    }

    @Test("without an open folder nothing is looked for")
    func noFolder() {
        let play = IMAPPlay()
        play.receive("* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n")
        play.act(["search", "X", "y"])
        play.act(["fetch", "1"])
        play.act(["watch"])
        #expect(play.events.dropFirst() == ["refused refusal stale", "refused refusal stale", "refused refusal stale"])
        #expect(play.written.isEmpty)
    }
}
