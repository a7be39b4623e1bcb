import Mail
import Mailbox
import Testing

@testable import Probing

@Suite("A visit by IMAP")
struct IMAPVisitTests {
    private static let login = #"""
        S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
        E: authenticate PLAIN
        O: plain probe sesame
        C: A1 AUTHENTICATE PLAIN AHByb2JlAHNlc2FtZQ==
        S: A1 OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS LIST-EXTENDED SPECIAL-USE] in
        C: A2 LIST "" "*" RETURN (SPECIAL-USE)
        """#

    /// The first look: an inbox of 1,200 messages with an old probe and a new one, and an empty folder for junk.
    private static let first =
        login + "\n" + #"""
            S: * LIST (\Sent) "." Sent
            S: * LIST (\Junk) "." Junk
            S: * LIST () "." INBOX
            S: A2 OK done
            C: A3 EXAMINE "INBOX"
            S: * 1200 EXISTS
            S: * OK [UIDVALIDITY 7] .
            S: * OK [UIDNEXT 1301] .
            S: A3 OK [READ-ONLY] .
            C: A4 UID SEARCH UID 801:4294967295 UNDELETED
            S: * SEARCH 1299 1300
            S: A4 OK .
            C: A5 NOOP
            S: A5 OK .
            C: A6 UID SEARCH SINCE 26-Nov-2026 UNDELETED HEADER "X-Posthorse-Probe" ""
            S: * SEARCH 12 1300
            S: A6 OK .
            C: A7 UID FETCH 12,1299:1300 (UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (Received Authentication-Results Message-ID X-Posthorse-Probe)]<0.262144>)
            S: * 3 FETCH (UID 12 INTERNALDATE "29-Nov-2026 10:00:00 +0000" BODY[HEADER.FIELDS (RECEIVED)]<0> «X-Posthorse-Probe: p1.ownA⏎⏎»)
            S: * 1199 FETCH (UID 1299 INTERNALDATE "30-Nov-2026 11:00:00 +0000" BODY[HEADER.FIELDS (RECEIVED)]<0> «Message-ID: <x@y>⏎⏎»)
            S: * 1200 FETCH (UID 1300 INTERNALDATE "30-Nov-2026 12:00:00 +0100" BODY[HEADER.FIELDS (RECEIVED)]<0> «Message-ID: <p1.strange@y>⏎⏎»)
            S: A7 OK .
            E: found inbox INBOX/7/12 2026-11-29T10:00:00.000Z
            E: found inbox INBOX/7/1300 2026-11-30T11:00:00.000Z
            C: A8 SELECT "INBOX"
            S: * 1200 EXISTS
            S: * OK [UIDVALIDITY 7] .
            S: * OK [UIDNEXT 1301] .
            S: A8 OK [READ-WRITE] .
            C: A9 UID STORE 12 +FLAGS.SILENT (\Deleted)
            S: A9 OK .
            C: A10 UID EXPUNGE 12
            S: * 3 EXPUNGE
            S: A10 OK .
            C: A11 EXAMINE "Junk"
            S: * 0 EXISTS
            S: * OK [UIDVALIDITY 9] .
            S: * OK [UIDNEXT 1] .
            S: A11 OK [READ-ONLY] .
            E: looked 0
            C: A12 EXAMINE "INBOX"
            S: * 1199 EXISTS
            S: * OK [UIDVALIDITY 7] .
            S: * OK [UIDNEXT 1301] .
            S: A12 OK [READ-ONLY] .
            C: A13 IDLE
            S: + idling
            """#

    @Test("the first look reads the newest, searches for the field, deletes its own and watches", arguments: 0..<2)
    func first(cut: Int) {
        let play = VisitPlay<IMAPVisit>()
        let transcript = Transcript(Self.first)
        play.play(transcript, cut == 0 ? .none : .everywhere)
        #expect(play.events == transcript.events)
        #expect(play.lines == transcript.client)
    }

    @Test("news in the inbox are read at once, and nothing twice")
    func news() {
        let play = VisitPlay<IMAPVisit>()
        let text =
            Self.first + "\n" + #"""
                S: * 1200 EXISTS
                C: DONE
                S: A13 OK .
                C: A14 NOOP
                S: A14 OK .
                C: A15 UID SEARCH UID 1301:4294967295 UNDELETED
                S: * SEARCH 1300 1301
                S: A15 OK .
                C: A16 UID FETCH 1301 (UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (Received Authentication-Results Message-ID X-Posthorse-Probe)]<0.262144>)
                S: * 1200 FETCH (UID 1301 INTERNALDATE "30-Nov-2026 12:00:00 +0000" BODY[HEADER.FIELDS (RECEIVED)]<0> «X-Posthorse-Probe: p1.ownB⏎⏎»)
                S: A16 OK .
                E: found inbox INBOX/7/1301 2026-11-30T12:00:00.000Z
                C: A17 SELECT "INBOX"
                S: * 1200 EXISTS
                S: * OK [UIDVALIDITY 7] .
                S: * OK [UIDNEXT 1302] .
                S: A17 OK [READ-WRITE] .
                C: A18 UID STORE 1301 +FLAGS.SILENT (\Deleted)
                S: A18 OK .
                C: A19 UID EXPUNGE 1301
                S: A19 OK .
                C: A20 EXAMINE "INBOX"
                S: * 1199 EXISTS
                S: * OK [UIDVALIDITY 7] .
                S: * OK [UIDNEXT 1302] .
                S: A20 OK .
                C: A21 IDLE
                S: + idling
                O: look
                C: DONE
                S: A21 OK .
                C: A22 EXAMINE "INBOX"
                S: * 1199 EXISTS
                S: * OK [UIDVALIDITY 7] .
                S: * OK [UIDNEXT 1302] .
                S: A22 OK .
                C: A23 EXAMINE "Junk"
                S: * 1 EXISTS
                S: * OK [UIDVALIDITY 9] .
                S: * OK [UIDNEXT 2] .
                S: A23 OK .
                C: A24 UID SEARCH UNDELETED
                S: * SEARCH
                S: A24 OK .
                E: looked 0
                C: A25 EXAMINE "INBOX"
                """#
        let transcript = Transcript(text)
        play.play(transcript)
        #expect(play.events == transcript.events)
        #expect(play.lines == transcript.client)
    }

    @Test("a folder with another UIDVALIDITY is looked at afresh")
    func validity() {
        var memory = MailboxMemory()
        memory.folders[Array("INBOX".utf8)] = FolderMemory(validity: 6, highest: 5_000)
        let play = VisitPlay<IMAPVisit>(["INBOX"], memory)
        play.play(
            Transcript(
                Self.login + "\n" + #"""
                    S: * LIST () "." INBOX
                    S: A2 OK done
                    S: * 3 EXISTS
                    S: * OK [UIDVALIDITY 7] .
                    S: * OK [UIDNEXT 4] .
                    S: A3 OK [READ-ONLY] .
                    """#))
        #expect(play.lines.last == "A4 UID SEARCH UNDELETED")
    }

    @Test("what all messages show counts once, and only if the inbox does not have it")
    func allMail() {
        let play = VisitPlay<IMAPVisit>()
        let fetch =
            "(UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (Received Authentication-Results Message-ID X-Posthorse-Probe)]<0.262144>)"
        let text =
            Self.login + "\n" + #"""
                S: * LIST (\All) "/" All
                S: * LIST () "/" INBOX
                S: A2 OK done
                C: A3 EXAMINE "INBOX"
                S: * 0 EXISTS
                S: * OK [UIDVALIDITY 7] .
                S: * OK [UIDNEXT 1] .
                S: A3 OK .
                C: A4 EXAMINE "All"
                S: * 2 EXISTS
                S: * OK [UIDVALIDITY 8] .
                S: * OK [UIDNEXT 3] .
                S: A4 OK .
                C: A5 UID SEARCH UNDELETED
                S: * SEARCH 1 2
                S: A5 OK .
                C: A6 NOOP
                S: A6 OK .
                C: A7 UID SEARCH SINCE 26-Nov-2026 UNDELETED HEADER "X-Posthorse-Probe" ""
                S: * SEARCH 1 2
                S: A7 OK .
                C: A8 UID FETCH 1:2 FETCHED
                S: * 1 FETCH (UID 1 BODY[HEADER.FIELDS (RECEIVED)]<0> «Message-ID: <p1.ownA@r>⏎⏎»)
                S: * 2 FETCH (UID 2 BODY[HEADER.FIELDS (RECEIVED)]<0> «Message-ID: <p1.ownB@r>⏎⏎»)
                S: A8 OK .
                C: A9 EXAMINE "INBOX"
                S: * 1 EXISTS
                S: * OK [UIDVALIDITY 7] .
                S: * OK [UIDNEXT 2] .
                S: A9 OK .
                C: A10 UID SEARCH UNDELETED
                S: * SEARCH 1
                S: A10 OK .
                C: A11 UID FETCH 1 FETCHED
                S: * 1 FETCH (UID 1 BODY[HEADER.FIELDS (RECEIVED)]<0> «Message-ID: <p1.ownA@r>⏎⏎»)
                S: A11 OK .
                E: found inbox INBOX/7/1 -
                C: A12 SELECT "INBOX"
                S: * 1 EXISTS
                S: * OK [UIDVALIDITY 7] .
                S: * OK [UIDNEXT 2] .
                S: A12 OK .
                C: A13 UID STORE 1 +FLAGS.SILENT (\Deleted)
                S: A13 OK .
                C: A14 UID EXPUNGE 1
                S: A14 OK .
                E: found other All/8/2 -
                C: A15 SELECT "All"
                S: * 2 EXISTS
                S: * OK [UIDVALIDITY 8] .
                S: * OK [UIDNEXT 3] .
                S: A15 OK .
                C: A16 UID STORE 1:2 +FLAGS.SILENT (\Deleted)
                S: A16 OK .
                C: A17 UID EXPUNGE 1:2
                S: A17 OK .
                E: looked 0
                C: A18 EXAMINE "INBOX"
                """#
        let transcript = Transcript(text.replacing("FETCHED", with: fetch))
        play.play(transcript)
        #expect(play.events == transcript.events)
        #expect(play.lines == transcript.client)
    }

    @Test("a folder that cannot be opened ends the visit, and no look is reported")
    func missing() {
        let play = VisitPlay<IMAPVisit>(["INBOX", "Spam"])
        let transcript = Transcript(
            Self.login + "\n" + #"""
                S: * LIST () "." INBOX
                S: A2 OK done
                C: A3 EXAMINE "INBOX"
                S: * 0 EXISTS
                S: * OK [UIDVALIDITY 7] .
                S: A3 OK .
                C: A4 EXAMINE "Spam"
                S: A4 NO [NONEXISTENT] Mailbox doesn't exist
                E: over refusal no_folder
                """#)
        play.play(transcript)
        #expect(play.events == transcript.events)
        #expect(play.lines == transcript.client)
    }

    @Test("a deletion that is refused is told, and tried again at the next look")
    func refusedDeletion() {
        let play = VisitPlay<IMAPVisit>(["INBOX"])
        let text = #"""
            S: * LIST () "." INBOX
            S: A2 OK done
            S: * 1 EXISTS
            S: * OK [UIDVALIDITY 7] .
            S: * OK [UIDNEXT 2] .
            S: A3 OK .
            S: * SEARCH 1
            S: A4 OK .
            S: A5 OK .
            S: A6 BAD no such search
            S: * 1 FETCH (UID 1 BODY[HEADER.FIELDS (RECEIVED)]<0> «Message-ID: <p1.ownA@r>⏎⏎»)
            S: A7 OK .
            S: A8 NO [NOPERM] read only
            S: * 1 EXISTS
            S: * OK [UIDVALIDITY 7] .
            S: * OK [UIDNEXT 2] .
            S: A9 OK .
            S: + idling
            O: look
            S: A10 OK .
            S: * 1 EXISTS
            S: * OK [UIDVALIDITY 7] .
            S: * OK [UIDNEXT 2] .
            S: A11 OK .
            S: A12 NO [NOPERM] read only
            """#
        play.play(Transcript(Self.login + "\n" + text))
        #expect(
            play.events == [
                "authenticate PLAIN", "found inbox INBOX/7/1 -", "kept refused", "looked 0", "kept refused", "looked 0",
            ])
        #expect(play.memory.folders[Array("INBOX".utf8)]?.owed.count == 1)
    }

    @Test("a look that takes too long ends")
    func slow() {
        let play = VisitPlay<IMAPVisit>(["INBOX"])
        play.play(Transcript(Self.login))
        for _ in 0..<40 where play.events.last != "over network silent" {
            play.act(["wait", "30000"])
            play.receive(Array("* OK still here\r\n".utf8))
        }
        #expect(play.events.last == "over network silent")
        #expect(play.now <= .seconds(630))
    }

    @Test("a session that ends is reported once")
    func ended() {
        let play = VisitPlay<IMAPVisit>()
        play.play(Transcript(Self.first))
        play.receive(Array("* BYE timeout\r\n".utf8))
        play.act(["end"])
        #expect(play.events.last == "over refusal bye")
        #expect(play.events.filter { $0.hasPrefix("over") }.count == 1)
    }

    @Test("leaving logs out")
    func leave() {
        let play = VisitPlay<IMAPVisit>()
        play.play(Transcript(Self.first))
        play.act(["leave"])
        play.receive(Array("A13 OK .\r\n* BYE .\r\nA14 OK .\r\n".utf8))
        #expect(play.lines.suffix(2) == ["DONE", "A14 LOGOUT"])
        #expect(play.events.last == "over")
    }
}
