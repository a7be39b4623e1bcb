/// Sessions with servers as they are known to talk.
enum POP3Transcripts {
    static let all: [(name: String, text: String)] = [
        ("dovecot", dovecot), ("gmail", gmail), ("exchange", exchange), ("old", old), ("scram", scram),
    ]

    /// Dovecot 2.3 from Debian, as recorded; it has PIPELINING.
    static let dovecot = #"""
        S: +OK Dovecot (Debian) ready.
        C: CAPA
        S: +OK
        S: CAPA
        S: TOP
        S: UIDL
        S: RESP-CODES
        S: PIPELINING
        S: AUTH-RESP-CODE
        S: STLS
        S: USER
        S: SASL PLAIN LOGIN SCRAM-SHA-256
        S: .
        E: authenticate PLAIN LOGIN SCRAM-SHA-256 +password
        O: login probe wrong
        C: USER probe
        S: +OK
        C: PASS wrong
        S: -ERR [AUTH] Authentication failed.
        E: loginRefused authentication login_refused [AUTH]
        O: login probe sesame
        C: USER probe
        S: +OK
        C: PASS sesame
        S: +OK Logged in.
        E: ready
        O: count
        C: STAT
        S: +OK 3 297
        E: counted 3 297
        O: sizes
        C: LIST
        S: +OK 3 messages:
        S: 1 99
        S: 2 99
        S: 3 99
        S: .
        E: size 1 99
        E: size 2 99
        E: size 3 99
        E: listed
        O: list 2
        C: STAT
        S: +OK 3 297
        C: UIDL 2
        C: UIDL 3
        S: +OK 2 000000026b0dc8fe
        S: +OK 3 000000036b0dc8fe
        E: entry 2 000000026b0dc8fe
        E: entry 3 000000036b0dc8fe
        E: listed
        O: header 3
        C: TOP 3 0
        S: +OK
        S: Received: from a by b; Mon, 30 Nov 2026 19:00:00 +0000
        S: X-Probe: tok
        S: ..dots: ...
        S: 
        S: .
        E: message 3 Received: from a by b; Mon, 30 Nov 2026 19:00:00 +0000⏎X-Probe: tok⏎.dots: ...⏎⏎
        O: delete
        C: DELE 3
        S: +OK Marked to be deleted.
        E: marked 3
        O: quit
        C: QUIT
        S: +OK Logging out, messages deleted.
        E: goodbye committed
        """#

    /// Gmail: no PIPELINING, a delay between logins.
    static let gmail = #"""
        S: +OK Gpop ready for requests from 192.0.2.1 x12mb1234567ab
        C: CAPA
        S: +OK Capability list follows
        S: USER
        S: RESP-CODES
        S: EXPIRE 0
        S: LOGIN-DELAY 300
        S: TOP
        S: UIDL
        S: X-GOOGLE-RICO
        S: SASL PLAIN XOAUTH2 OAUTHBEARER
        S: .
        E: authenticate PLAIN XOAUTH2 OAUTHBEARER +password
        O: plain someone@gmail.com app-password
        C: AUTH PLAIN AHNvbWVvbmVAZ21haWwuY29tAGFwcC1wYXNzd29yZA==
        S: +OK Welcome.
        E: ready
        O: list
        C: UIDL
        S: +OK
        S: 1 GmailId17c0ffee00000001
        S: 2 GmailId17c0ffee00000002
        S: .
        E: entry 1 GmailId17c0ffee00000001
        E: entry 2 GmailId17c0ffee00000002
        E: listed
        O: list 5
        C: STAT
        S: +OK 2 8000
        C: UIDL 1
        S: +OK 1 GmailId17c0ffee00000001
        C: UIDL 2
        S: +OK 2 GmailId17c0ffee00000002
        E: entry 1 GmailId17c0ffee00000001
        E: entry 2 GmailId17c0ffee00000002
        E: listed
        O: quit
        C: QUIT
        S: -ERR [SYS/TEMP] some deleted messages not removed
        E: goodbye
        """#

    /// Exchange Online: the token follows on a line of its own, also because it is longer than a command.
    /// By a response code of RFC 3206 or RFC 2449 section 8.
    static let exchange = #"""
        S: +OK The Microsoft Exchange POP3 service is ready. [TABQADIAUABSADAAMgA=]
        C: CAPA
        S: +OK
        S: TOP
        S: UIDL
        S: SASL PLAIN XOAUTH2
        S: .
        E: authenticate PLAIN XOAUTH2
        O: xoauth2 someone@outlook.com 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789
        C: AUTH XOAUTH2
        S: +
        C: dXNlcj1zb21lb25lQG91dGxvb2suY29tAWF1dGg9QmVhcmVyIDAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkBAQ==
        S: -ERR Authentication failure: unknown user name or bad password.
        E: loginRefused authentication login_refused
        O: xoauth2 u t
        C: AUTH XOAUTH2 dXNlcj11AWF1dGg9QmVhcmVyIHQBAQ==
        S: + eyJzdGF0dXMiOiI0MDAifQ==
        C: 
        S: -ERR [IN-USE] mailbox is locked
        E: loginRefused refusal unavailable [IN-USE]
        O: end
        E: failed network closed
        """#

    /// A server from before CAPA, UIDL and TOP; APOP is not used.
    static let old = #"""
        S: +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>
        C: CAPA
        S: -ERR unknown command
        E: authenticate +password
        O: login u p
        C: USER u
        S: -ERR no such user
        E: loginRefused authentication login_refused
        O: login u p
        C: USER u
        S: +OK
        C: PASS p
        S: +OK 1 message
        E: ready
        O: list
        C: UIDL
        S: -ERR unknown command
        E: refused refusal unsupported
        O: list 1
        C: STAT
        S: +OK 1 120
        C: UIDL 1
        S: +OK 1 a
        E: entry 1 a
        E: listed
        O: header 1
        C: TOP 1 0
        S: -ERR unknown command
        E: refused refusal unsupported
        S: -ERR autologout
        E: failed refusal bye
        """#

    static let scram = #"""
        S: +OK ready
        C: CAPA
        S: +OK
        S: SASL SCRAM-SHA-256
        S: .
        E: authenticate SCRAM-SHA-256
        O: slow
        C: AUTH SCRAM-SHA-256 biwsbj11LHI9Yw==
        S: + cj1jcyxzPXNhbHQsaT00MDk2
        E: challenge r=cs,s=salt,i=4096
        O: respond c=biws,r=cs,p=proof
        C: Yz1iaXdzLHI9Y3MscD1wcm9vZg==
        S: + dj1zaWduYXR1cmU=
        C: 
        S: +OK in
        E: ready
        O: quit
        C: QUIT
        O: end
        E: goodbye
        """#
}
