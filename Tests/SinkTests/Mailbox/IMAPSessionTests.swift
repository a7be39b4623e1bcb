import Mail
import Testing

@testable import Sink

@Suite("An IMAP session with a sink's mailboxes")
struct IMAPSessionTests {
    @Test(
        "lets in whoever has the password",
        arguments: [
            "a LOGIN probe@example.net sesame", "a login \"probe@example.net\" \"sesame\"",
            "a LOGIN {17+}\nprobe@example.net {6+}\nsesame", "a AUTHENTICATE PLAIN AHByb2JlAHNlc2FtZQ==",
            "a AUTHENTICATE PLAIN\nAHByb2JlAHNlc2FtZQ==",
        ])
    func login(_ text: String) {
        var talk = IMAPTalk()
        #expect(talk.say(text).last?.hasPrefix("a OK [CAPABILITY IMAP4rev1 ") == true)
        #expect(talk.session.isLoggedIn)
        #expect(talk.say("b NOOP") == ["b OK NOOP done"])
    }

    @Test(
        "keeps out everybody else, and lets them try again",
        arguments: [
            "a LOGIN probe@example.net Sesame", "a LOGIN \"\" sesame", "a AUTHENTICATE PLAIN AHByb2JlAHNlc2FtZQ=",
            "a AUTHENTICATE PLAIN\n*", "a AUTHENTICATE XOAUTH2 x", "a LOGIN probe", "a SELECT INBOX", "a IDLE",
            "a UID FETCH 1 UID",
        ])
    func noLogin(_ text: String) {
        var talk = IMAPTalk()
        let answer = talk.say(text).last
        #expect(answer?.hasPrefix("a NO ") == true || answer?.hasPrefix("a BAD ") == true)
        #expect(!talk.session.isLoggedIn)
        #expect(talk.say("b LOGIN probe sesame").first?.hasPrefix("b OK ") == true)
    }

    @Test("needs no password where none is set, and takes none where its file cannot be read")
    func passwords() {
        var talk = IMAPTalk()
        talk.password = .unreadable
        #expect(talk.say("a LOGIN probe sesame").first?.hasPrefix("a NO ") == true)
        talk.password = .any
        #expect(talk.say("a LOGIN probe what").first?.hasPrefix("a OK ") == true)
    }

    @Test("asks for a literal that waits, and ends with one that is too long")
    func literals() {
        var talk = IMAPTalk()
        #expect(talk.say("a LOGIN {5}") == ["+ Send it"])
        #expect(talk.say("probe {6}") == ["+ Send it"])
        #expect(talk.say("sesame").first?.hasPrefix("a OK ") == true)
        #expect(talk.say("b LOGIN {999999999+}").first?.hasPrefix("* BYE ") == true)
        #expect(talk.session.isOver)
        #expect(talk.say("c NOOP") == [])
    }

    @Test("ends with a line that has no end")
    func endlessLine() {
        var talk = IMAPTalk()
        #expect(talk.received([UInt8](repeating: 65, count: IMAPCommandFramer.limit)) == [])
        #expect(talk.answers([65]).first?.hasPrefix("* BYE ") == true)
    }

    @Test("names the folder for junk, in every way of asking")
    func folders() {
        var talk = IMAPTalk()
        talk.logIn()
        let inbox = "* LIST (\\HasNoChildren) \"/\" INBOX"
        let junk = "* LIST (\\HasNoChildren \\Junk) \"/\" Junk"
        #expect(talk.say("a LIST \"\" *") == [inbox, junk, "a OK LIST done"])
        #expect(talk.say("a LIST \"\" \"*\" RETURN (SPECIAL-USE)") == [inbox, junk, "a OK LIST done"])
        #expect(talk.say("a LIST (SPECIAL-USE) \"\" %") == [junk, "a OK LIST done"])
        #expect(talk.say("a LIST \"\" inbox") == [inbox, "a OK LIST done"])
        #expect(talk.say("a LIST \"\" \"\"") == ["* LIST (\\Noselect) \"/\" \"\"", "a OK LIST done"])
        #expect(talk.say("a SELECT Trash") == ["a NO [NONEXISTENT] No such folder"])
    }

