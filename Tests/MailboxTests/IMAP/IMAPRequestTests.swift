import Mail
import Mailbox
import Testing

/// RFC 2177, RFC 7888, RFC 9051 sections 4.3 and 6.4.4.
@Suite("Requests to IMAP servers")
struct IMAPRequestTests {
    private func opened(_ extensions: String = "IDLE UIDPLUS", messages: Int = 3) -> IMAPPlay {
        let play = IMAPPlay()
        play.receive("* PREAUTH [CAPABILITY IMAP4rev1 \(extensions)] hi\r\n")
        play.act(["open", "INBOX"])
        play.receive(
            "* \(messages) EXISTS\r\n* OK [UIDVALIDITY 5] x\r\n* OK [UIDNEXT 9] x\r\nA1 OK [READ-ONLY] open\r\n")
        return play
    }

    // MARK: - Literals

    @Test(
        "literals wait for the server unless it offers otherwise",
        arguments: [
            ("", "A1 LOGIN {2}\r\n"), ("LITERAL-", "A1 LOGIN {2+}\r\nü {2+}\r\nö\r\n"),
            ("LITERAL+", "A1 LOGIN {2+}\r\nü {2+}\r\nö\r\n"),
        ])
    func literals(extensions: String, written: String) {
        let play = IMAPPlay()
        play.receive("* OK [CAPABILITY IMAP4rev1 \(extensions)] hi\r\n")
        play.act(["login", "ü", "ö"])
        #expect(String(decoding: play.written, as: UTF8.self) == written)
        if extensions.isEmpty { play.receive("+ go\r\n+ go\r\n") }
        play.receive("A1 OK [CAPABILITY IMAP4rev1] in\r\n")
        #expect(play.events.last == "ready")
        #expect(play.lines.last == "ö")
    }

    @Test("LITERAL- allows 4096 octets")
    func longLiteral() {
        for (count, sign) in [(4096, "+"), (4097, "")] {
            let play = IMAPPlay()
            play.receive("* OK [CAPABILITY IMAP4rev1 LITERAL-] hi\r\n")
            play.act(["login", "u", String(repeating: "p", count: count)])
            #expect(play.lines.first == "A1 LOGIN \"u\" {\(count)\(sign)}")
        }
    }

    @Test("a server may refuse a literal")
    func refusedLiteral() {
        let play = IMAPPlay()
        play.receive("* OK [CAPABILITY IMAP4rev1] hi\r\n")
        play.act(["login", "ü", "ö"])
        play.receive("A1 BAD no literals here\r\n")
        #expect(play.events.last == "loginRefused authentication login_refused")
        play.act(["login", "u", "p"])
        #expect(play.lines.last == "A2 LOGIN \"u\" \"p\"")
    }

    // MARK: - Search

