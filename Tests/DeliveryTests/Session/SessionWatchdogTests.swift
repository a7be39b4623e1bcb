import SMTP
import Testing
import Upstreams

@testable import Delivery

@Suite("The watchdog says when a session has waited long enough")
struct SessionWatchdogTests {
    private static let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)
    private static let limits = SessionWatchdog.Limits(
        patience: .seconds(1), command: .seconds(30), data: .seconds(300), idle: .seconds(60), slow: .seconds(10))
    /// Phases in which a reply commits nothing.
    private static let beforeDot = Set(ClientPhase.allCases).subtracting([.dot, .quit, .idle])

    private var dog = SessionWatchdog(SessionWatchdogTests.limits, now: SessionWatchdogTests.start)

    private func after(_ seconds: Double) -> MonotonicInstant {
        Self.start + .milliseconds(Int64((seconds * 1000).rounded()))
    }

    /// When a turn that began at the start is over, in seconds; nil for never.
    private func limit(_ turn: SessionWatchdog.Turn, canLeave: Bool = true) -> Duration? {
        dog.deadline(turn, canLeave: { canLeave }).map { $0 - Self.start }
    }

    @Test("each turn has its limit; patience applies only where the mail can go elsewhere")
    func eachTurn() {
        #expect(limit(.ours) == nil)
        #expect(limit(.nobody) == .seconds(60))
        #expect(limit(.server(.dot)) == .seconds(300))
        #expect(limit(.server(.quit)) == .seconds(2))
        for phase in Self.beforeDot {
            #expect(limit(.server(phase)) == .seconds(1), "\(phase)")
            #expect(limit(.server(phase), canLeave: false) == .seconds(30), "\(phase)")
        }
    }

    @Test(
        "where the mail can go is asked only where that decides",
        arguments: [SessionWatchdog.Turn.nobody, .ours, .server(.dot)])
    func askedOnce(turn: SessionWatchdog.Turn) {
        _ = dog.deadline(turn) {
            Issue.record("asked for \(turn)")
            return true
        }
    }

    @Test("a command time-out below the patience is what applies")
    func shortCommand() {
        var limits = Self.limits
        limits.command = .milliseconds(500)
        let dog = SessionWatchdog(limits, now: Self.start)
        #expect(dog.deadline(.server(.mail), canLeave: { true }) == after(0.5))
    }

    @Test("a session is overdue at its deadline, and not before")
    func overdue() {
        func overdue(_ turn: SessionWatchdog.Turn, _ seconds: Double) -> SessionWatchdog.Overdue? {
            dog.overdue(turn, now: after(seconds), canLeave: { true })
        }
        #expect(overdue(.server(.mail), 0.999) == nil)
        #expect(overdue(.server(.mail), 1) == .reply(.seconds(1)))
        #expect(overdue(.server(.dot), 299) == nil)
        #expect(overdue(.server(.dot), 301) == .reply(.seconds(301)))
        #expect(overdue(.server(.quit), 1.9) == nil)
        #expect(overdue(.server(.quit), 2) == .parting(.seconds(2)))
        #expect(overdue(.nobody, 59) == nil)
        #expect(overdue(.nobody, 60) == .idle)
        #expect(overdue(.ours, 1_000_000) == nil)
    }

    @Test("progress begins the wait anew, an octet does not")
    mutating func progress() {
        dog.heard(at: after(0.9))
        #expect(dog.overdue(.server(.rcpt), now: after(1), canLeave: { true }) == .reply(.seconds(1)))
        #expect(dog.lastHeard == after(0.9))
        dog.progressed(at: after(0.9))
        #expect(dog.overdue(.server(.rcpt), now: after(1), canLeave: { true }) == nil)
        #expect(dog.overdue(.server(.rcpt), now: after(1.9), canLeave: { true }) == .reply(.seconds(1)))
    }

    @Test("a wait of ours is no silence of the server, and begins none")
    mutating func resumed() {
        dog.progressed(at: after(0.2))
        dog.resumed(at: after(5))
        #expect(dog.openingSilence == .milliseconds(200) && dog.waitingSince == after(5))
        dog.progressed(at: after(5.3))
        #expect(dog.openingSilence == .milliseconds(300))
    }

    @Test("a session is late at half of its patience while nothing is committed", arguments: ClientPhase.allCases)
    func late(phase: ClientPhase) {
        #expect(!dog.isLate(.server(phase), now: after(0.499)))
        #expect(dog.isLate(.server(phase), now: after(0.5)) == (phase != .dot && phase != .quit))
        #expect(!dog.isLate(.ours, now: after(100)))
        #expect(!dog.isLate(.nobody, now: after(100)))
    }

    @Test("a session is silent at the end of its patience, after the dot too", arguments: ClientPhase.allCases)
    func silent(phase: ClientPhase) {
        #expect(!dog.isSilent(.server(phase), now: after(0.999)))
        #expect(dog.isSilent(.server(phase), now: after(1)))
        #expect(!dog.isSilent(.ours, now: after(100)))
        #expect(!dog.isSilent(.nobody, now: after(100)))
    }

    @Test("silence after the dot lets others go, then gives the trial up, and counts as slow once")
    mutating func afterDot() {
        typealias Silence = SessionWatchdog.SilenceAfterDot
        #expect(dog.silenceAfterDot(.server(.dot), now: after(0.9)) == nil)
        #expect(dog.silenceAfterDot(.server(.mail), now: after(100)) == nil)
        #expect(dog.silenceAfterDot(.ours, now: after(100)) == nil)
        let since = Self.start
        #expect(
            dog.silenceAfterDot(.server(.dot), now: after(1)) == Silence(since: since, endsTrial: false, slow: nil))
        #expect(
            dog.silenceAfterDot(.server(.dot), now: after(10))
                == Silence(since: since, endsTrial: false, slow: .seconds(10)))
        #expect(
            dog.silenceAfterDot(.server(.dot), now: after(11)) == Silence(since: since, endsTrial: false, slow: nil))
        #expect(
            dog.silenceAfterDot(.server(.dot), now: after(30)) == Silence(since: since, endsTrial: true, slow: nil))
    }

    @Test("without a threshold no silence is slow")
    func noThreshold() {
        var limits = Self.limits
        limits.slow = .zero
        var dog = SessionWatchdog(limits, now: Self.start)
        #expect(dog.silenceAfterDot(.server(.dot), now: after(299))?.slow == nil)
    }

    @Test("what a server needs for a message is without our own wait amid it")
    mutating func ownWait() {
        dog.progressed(at: after(1))
        dog.wentOn(at: after(4))
        #expect(dog.waitingSince == after(4))
        #expect(dog.transactionFinished(began: after(0.5), now: after(4.1)) == .milliseconds(600))
        #expect(dog.transactionFinished(began: after(0.5), now: after(4.2)) == .milliseconds(100))
    }

    @Test("what a server needs for a pipelined message begins when the one before it is over")
    mutating func needed() {
        // Both are handed over at once, and each dot takes 100 ms.
        #expect(dog.transactionFinished(began: after(0), now: after(0.1)) == .milliseconds(100))
        #expect(dog.transactionFinished(began: after(0), now: after(0.2)) == .milliseconds(100))
        // A message that follows a pause has its own beginning.
        #expect(dog.transactionFinished(began: after(5), now: after(5.03)) == .milliseconds(30))
    }

    @Test("nor does it count replies to the message before it that come behind that one's result")
    mutating func neededBehindLateReplies() {
        _ = dog.transactionFinished(began: after(0), now: after(0.1))
        dog.settled(now: after(3))
        #expect(dog.transactionFinished(began: after(0), now: after(3.1)) == .milliseconds(100))
    }
}
