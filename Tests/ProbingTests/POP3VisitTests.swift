import Mailbox
import Testing

@testable import Probing

@Suite("A visit by POP3")
struct POP3VisitTests {
    private static let login = #"""
        S: +OK ready
        C: CAPA
        S: +OK
        S: USER
        S: UIDL
        S: LOGIN-DELAY 30
        S: .
        E: authenticate 
        O: login probe sesame
        C: USER probe
        S: +OK
        C: PASS sesame
        S: +OK
        C: UIDL
        """#

    private static let first =
        login + "\n" + #"""
            S: +OK
            S: 1 aaa
            S: 2 bbb
            S: .
            C: TOP 2 0
            S: +OK
            S: X-Posthorse-Probe: p1.ownA
            S: 
            S: .
            E: found inbox bbb -
            C: TOP 1 0
            S: +OK
            S: Subject: x
            S: 
            S: .
            E: looked 0
            C: DELE 2
            S: +OK
            C: QUIT
            """#

    @Test("a look reads what is new, newest first, and deletes its own", arguments: 0..<2)
    func first(cut: Int) {
        let play = VisitPlay<POP3Visit>()
        let transcript = Transcript(Self.first + "\nS: +OK bye\nE: over")
        play.play(transcript, cut == 0 ? .none : .everywhere)
        #expect(play.events == transcript.events)
        #expect(play.lines == transcript.client)
        #expect(play.visit.loginDelay == .seconds(30))
    }

    @Test("the next look reads only what was not there")
    func second() {
        let before = VisitPlay<POP3Visit>()
        before.play(Transcript(Self.first + "\nS: +OK bye"))
        let play = VisitPlay<POP3Visit>(before.memory)
        play.play(Transcript(Self.login + "\nS: +OK\nS: 1 aaa\nS: 2 ccc\nS: ."))
        #expect(play.lines.last == "TOP 2 0")
        play.play(Transcript("S: +OK\nS: To: x\nS: \nS: ."))
        #expect(play.lines.last == "QUIT")
    }

    @Test("what was not deleted for want of an answer is found once more")
    func uncommitted() {
        let before = VisitPlay<POP3Visit>()
        before.play(Transcript(Self.first + "\nO: end"))
        #expect(before.events.last == "over")
        let play = VisitPlay<POP3Visit>(before.memory)
        play.play(Transcript(Self.login + "\nS: +OK\nS: 1 aaa\nS: 2 bbb\nS: ."))
        #expect(play.lines.last == "TOP 2 0")
    }

    @Test("of a hundred thousand messages the newest are read, and then only new ones")
    func large() {
        let list = (1...100_000).map { "\($0) unique-\($0)\r\n" }.joined()
        let play = VisitPlay<POP3Visit>()
        play.play(Transcript(Self.login))
        play.receive(Array("+OK\r\n\(list).\r\n".utf8))
        var reads = 0
        while play.lines.last?.hasPrefix("TOP") == true {
            reads += 1
            play.receive(Array("+OK\r\nTo: x\r\n\r\n.\r\n".utf8))
        }
        #expect(reads == POP3Visit.newest.first)
        #expect(play.events.last == "looked 0")
        let again = VisitPlay<POP3Visit>(play.memory)
        again.play(Transcript(Self.login))
        again.receive(Array("+OK\r\n\(list)100001 new\r\n.\r\n".utf8))
        #expect(again.lines.last == "TOP 100001 0")
    }

    @Test("a server without TOP or UIDL is named as such")
    func unsupported() {
        let play = VisitPlay<POP3Visit>()
        play.play(Transcript(Self.login + "\nS: +OK\nS: 1 aaa\nS: .\nS: -ERR what"))
        #expect(play.events.last == "over refusal unsupported")
        let other = VisitPlay<POP3Visit>()
        other.play(Transcript(Self.login + "\nS: -ERR what"))
        #expect(other.events.last == "over refusal unsupported")
    }
}
