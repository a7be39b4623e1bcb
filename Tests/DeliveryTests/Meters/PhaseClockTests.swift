import Mail
import SMTP
import Testing
import Upstreams

@testable import Delivery

@Suite("The phases of a session")
struct PhaseClockTests {
    private let meters = StageMeters()
    private let meter: UpstreamMeter
    private var clock: PhaseClock

    init() {
        meter = meters.make(upstream: "first")
        clock = PhaseClock(meter, now: MonotonicInstant(nanoseconds: 0))
    }

    private func at(_ milliseconds: Int) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: Int64(milliseconds) * 1_000_000)
    }

    private var times: [[Int]] {
        [meter.connect, meter.tls, meter.greeting, meter.auth, meter.envelope, meter.content, meter.reply].map(\.times)
    }

    @Test("before mail, each counts once, and a greeting before and after STARTTLS is one")
    mutating func opening() {
        clock.connected(began: at(10), now: at(15))
        clock.answered(.banner, now: at(22))
        clock.answered(.ehlo, now: at(25))
        clock.answered(.startTLS, now: at(30))
        clock.encrypted(version: "TLSv1.3", now: at(60))
        clock.answered(.ehlo, now: at(64))
        clock.answered(.auth, now: at(70))
        clock.answered(.auth, now: at(100))
        #expect(times == [[5], [35], [], [], [], [], []])
        clock.opened()
        #expect(times == [[5], [35], [14], [36], [], [], []])
        #expect(meters.words == ["first handshake: TLSv1.3"])
    }

    @Test("TLS from the start begins with the connection")
    mutating func implicit() {
        clock.connected(began: at(0), now: at(5))
        clock.encrypted(version: "TLSv1.2", now: at(25))
        clock.answered(.banner, now: at(28))
        clock.answered(.ehlo, now: at(29))
        clock.opened()
        #expect(times == [[5], [20], [4], [], [], [], []])
    }

    @Test("a session that ends before it accepts mail has only what it had come to")
    mutating func unfinished() {
        clock.connected(began: at(0), now: at(5))
        clock.answered(.banner, now: at(9))
        #expect(times == [[5], [], [], [], [], [], []])
    }

    @Test("what is asked of an open session later is no greeting")
    mutating func later() {
        clock.connected(began: at(0), now: at(0))
        clock.answered(.banner, now: at(3))
        clock.opened()
        clock.answered(.noop, now: at(50))
        clock.answered(.ehlo, now: at(60))
        clock.opened()
        #expect(times == [[0], [], [3], [], [], [], []])
    }

    @Test("a message has an envelope, content and a reply")
    mutating func message() {
        clock.envelopeStarted(now: at(100))
        clock.contentWanted(now: at(107))
        clock.dotWritten(now: at(120))
        clock.resultReceived(isOfDot: true, now: at(150))
        #expect(times == [[], [], [], [], [7], [13], [30]])
    }

    @Test("the wait for the record of an attempt is no part of the content, nor of the reply")
    mutating func record() {
        clock.envelopeStarted(now: at(100))
        clock.contentWanted(now: at(107))
        clock.contentSent(now: at(120))
        clock.recorded(now: at(125))
        clock.resultReceived(isOfDot: true, now: at(150))
        #expect(times == [[], [], [], [], [7], [13], [25]])
        #expect(meter.record.times == [5])
    }

    @Test("the envelope of a pipelined message begins with the result of the one before")
    mutating func pipelined() {
        clock.envelopeStarted(now: at(0))
        clock.contentWanted(now: at(1))
        clock.dotWritten(now: at(1))
        clock.resultReceived(isOfDot: true, now: at(41))
        clock.contentWanted(now: at(43))
        clock.dotWritten(now: at(44))
        clock.resultReceived(isOfDot: true, now: at(49))
        #expect(times == [[], [], [], [], [1, 2], [0, 1], [5, 40]])
    }

    @Test("a message refused in the envelope has no phase, and takes no time from the next one")
    mutating func refused() {
        clock.envelopeStarted(now: at(0))
        clock.resultReceived(isOfDot: false, now: at(30))
        clock.contentWanted(now: at(32))
        #expect(times == [[], [], [], [], [2], [], []])
    }
}
