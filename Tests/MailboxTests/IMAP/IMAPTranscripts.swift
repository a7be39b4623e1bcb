/// Sessions with servers as they are known to talk.
enum IMAPTranscripts {
    static let all: [(name: String, text: String)] = [
        ("dovecot", dovecot), ("gmail", gmail), ("exchange", exchange), ("yahoo", yahoo), ("courier", courier),
        ("revision 2", revision2), ("scram", scram), ("poll", poll),
    ]

    /// Dovecot 2.3 from Debian, as recorded.
    static let dovecot = #"""
        S: * OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS AUTH=PLAIN AUTH=SCRAM-SHA-256] Dovecot (Debian) ready.
        E: authenticate PLAIN SCRAM-SHA-256 +password
        O: plain probe sesame
        C: A1 AUTHENTICATE PLAIN AHByb2JlAHNlc2FtZQ==
        S: A1 OK [CAPABILITY IMAP4rev1 SASL-IR IDLE CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED ESEARCH LITERAL+ SPECIAL-USE] Logged in
        E: ready
        O: list
        C: A2 LIST "" "*" RETURN (SPECIAL-USE)
        S: * LIST (\Junk) "." Junk
        S: * LIST (\Sent) "." Sent
        S: * LIST (\Drafts) "." Entw&APw-rfe
        S: * LIST (\HasChildren \NoSelect) "." Lists
        S: * LIST () "." "with \"quotes\""
        S: * LIST () "." INBOX
        S: A2 OK List completed (0.003 + 0.000 + 0.002 secs).
        E: folders Junk=junk, Sent=sent, Entwürfe=drafts, Lists!, with "quotes", INBOX=inbox
        O: open INBOX
        C: A3 EXAMINE "INBOX"
        S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
        S: * OK [PERMANENTFLAGS ()] Read-only mailbox.
        S: * 2 EXISTS
        S: * 2 RECENT
        S: * OK [UNSEEN 1] First unseen.
        S: * OK [UIDVALIDITY 1796065534] UIDs valid
        S: * OK [UIDNEXT 3] Predicted next UID
        S: A3 OK [READ-ONLY] Examine completed (0.004 + 0.000 + 0.003 secs).
        E: opened INBOX validity=1796065534 messages=2 read-only
        O: search X-Probe tok 2026-09-21T14:13:20.000Z
        C: A4 UID SEARCH SINCE 20-Sep-2026 UNDELETED HEADER "X-Probe" "tok"
        S: * SEARCH 1
        S: A4 OK Search completed (0.001 + 0.000 secs).
        E: found 1
        O: watch
        C: A5 IDLE
        S: + idling
        E: watching idle
        S: * OK Still here
        S: * 3 EXISTS
        S: * 3 RECENT
        E: news
        O: search X-Probe tok
        C: DONE
        S: A5 OK Idle completed (3.514 + 3.508 + 3.513 secs).
        C: A6 NOOP
        S: A6 OK NOOP completed (0.001 + 0.000 secs).
        C: A7 UID SEARCH UNDELETED HEADER "X-Probe" "tok"
        S: * SEARCH 1 3
        S: A7 OK Search completed (0.001 + 0.000 secs).
        E: found 1,3
        O: fetch 3,1 X-Probe Received
        C: A8 UID FETCH 1,3 (UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (X-Probe Received)]<0.262144>)
        S: * 1 FETCH (UID 1 INTERNALDATE "30-Nov-2026 19:05:34 +0000" BODY[HEADER.FIELDS (X-PROBE RECEIVED)]<0> «X-Probe: tok-1⏎⏎»)
        S: * 2 FETCH (FLAGS (\Seen))
        S: * 3 FETCH (UID 3 INTERNALDATE "30-Nov-2026 20:05:37 +0100" BODY[HEADER.FIELDS (X-PROBE RECEIVED)]<0> «X-Probe: tok-2⏎⏎»)
        S: A8 OK Fetch completed (0.001 + 0.000 secs).
        E: message 1 2026-11-30T19:05:34.000Z X-Probe: tok-1⏎⏎
        E: message 3 2026-11-30T19:05:37.000Z X-Probe: tok-2⏎⏎
        E: fetched
        O: delete
        C: A9 SELECT "INBOX"
        S: * OK [CLOSED] Previous mailbox closed.
        S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
        S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] Flags permitted.
        S: * 3 EXISTS
        S: * OK [UIDVALIDITY 1796065534] UIDs valid
        S: A9 OK [READ-WRITE] Select completed (0.001 + 0.000 secs).
        C: A10 UID STORE 1,3 +FLAGS.SILENT (\Deleted)
        S: A10 OK Store completed (0.001 + 0.000 secs).
        C: A11 UID EXPUNGE 1,3
        S: * 3 EXPUNGE
        S: * 1 EXPUNGE
        S: A11 OK Expunge completed (0.001 + 0.000 secs).
        E: deleted 1,3 expunged
        O: open Nö
        C: A12 EXAMINE "N&APY-"
        S: A12 NO [NONEXISTENT] Mailbox doesn't exist: Nö (0.001 + 0.000 secs).
        E: refused refusal no_folder [NONEXISTENT]
        O: logout
        C: A13 LOGOUT
        S: * BYE Logging out
        S: A13 OK Logout completed (0.001 + 0.000 secs).
        E: goodbye
        """#

    /// Gmail: capabilities after the login come untagged, a refused token is a challenge, junk is below [Gmail].
    /// `\Important` is of RFC 8457.
    static let gmail = #"""
        S: * OK Gimap ready for requests from 192.0.2.1 x12mb1234567ab
        C: A1 CAPABILITY
        S: * CAPABILITY IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 XYZZY SASL-IR AUTH=XOAUTH2 AUTH=PLAIN AUTH=PLAIN-CLIENTTOKEN AUTH=OAUTHBEARER
        S: A1 OK Thats all she wrote! x12mb1234567ab
        E: authenticate XOAUTH2 PLAIN PLAIN-CLIENTTOKEN OAUTHBEARER +password
        O: xoauth2 someone@gmail.com stale
        C: A2 AUTHENTICATE XOAUTH2 dXNlcj1zb21lb25lQGdtYWlsLmNvbQFhdXRoPUJlYXJlciBzdGFsZQEB
        S: + eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==
        C: 
        S: A2 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)
        E: loginRefused authentication login_refused [AUTHENTICATIONFAILED]
        O: xoauth2 someone@gmail.com fresh
        C: A3 AUTHENTICATE XOAUTH2 dXNlcj1zb21lb25lQGdtYWlsLmNvbQFhdXRoPUJlYXJlciBmcmVzaAEB
        S: * CAPABILITY IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS COMPRESS=DEFLATE ENABLE MOVE CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE APPENDLIMIT=35651584
        S: A3 OK someone@gmail.com authenticated (Success)
        E: ready
        O: list
        C: A4 LIST "" "*" RETURN (SPECIAL-USE)
        S: * LIST (\HasNoChildren) "/" "INBOX"
        S: * LIST (\HasChildren \Noselect) "/" "[Gmail]"
        S: * LIST (\All \HasNoChildren) "/" "[Gmail]/Alle Nachrichten"
        S: * LIST (\HasNoChildren \Junk) "/" "[Gmail]/Spam"
        S: * LIST (\HasNoChildren \Important) "/" "[Gmail]/Wichtig"
        S: * LIST (\HasNoChildren \Trash) "/" "[Gmail]/Papierkorb"
        S: A4 OK Success
        E: folders INBOX=inbox, [Gmail]!, [Gmail]/Alle Nachrichten=all, [Gmail]/Spam=junk, [Gmail]/Wichtig=important, [Gmail]/Papierkorb=trash
        O: open [Gmail]/Spam
        C: A5 EXAMINE "[Gmail]/Spam"
        S: * FLAGS (\Answered \Flagged \Draft \Deleted \Seen $NotPhishing $Phishing)
        S: * OK [PERMANENTFLAGS ()] Flags permitted.
        S: * OK [UIDVALIDITY 3] UIDs valid.
        S: * 41 EXISTS
        S: * 0 RECENT
        S: * OK [UIDNEXT 5120] Predicted next UID.
        S: * OK [HIGHESTMODSEQ 1190213]
        S: A5 OK [READ-ONLY] [Gmail]/Spam selected. (Success)
        E: opened [Gmail]/Spam validity=3 messages=41 read-only
        O: search Message-ID tok@relay.test
        C: A6 UID SEARCH UNDELETED HEADER "Message-ID" "tok@relay.test"
        S: * SEARCH
        S: A6 OK SEARCH completed (Success)
        E: found 
        O: fetch 5119
        C: A7 UID FETCH 5119 (UID INTERNALDATE BODY.PEEK[HEADER]<0.262144>)
        S: * 41 FETCH (UID 5119 INTERNALDATE "01-Dec-2026 08:00:00 +0000" BODY[HEADER]<0> «Delivered-To: someone@gmail.com⏎Subject: {5}⏎⏎»)
        S: A7 OK Success
        E: message 5119 2026-12-01T08:00:00.000Z Delivered-To: someone@gmail.com⏎Subject: {5}⏎⏎
        E: fetched
        S: * BYE Session expired, please login again.
        E: failed refusal bye
        """#

    /// Exchange Online: IMAP4 too (RFC 1730), no SPECIAL-USE, the attributes come all the same; XOAUTH2; a folder cannot be
    /// read.
    static let exchange = #"""
        S: * OK The Microsoft Exchange IMAP4 service is ready. [TABQADUAUABSADAAMgAwADEAQwBBADAAMAA=]
        C: A1 CAPABILITY
        S: * CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+
        S: A1 OK CAPABILITY completed.
        E: authenticate PLAIN XOAUTH2 +password
        O: plain someone@outlook.com wrong
        C: A2 AUTHENTICATE PLAIN AHNvbWVvbmVAb3V0bG9vay5jb20Ad3Jvbmc=
        S: A2 NO AUTHENTICATE failed.
        E: loginRefused authentication login_refused
        O: xoauth2 someone@outlook.com token
        C: A3 AUTHENTICATE XOAUTH2 dXNlcj1zb21lb25lQG91dGxvb2suY29tAWF1dGg9QmVhcmVyIHRva2VuAQE=
        S: A3 OK AUTHENTICATE completed.
        C: A4 CAPABILITY
        S: * CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CLIENTACCESSRULES CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE CHILDREN IDLE NAMESPACE LITERAL+
        S: A4 OK CAPABILITY completed.
        E: ready
        O: list
        C: A5 LIST "" "*"
        S: * LIST (\Marked \HasNoChildren) "/" INBOX
        S: * LIST (\HasNoChildren \Drafts) "/" Drafts
        S: * LIST (\HasNoChildren \Junk) "/" "Junk Email"
        S: * LIST (\HasNoChildren) "/" Junk
        S: A5 OK LIST completed.
        E: folders INBOX=inbox, Drafts=drafts, Junk Email=junk, Junk
        O: open Junk Email
        C: A6 EXAMINE "Junk Email"
        S: * 0 EXISTS
        S: * 0 RECENT
        S: * FLAGS (\Seen \Answered \Flagged \Deleted \Draft $MDNSent)
        S: * OK [PERMANENTFLAGS ()] Permanent flags
        S: * OK [UIDVALIDITY 14] UIDVALIDITY value
        S: * OK [UIDNEXT 1] The next unique identifier value
        S: A6 OK [READ-ONLY] EXAMINE completed.
        E: opened Junk Email validity=14 messages=0 read-only
        O: search X-Probe tok
        C: A7 UID SEARCH UNDELETED HEADER "X-Probe" "tok"
        S: A7 BAD User is authenticated but not connected.
        E: refused refusal unsupported
        O: logout
        C: A8 LOGOUT
        S: * BYE Microsoft Exchange Server IMAP4 server signing off.
        S: A8 OK LOGOUT completed.
        E: goodbye
        """#

    /// Yahoo: junk is called Bulk, and PLAIN without SASL-IR.
    static let yahoo = #"""
        S: * OK [CAPABILITY IMAP4rev1 ID MOVE NAMESPACE X-ID-ACLID UIDPLUS LITERAL+ CHILDREN X-UIDONLY UNSELECT AUTH=PLAIN AUTH=LOGIN AUTH=XOAUTH2 AUTH=OAUTHBEARER] IMAP4rev1 Hello
        E: authenticate PLAIN LOGIN XOAUTH2 OAUTHBEARER +password
        O: plain someone app-password
        C: A1 AUTHENTICATE PLAIN
        S: + 
        C: AHNvbWVvbmUAYXBwLXBhc3N3b3Jk
        S: A1 OK [CAPABILITY IMAP4rev1 ID MOVE NAMESPACE X-ID-ACLID UIDPLUS LITERAL+ CHILDREN UNSELECT] AUTHENTICATE completed
        E: ready
        O: list
        C: A2 LIST "" "*"
        S: * LIST (\HasNoChildren) "/" "Archive"
        S: * LIST (\Junk \HasNoChildren) "/" "Bulk"
        S: * LIST (\HasNoChildren) "/" "Inbox"
        S: A2 OK LIST completed
        E: folders Archive, Bulk=junk, INBOX=inbox
        O: open INBOX
        C: A3 EXAMINE "INBOX"
        S: * 1 EXISTS
        S: * OK [UIDVALIDITY 1] UIDs valid
        S: A3 OK [READ-ONLY] EXAMINE completed; now in selected state
        E: opened INBOX validity=1 messages=1 read-only
        O: watch
        E: watching poll
        O: wait 10
        C: A4 NOOP
        S: * 2 EXISTS
        S: A4 OK NOOP completed
        E: news
        O: wait 5
        O: logout
        C: A5 LOGOUT
        S: * BYE IMAP4rev1 Server logging out
        S: A5 OK LOGOUT completed
        E: goodbye
        """#

    /// A small server: LOGIN with literals that wait, no UIDPLUS, no special use; what others have marked is not expunged.
    static let courier = #"""
        S: * OK IMAP4rev1 ready
        C: A1 CAPABILITY
        S: * CAPABILITY IMAP4rev1
        S: A1 OK done
        E: authenticate +password
        O: login prob€ s"\sam
        C: A2 LOGIN {7}
        S: + go on
        C: prob€ "s\"\\sam"
        S: * OK [ALERT] The disk is nearly full {12}
        S: A2 OK LOGIN Ok.
        C: A3 CAPABILITY
        S: * CAPABILITY IMAP4rev1
        S: A3 OK done
        E: ready
        O: list
        C: A4 LIST "" "*"
        S: * LIST (\Unmarked) "." "INBOX"
        S: * LIST (\Unmarked) "." «INBOX.Spam»
        S: A4 OK LIST completed
        E: folders INBOX=inbox, INBOX.Spam=junk?
        O: open INBOX.Spam
        C: A5 EXAMINE "INBOX.Spam"
        S: * 1 EXISTS
        S: * OK [UIDVALIDITY 7] Ok
        S: A5 OK Ok
        E: opened INBOX.Spam validity=7 messages=1 read-only
        O: fetch 1
        C: A6 UID FETCH 1 (UID INTERNALDATE BODY.PEEK[HEADER]<0.262144>)
        S: * 1 FETCH (BODY[HEADER]<0> "X-Probe: tok" INTERNALDATE " 1-Dec-2026 09:00:00 -0130" FLAGS (\Recent) UID 1)
        S: A6 OK FETCH completed.
        E: message 1 2026-12-01T10:30:00.000Z X-Probe: tok
        E: fetched
        O: delete
        C: A7 SELECT "INBOX.Spam"
        S: * 1 EXISTS
        S: * OK [UIDVALIDITY 7] Ok
        S: A7 OK [READ-WRITE] Ok
        C: A8 UID STORE 1 +FLAGS.SILENT (\Deleted)
        S: A8 OK STORE completed.
        E: deleted 1
        O: end
        E: failed network closed
        """#

    /// A server of revision 2 alone: UTF-8 in names, ESEARCH, and all extensions without a word.
    static let revision2 = #"""
        S: * OK [CAPABILITY IMAP4rev2 AUTH=PLAIN] ready
        E: authenticate PLAIN +password
        O: plain u p
        C: A1 AUTHENTICATE PLAIN AHUAcA==
        S: A1 OK [CAPABILITY IMAP4rev2] in
        E: ready
        O: list
        C: A2 LIST "" "*" RETURN (SPECIAL-USE)
        S: * LIST (\Drafts) "/" "Entwürfe"
        S: * LIST () "/" "R&D" ("CHILDINFO" ("SUBSCRIBED"))
        S: A2 OK done
        E: folders Entwürfe=drafts, R&D
        O: open Entwürfe
        C: A3 EXAMINE "Entwürfe"
        S: * 4 EXISTS
        S: * OK [UIDVALIDITY 9] valid
        S: * LIST () "/" "Entwürfe"
        S: A3 OK [READ-ONLY] done
        E: opened Entwürfe validity=9 messages=4 read-only
        O: search Subject ä
        C: A4 UID SEARCH CHARSET UTF-8 UNDELETED HEADER "Subject" "ä"
        S: * ESEARCH (TAG "A3") UID ALL 99
        S: * ESEARCH (TAG "A4") UID COUNT 4 ALL 2,5:7
        S: A4 OK done
        E: found 2,5,6,7
        O: watch
        C: A5 IDLE
        S: + idling
        E: watching idle
        O: wait 300
        C: DONE
        S: A5 OK done
        C: A6 IDLE
        S: + idling
        S: * 3 EXPUNGE
        S: * 4 EXISTS
        E: news
        S: * BYE [UNAVAILABLE] Shutting down
        E: failed refusal unavailable [UNAVAILABLE]
        """#

    /// STARTTLS, capabilities anew, and a login in which the server proves itself.
    static let scram = #"""
        S: * OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256] ready
        E: authenticate SCRAM-SHA-256 +password
        O: scram
        C: A1 AUTHENTICATE SCRAM-SHA-256
        S: +
        C: biwsbj11LHI9Yw==
        S: + cj1jcyxzPXNhbHQsaT00MDk2
        C: Yz1iaXdzLHI9Y3MscD1wcm9vZg==
        S: A1 NO [AUTHENTICATIONFAILED] no
        E: loginRefused authentication login_refused [AUTHENTICATIONFAILED]
        O: slow
        C: A2 AUTHENTICATE SCRAM-SHA-256
        S: + 
        C: biwsbj11LHI9Yw==
        S: + cj1jcyxzPXNhbHQsaT00MDk2
        E: challenge r=cs,s=salt,i=4096
        O: respond c=biws,r=cs,p=proof
        C: Yz1iaXdzLHI9Y3MscD1wcm9vZg==
        S: + dj1zaWduYXR1cmU=
        C: 
        S: A2 OK [CAPABILITY IMAP4rev1 IDLE] in
        E: ready
        O: logout
        C: A3 LOGOUT
        O: end
        E: goodbye
        """#

    /// IDLE is offered and refused.
    static let poll = #"""
        S: * PREAUTH [CAPABILITY IMAP4rev1 IDLE] welcome
        E: ready
        O: open INBOX
        C: A1 EXAMINE "INBOX"
        S: * 0 EXISTS
        S: A1 OK open
        E: opened INBOX validity=0 messages=0 read-only
        O: watch
        C: A2 IDLE
        S: A2 NO not here
        E: watching poll
        O: wait 10
        C: A3 NOOP
        S: A3 OK nothing
        O: wait 10
        C: A4 NOOP
        S: * 1 EXISTS
        E: news
        S: A4 NO [INUSE] come back
        E: failed refusal unavailable [INUSE]
        """#
}