    @Test("a search above a UID does not find the last message again")
    func above() {
        let play = opened()
        #expect(play.openFolder?.nextUID == 9)
        play.start(.search(MessageSearch(above: 8)))
        // RFC 7162 section 3.1.5.
        play.receive("* SEARCH 8 (MODSEQ 917162500)\r\nA2 OK done\r\n")
        play.start(.search(MessageSearch(field: "X", value: "\"\r\n\0", above: .max)))
        play.receive("A3 OK done\r\n+ go\r\nA4 OK done\r\n")
        #expect(
            play.lines[1...] == [
                "A2 UID SEARCH UID 9:4294967295 UNDELETED", "A3 NOOP",
                "A4 UID SEARCH UID 4294967295:4294967295 UNDELETED HEADER \"X\" {3}", "\"", "",
            ])
        #expect(play.events.suffix(2) == ["found ", "found "])
    }

    @Test("names of fields that are none do not get into a command")
    func fields() {
        let play = opened()
        play.start(.fetch([4, 2, 3, 3, 9], fields: ["To", "X)] (BODY[", "", "a b", "Ä"]))
        play.receive("A2 OK done\r\n")
        play.start(.fetch([1], fields: []))
        #expect(
            play.lines[1...] == [
                "A2 UID FETCH 2:4,9 (UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (To)]<0.262144>)",
                "A3 UID FETCH 1 (UID INTERNALDATE BODY.PEEK[HEADER]<0.262144>)",
            ])
    }

    @Test("many messages are read in batches, and none in no command")
    func batches() {
        let play = opened()
        play.start(.fetch([], fields: nil))
        #expect(play.events.last == "fetched")
        play.start(.fetch(Array(stride(from: 1, through: 801, by: 2)), fields: nil))
        play.receive("A2 OK done\r\nA3 OK done\r\n")
        #expect(play.events.suffix(1) == ["fetched"] && play.lines.count == 4)
        play.receive("A4 OK done\r\n")
        #expect(play.events.suffix(2) == ["fetched", "fetched"])
    }

    @Test("a refusal amid a request ends it, and not the session")
    func refusal() {
        let play = opened()
        play.act(["list"])
        play.receive("A2 NO [SERVERBUG] oops\r\n")
        #expect(play.events.last == "refused refusal unavailable [SERVERBUG]")
        play.act(["search", "X", "y"])
        play.receive("A3 OK noop\r\n* SEARCH 1\r\nA4 NO [BADCHARSET] no\r\n")
        #expect(play.events.last == "refused refusal refused [BADCHARSET]")
        #expect(play.hasRoom)
    }

    /// RFC 5258: `RETURN` is the extended form of LIST.
    @Test("a server that does not know the extended commands gets simple ones")
    func simpler() {
        let play = opened("SPECIAL-USE LIST-EXTENDED")
        play.act(["list"])
        play.receive("A2 BAD RETURN?\r\n* LIST (\\Junk) \"/\" Junk\r\nA3 OK done\r\n")
        #expect(play.events.last == "folders Junk=junk")
        play.act(["fetch", "2", "To"])
        play.receive("A4 BAD <0?\r\n* 2 FETCH (UID 2 BODY[HEADER.FIELDS (To)] \"To: a\")\r\nA5 OK done\r\n")
        #expect(play.events.suffix(2) == ["message 2 - To: a", "fetched"])
        play.act(["fetch", "2", "To"])
        play.receive("A6 BAD what\r\nA7 BAD what\r\n")
        #expect(play.events.last == "refused refusal unsupported")
        #expect(
            play.lines[1...] == [
                "A2 LIST \"\" \"*\" RETURN (SPECIAL-USE)", "A3 LIST \"\" \"*\"",
                "A4 UID FETCH 2 (UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (To)]<0.262144>)",
                "A5 UID FETCH 2 (UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (To)])",
                "A6 UID FETCH 2 (UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (To)]<0.262144>)",
                "A7 UID FETCH 2 (UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (To)])",
            ])
    }

    // MARK: - Watch

    @Test("what came between a search and a watch is news")
    func between() {
        let play = opened()
        play.act(["search", "X", "y"])
        play.receive("* SEARCH\r\n* 4 EXISTS\r\nA2 OK done\r\n")
        play.act(["watch"])
        #expect(play.events.suffix(2) == ["found ", "news"])
    }

    @Test("what came while a deletion opened the folder may be news")
    func behindDeletion() {
        let play = opened()
        play.act(["fetch", "2"])
        play.receive("* 2 FETCH (UID 2 BODY[HEADER] \"b\")\r\nA2 OK done\r\n")
        play.act(["delete"])
        play.receive(
            "* 3 EXISTS\r\n* OK [UIDVALIDITY 5] x\r\nA3 OK open\r\nA4 OK done\r\n* 2 EXPUNGE\r\nA5 OK done\r\n")
        play.act(["watch"])
        #expect(play.events.suffix(2) == ["deleted 2 expunged", "news"])
    }

    @Test("what comes and goes is news once")
    func news() {
        let play = opened()
        play.act(["watch"])
        play.receive("+ idling\r\n* 4 EXISTS\r\n* 5 EXISTS\r\n* 5 EXPUNGE\r\n* 4 EXPUNGE\r\n* 4 EXISTS\r\n")
        #expect(play.events.suffix(3) == ["watching idle", "news", "news"])
        play.receive("* 1 EXPUNGE\r\n* 4 EXISTS\r\n* 5 EXISTS\r\n")
        #expect(play.events.suffix(3) == ["watching idle", "news", "news"])
    }

    @Test("a request that comes before IDLE has begun waits for it")
    func early() {
        let play = opened()
        play.act(["watch"])
        play.act(["list"])
        #expect(!play.hasRoom)
        #expect(play.lines.last == "A2 IDLE")
        play.receive("+ idling\r\n")
        #expect(play.lines.last == "DONE")
        play.receive("A2 OK done\r\n")
        #expect(play.lines.last == "A3 LIST \"\" \"*\"")
        #expect(!play.events.contains("watching idle"))
    }

    @Test("LOGOUT ends IDLE, and a server that never answers is left")
    func logout() {
        let play = opened()
        play.act(["watch"])
        play.receive("+ idling\r\n")
        play.act(["logout"])
        play.receive("A2 OK done\r\n")
        #expect(play.lines.suffix(2) == ["DONE", "A3 LOGOUT"])
        play.act(["wait", "60"])
        #expect(play.events.last == "failed network silent")
    }

    @Test("IDLE that the server ends by itself is not tried again")
    func endedIdle() {
        let play = opened()
        play.act(["watch"])
        play.receive("+ idling\r\nA2 OK enough\r\n")
        #expect(play.events.suffix(2) == ["watching idle", "watching poll"])
        play.act(["list"])
        play.receive("A3 OK done\r\n")
        play.act(["watch"])
        #expect(play.events.last == "watching poll")
        #expect(play.lines.last == "A3 LIST \"\" \"*\"")
    }

    @Test("IDLE is renewed before 29 minutes, and a dead connection is noticed")
    func renewal() {
        var settings = IMAPSettings(security: MailboxSecurity(tls: .off))
        settings.renewal = .seconds(7200)
        let play = IMAPPlay(settings)
        play.receive("* PREAUTH [CAPABILITY IMAP4rev1 IDLE] x\r\n")
        play.act(["open", "INBOX"])
        play.receive("A1 OK\r\n")
        play.act(["watch"])
        play.act(["wait", "5"])
        play.receive("+ idling\r\n")
        #expect(play.deadline == .seconds(5 + 29 * 60))
        play.act(["wait", "1735"])
        #expect(play.lines.last == "A2 IDLE")
        play.act(["wait", "5"])
        #expect(play.lines.last == "DONE")
        play.act(["wait", "60"])
        #expect(play.events.last == "failed network silent")
    }

    @Test("STARTTLS and a login, at every split")
    func startTLS() {
        let transcript = Transcript(
            #"""
            S: * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready
            C: A1 STARTTLS
            S: A1 OK Begin TLS negotiation now.
            E: startTLS
            O: tls
            C: A2 CAPABILITY
            S: * CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER
            S: A2 OK Pre-login capabilities listed, post-login capabilities have more.
            E: authenticate OAUTHBEARER +password +tls
            O: oauthbearer a,=b token
            C: A3 AUTHENTICATE OAUTHBEARER bixhPWE9MkM9M0RiLAFhdXRoPUJlYXJlciB0b2tlbgEB
            S: + eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=
            C: AQ==
            S: A3 NO [UNAVAILABLE] later
            E: loginRefused refusal unavailable [UNAVAILABLE]
            O: login u p
            C: A4 LOGIN "u" "p"
            S: A4 OK [CAPABILITY IMAP4rev1] in
            E: ready
            """#)
        for cut in [.none, .everywhere] + (0...transcript.count).map(Transcript.Cut.at) {
            let play = IMAPPlay(.starttls, inClear: false)
            play.play(transcript, cut)
            guard play.events == transcript.events, play.lines == transcript.client else {
                Issue.record("\(cut): \(play.events) \(play.lines)")
                return
            }
        }
    }
}