    @Test("opens a folder, for writing or not, and gives its figures")
    func opening() {
        var talk = IMAPTalk("Subject: 1\n\n", "Subject: 2\n\n")
        talk.logIn()
        let opened = talk.say("a SELECT inbox")
        #expect(opened.contains("* 2 EXISTS"))
        #expect(opened.contains("* OK [UIDVALIDITY 7] Until the sink ends"))
        #expect(opened.contains("* OK [UIDNEXT 3] The next"))
        #expect(opened.last == "a OK [READ-WRITE] INBOX is open")
        #expect(talk.say("b EXAMINE INBOX").last == "b OK [READ-ONLY] INBOX is open")
        #expect(talk.say("c STORE 1 +FLAGS (\\Deleted)") == ["c NO [READ-ONLY] The folder is open for reading only"])
        #expect(
            talk.say("d STATUS INBOX (MESSAGES UIDNEXT UNSEEN)") == [
                "* STATUS INBOX (MESSAGES 2 UIDNEXT 3 UNSEEN 2)", "d OK STATUS done",
            ])
    }

    @Test(
        "finds messages",
        arguments: [
            ("ALL", "1 2 3"), ("1", "1"), ("2:*", "2 3"), ("UID 9:*", "3"), ("UID 1,3", "1 3"),
            ("HEADER X-Probe tok", "1 2"), ("HEADER x-probe \"TOK-2\"", "2"), ("HEADER X-Probe \"\"", "1 2"),
            ("NOT HEADER X-Probe \"\"", "3"), ("OR SUBJECT hello FROM ann", "1 3"), ("SUBJECT \"folded here\"", "2"),
            ("SINCE 30-Nov-2026", "2 3"), ("SINCE 1-Dec-2026", ""), ("BEFORE 30-Nov-2026", "1"),
            ("ON 29-Nov-2026", "1"),
            ("SEEN", "3"), ("UNSEEN", "1 2"), ("UNDELETED", "1 2 3"), ("DELETED", ""),
            ("CHARSET UTF-8 UNDELETED HEADER X-Probe tok", "1 2"), ("HEADER X-Probe {5+}\ntok-1", "1"),
        ])
    func search(_ keys: String, _ found: String) {
        var talk = IMAPTalk()
        talk.deliver("X-Probe: tok-1\nSubject: Hello\n\nfrom ann\n", at: IMAPTalk.noon - .seconds(86_400))
        talk.deliver("X-Probe: a tok-2\nSubject: folded\n here\n\n")
        talk.deliver("From: Ann <ann@example.org>\n\nX-Probe: tok\n")
        talk.logIn("INBOX")
        _ = talk.say("f UID STORE 3 +FLAGS.SILENT (\\Seen)")
        let answer = found.isEmpty ? "* SEARCH" : "* SEARCH \(found)"
        #expect(talk.say("a UID SEARCH \(keys)") == [answer, "a OK SEARCH done"])
        #expect(talk.say("a SEARCH \(keys)") == [answer, "a OK SEARCH done"])
    }

    @Test(
        "shows messages as asked",
        arguments: [
            ("UID", "UID 1"), ("(FLAGS UID)", "FLAGS () UID 1"), ("RFC822.SIZE", "RFC822.SIZE 39"),
            ("INTERNALDATE", "INTERNALDATE \"30-Nov-2026 12:00:00 +0000\""),
            ("BODY.PEEK[HEADER]", "BODY[HEADER] {35}\r\nA: 1\r\n folded\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n"),
            ("BODY.PEEK[TEXT]", "BODY[TEXT] {4}\r\nHi\r\n"), ("BODY.PEEK[]<35.100>", "BODY[]<35> {4}\r\nHi\r\n"),
            ("BODY.PEEK[]<99.100>", "BODY[]<99> {0}\r\n"), ("BODY.PEEK[]<0.2>", "BODY[]<0> {2}\r\nA:"),
            (
                "BODY.PEEK[HEADER.FIELDS (a d)]<0.262144>",
                "BODY[HEADER.FIELDS (A D)]<0> {23}\r\nA: 1\r\n folded\r\nD: 4\r\n\r\n"
            ),
            ("BODY.PEEK[HEADER.FIELDS.NOT (A B C)]", "BODY[HEADER.FIELDS.NOT (A B C)] {8}\r\nD: 4\r\n\r\n"),
            ("RFC822.HEADER", "RFC822.HEADER {35}\r\nA: 1\r\n folded\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n"),
        ])
    func fetch(_ items: String, _ answer: String) {
        var talk = IMAPTalk("A: 1\n folded\nB: 2\nC: 3\nD: 4\n\nHi\n")
        talk.logIn("INBOX")
        let octets = talk.received(Array("a FETCH 1 \(items)\r\n".utf8))
        #expect(String(decoding: octets, as: UTF8.self) == "* 1 FETCH (\(answer))\r\na OK FETCH done\r\n")
        #expect(talk.store[IMAPTalk.user, .inbox].mails[0].flags == [])
    }

    @Test("marks what was read as seen, unless the folder is open for reading only", arguments: ["SELECT", "EXAMINE"])
    func seen(_ command: String) {
        var talk = IMAPTalk("A: 1\n\nHi\n")
        talk.logIn("INBOX", command: command)
        #expect(
            talk.say("a UID FETCH 1:* BODY[TEXT]") == ["* 1 FETCH (UID 1 BODY[TEXT] {4}", "Hi", ")", "a OK FETCH done"])
        #expect(talk.store[IMAPTalk.user, .inbox].mails[0].flags == (command == "SELECT" ? [.seen] : []))
    }

    @Test("deletes what is marked, by UID or all of it")
    func expunging() {
        var talk = IMAPTalk("A: 1\n\n", "A: 2\n\n", "A: 3\n\n", "A: 4\n\n")
        talk.logIn("INBOX")
        #expect(
            talk.say("a STORE 2 +FLAGS (\\Deleted \\Flagged)") == [
                "* 2 FETCH (FLAGS (\\Flagged \\Deleted))", "a OK STORE done",
            ])
        #expect(talk.say("b UID STORE 1,3 +FLAGS.SILENT (\\Deleted)") == ["b OK STORE done"])
        #expect(talk.say("c UID EXPUNGE 3:4") == ["* 3 EXPUNGE", "c OK UID EXPUNGE done"])
        #expect(talk.say("d UID STORE 1 -FLAGS (\\Deleted)") == ["* 1 FETCH (UID 1 FLAGS ())", "d OK STORE done"])
        #expect(talk.say("e EXPUNGE") == ["* 2 EXPUNGE", "e OK EXPUNGE done"])
        #expect(talk.say("f UID SEARCH ALL") == ["* SEARCH 1 4", "f OK SEARCH done"])
        _ = talk.say("g UID STORE 4 +FLAGS.SILENT (\\Deleted)")
        #expect(talk.say("h CLOSE") == ["h OK CLOSE done"])
        #expect(talk.store[IMAPTalk.user, .inbox].mails.map(\.uid) == [1])
    }

    @Test("counts as before until it has told what is gone")
    func numbers() {
        var talk = IMAPTalk("A: 1\n\n", "A: 2\n\n")
        talk.logIn("INBOX")
        talk.store.remove([1], from: .inbox, of: IMAPTalk.user)
        talk.deliver("A: 3\n\n")
        #expect(talk.say("a FETCH 1:2 UID") == ["* 2 FETCH (UID 2)", "a OK FETCH done"])
        #expect(talk.say("b NOOP") == ["* 1 EXPUNGE", "* 2 EXISTS", "b OK NOOP done"])
        #expect(talk.say("c FETCH 1:2 UID") == ["* 1 FETCH (UID 2)", "* 2 FETCH (UID 3)", "c OK FETCH done"])
    }

    @Test("tells an idle client of news, until it is done")
    func idle() {
        var talk = IMAPTalk()
        talk.logIn("INBOX")
        talk.deliver("A: 1\n\n")
        #expect(talk.say("a IDLE") == ["+ idling", "* 1 EXISTS"])
        #expect(talk.told() == [])
        talk.deliver("A: 2\n\n")
        #expect(talk.told() == ["* 2 EXISTS"])
        talk.deliver("A: 3\n\n")
        #expect(talk.say("done") == ["* 3 EXISTS", "a OK IDLE done"])
        talk.deliver("A: 4\n\n")
        #expect(talk.told() == [])
        #expect(talk.say("b LOGOUT") == ["* BYE Until next time", "b OK LOGOUT done"])
        #expect(talk.session.isOver)
    }

    @Test(
        "refuses what it does not know, and goes on",
        arguments: [
            "a FETCH 1 ENVELOPE", "a FETCH 0 UID", "a FETCH 1", "a FETCH 1 (UID", "a FETCH 1 BODY[",
            "a FETCH 1 BODY[]<0.0>",
            "a FETCH 1 BODY[HEADER.FIELDS]", "a SEARCH", "a SEARCH FUZZY", "a SEARCH SINCE yesterday", "a SEARCH NOT",
            "a SEARCH HEADER x", "a STORE 1 FLAGS", "a STORE 1 *FLAGS (\\Seen)", "a UID", "a UID NOOP 1",
            "a COPY 1 Junk",
            "a LIST", "a STATUS INBOX (COLOUR)", "a UID EXPUNGE", "a EXPUNGE \"", "a SELECT \"INBOX",
        ])
    func malformed(_ text: String) {
        var talk = IMAPTalk("A: 1\n\n")
        talk.logIn("INBOX")
        let answer = talk.say(text)
        if text.hasPrefix("a EXPUNGE") { return #expect(answer == ["a OK EXPUNGE done"]) }
        #expect(answer.count == 1 && answer[0].hasPrefix("a BAD "))
        #expect(talk.say("b NOOP") == ["b OK NOOP done"] || text.contains("SELECT"))
    }

    @Test("gives the same answers at every split")
    func splits() {
        let lines = [
            "a LOGIN {17+}", "probe@example.net sesame", "b SELECT INBOX", "c UID FETCH 1:* (UID BODY.PEEK[HEADER])",
            "d UID STORE 1 +FLAGS.SILENT (\\Deleted)", "e UID EXPUNGE 1", "f IDLE", "DONE", "g LOGOUT",
        ]
        let wire = Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
        var whole = IMAPTalk("A: 1\n\nx\n", "A: 2\n\n")
        let expected = whole.received(wire)
        #expect(IMAPTalk.lines(expected).last == "g OK LOGOUT done")
        for cut in 1..<wire.count {
            var talk = IMAPTalk("A: 1\n\nx\n", "A: 2\n\n")
            let first = talk.received(wire[..<cut])
            #expect(first + talk.received(wire[cut...]) == expected, "cut at \(cut)")
        }
    }

    @Test("survives noise", arguments: 0..<20)
    func noise(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let words = [
            "a", " ", "UID", "FETCH", "SEARCH", "STORE", "1:*", "*", "(", ")", "[", "]", "<", ">", "{3+}\r\n",
            "{2}\r\n", "\"",
            "\\", "BODY", "BODY.PEEK", "HEADER", "LOGIN", "SELECT", "INBOX", "IDLE", "DONE", "\r\n", "\u{0}", "é",
            "+FLAGS",
            "4294967296", "HEADER.FIELDS", "LIST", "OR", "NOT", "SINCE",
        ]
        var talk = IMAPTalk("A: 1\n\n")
        talk.logIn("INBOX")
        for _ in 0..<2000 {
            let word = words[Int(random.next() % UInt64(words.count))]
            _ = talk.received(Array(word.utf8))
            if talk.session.isOver { return }
        }
    }
}
