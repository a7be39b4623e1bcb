import Admin
import Console
import Delivery
import Mail
import Spool
import Testing
import Upstreams

@testable import Drill

/// A relay as seen by a drill; `now` is in milliseconds since the trip.
struct DrilledRelay {
    static let start = Timestamp(milliseconds: 1_795_255_200_000)

    var upstreams = [Self.upstream("ses", 1), Self.upstream("mg", 2)]
    var history: [ChangeDocument] = []
    var messages = 0
    var states: [String: Int] = [:]

    static func upstream(_ name: String, _ priority: Int) -> UpstreamDocument {
        UpstreamDocument(UpstreamStatus(name: name, priority: priority, address: "h:25", since: start))
    }

    static func time(_ milliseconds: Int) -> Timestamp { start + .milliseconds(milliseconds) }

    mutating func change(_ now: Int, _ from: CircuitState, _ to: CircuitState, share: Double = 0, _ cause: String) {
        history.append(
            ChangeDocument(.init(at: Self.time(now), .circuit(from: from, to: to), share: share, cause: cause)))
        upstreams[0].circuit = to
        upstreams[0].share = share
    }

    var queue: StatisticsDocument {
        StatisticsDocument(
            SpoolStatistics(messages: messages, recipients: messages, octets: 0, byState: states), at: Self.start)
    }

    var detail: UpstreamDetailDocument {
        var document = UpstreamDetailDocument(
            UpstreamDetail(
                status: UpstreamStatus(name: "ses", priority: 1, address: "h:25", since: Self.start),
                reason: "", routes: [], history: [], answers: []))
        document.upstream = upstreams[0]
        document.history = history
        return document
    }

    func sample(_ now: Int, withQueue: Bool = true) -> DrillSample {
        DrillSample(
            at: Self.time(now), upstreams: upstreams, history: history, queue: withQueue ? queue : nil)
    }

    /// The drill at the trip.
    mutating func course() -> DrillCourse {
        let before = sample(-10)
        change(0, .closed, .open, "tripped by hand; drill")
        return DrillCourse(before: before, trip: detail, at: Self.time(3))
    }
}

@Suite("Conclusions of a drill")
struct DrillCourseTests {
    /// A drill in which everything goes well.
    private static func good(_ relay: inout DrilledRelay) -> (DrillCourse, [DrillEvent]) {
        var course = relay.course()
        var events: [DrillEvent] = []
        relay.upstreams[1].deliveredTotal = 5
        events += course.take(relay.sample(104))
        relay.change(30_000, .open, .halfOpen, "time is over")
        relay.change(30_040, .halfOpen, .closed, share: 0.1, "trial succeeded")
        events += course.take(relay.sample(30_100))
        relay.upstreams[1].deliveredTotal = 90
        relay.change(60_040, .closed, .closed, share: 1, "step of the ramp")
        relay.upstreams[0].deliveredTotal = 7
        events += course.take(relay.sample(60_100))
        return (course, events)
    }

    @Test("Failover, trial, ramp and full share: passed, with the relay's own times")
    func passed() {
        var relay = DrilledRelay()
        let (course, events) = Self.good(&relay)
        #expect(
            events.map(\.kind) == [
                .movedOn(to: "mg"), .circuit(to: .halfOpen, share: 0, cause: "time is over"),
                .circuit(to: .closed, share: 0.1, cause: "trial succeeded"),
                .circuit(to: .closed, share: 1, cause: "step of the ramp"),
            ])
        #expect(events.map(\.after) == [104, 30_000, 30_040, 60_040].map { .milliseconds($0) })
        #expect(course.isOver && !course.isLeftBehind)
        let report = DrillReport(course, isInterrupted: false, wasReset: false)
        #expect(report.verdict == .passed)
        #expect(report.movedOnMilliseconds == 104 && report.halfOpenMilliseconds == 30_000)
        #expect(report.closedMilliseconds == 30_040 && report.fullShareMilliseconds == 60_040)
        #expect(report.delivered == ["ses": 7, "mg": 90])
        #expect(report.watchedSeconds == 60.1)
        #expect(report.trippedAt == DrilledRelay.start.rfc3339)
    }

    @Test("What was delivered, queued and wrong before the trip does not count")
    func baseline() {
        var relay = DrilledRelay()
        relay.upstreams[0].deliveredTotal = 1000
        relay.upstreams[1].deliveredTotal = 50
        relay.messages = 4
        relay.states = ["in_doubt": 2, "deferred": 1]
        relay.history = [
            ChangeDocument(.init(at: DrilledRelay.time(-900), .circuit(from: .open, to: .closed), share: 1, cause: "x"))
        ]
        var course = relay.course()
        #expect(course.take(relay.sample(100)).isEmpty)
        #expect(!course.isOver)
        relay.upstreams[1].deliveredTotal = 51
        relay.messages = 9
        relay.states["deferred"] = 3
        _ = course.take(relay.sample(200))
        relay.messages = 2
        _ = course.take(relay.sample(300))
        let report = DrillReport(course, isInterrupted: false, wasReset: true)
        #expect(report.delivered == ["ses": 0, "mg": 1])
        #expect(report.queue == .init(before: 4, peak: 9, after: 2))
        #expect(report.recipients["deferred"] == .init(before: 1, peak: 3, after: 3))
        #expect(report.recipients["in_doubt"] == .init(before: 2, peak: 2, after: 2))
        #expect(report.verdict == .inconclusive)
    }

    @Test("No mail at all: inconclusive, however well the circuit recovered")
    func noMail() {
        var relay = DrilledRelay()
        var course = relay.course()
        relay.change(1000, .open, .halfOpen, "x")
        relay.change(1010, .halfOpen, .closed, share: 1, "x")
        _ = course.take(relay.sample(1100))
        #expect(course.isOver)
        let (verdict, reasons) = course.verdict(isInterrupted: false)
        #expect(verdict == .inconclusive)
        #expect(reasons == ["no mail came; send some, and run it again"])
    }

    @Test("Mail waits in the queue while another upstream works: failed")
    func stands() {
        var relay = DrilledRelay()
        var course = relay.course()
        relay.messages = 3
        for now in [100, 2000, 5000] { _ = course.take(relay.sample(now)) }
        #expect(course.verdict(isInterrupted: false).0 == .inconclusive)
        _ = course.take(relay.sample(5200))
        let (verdict, reasons) = course.verdict(isInterrupted: false)
        #expect(verdict == .failed)
        #expect(reasons.first?.contains("no other upstream took any") == true)
    }

    @Test("A queue that drains in between is not stuck")
    func moves() {
        var relay = DrilledRelay()
        var course = relay.course()
        for now in stride(from: 100, through: 20_000, by: 3000) {
            relay.messages = 1
            _ = course.take(relay.sample(now))
            relay.messages = 0
            _ = course.take(relay.sample(now + 1500))
        }
        #expect(course.verdict(isInterrupted: false).0 == .inconclusive)
    }

    @Test("An upstream that fails its trial and is not back at the end: failed, and not the drill's to reset")
    func relapse() {
        var relay = DrilledRelay()
        var course = relay.course()
        relay.upstreams[1].deliveredTotal = 5
        relay.change(1000, .open, .halfOpen, "x")
        relay.change(1800, .halfOpen, .open, "trial failed; mail: silence")
        let events = course.take(relay.sample(1900))
        #expect(events.last?.kind == .circuit(to: .open, share: 0, cause: "trial failed; mail: silence"))
        #expect(!course.isOver && !course.isLeftBehind)
        let report = DrillReport(course, isInterrupted: false, wasReset: false)
        #expect(report.verdict == .failed)
        #expect(report.reasons == ["ses did not come back: trial failed; mail: silence"])
        #expect(report.relapses == 1 && report.halfOpenMilliseconds == nil)
    }

    @Test("An upstream that comes back after a relapse: passed, with the times of the last return")
    func relapseAndReturn() {
        var relay = DrilledRelay()
        var course = relay.course()
        relay.upstreams[1].deliveredTotal = 5
        relay.change(1000, .open, .halfOpen, "x")
        relay.change(1800, .halfOpen, .open, "trial failed")
        relay.change(4000, .open, .halfOpen, "x")
        relay.change(4100, .halfOpen, .closed, share: 1, "trial succeeded")
        _ = course.take(relay.sample(4200))
        let report = DrillReport(course, isInterrupted: false, wasReset: false)
        #expect(report.verdict == .passed)
        #expect(report.halfOpenMilliseconds == 4000 && report.fullShareMilliseconds == 4100)
        #expect(report.reasons[0].contains("after 1 relapse"))
    }

    @Test("Recipients went in doubt: failed, although all else went well")
    func doubt() {
        var relay = DrilledRelay()
        relay.states = ["in_doubt": 1]
        var (course, _) = Self.good(&relay)
        relay.states = ["in_doubt": 3]
        _ = course.take(relay.sample(60_200))
        #expect(course.verdict(isInterrupted: false) == (.failed, ["2 recipients went in doubt"]))
    }

    @Test("An upstream that took over failed: failed")
    func secondFails() {
        var relay = DrilledRelay()
        var course = relay.course()
        relay.upstreams[1].circuit = .open
        relay.upstreams[1].lastError = "mail: 451 no"
        _ = course.take(relay.sample(100))
        relay.upstreams[1].circuit = .closed
        _ = course.take(relay.sample(200))
        #expect(course.verdict(isInterrupted: false).0 == .failed)
        #expect(
            course.verdict(isInterrupted: false).1.contains {
                $0.contains("mg, which took over, failed too: mail: 451 no")
            })
    }

    @Test("A ramp that is not at its end: inconclusive, and the drill's to reset")
    func shortWatch() {
        var relay = DrilledRelay()
        var course = relay.course()
        relay.upstreams[1].deliveredTotal = 5
        relay.change(1000, .open, .halfOpen, "x")
        relay.change(1100, .halfOpen, .closed, share: 0.25, "trial succeeded")
        _ = course.take(relay.sample(1200))
        #expect(!course.isOver && course.isLeftBehind)
        let (verdict, reasons) = course.verdict(isInterrupted: false)
        #expect(verdict == .inconclusive)
        #expect(reasons == ["ses had 25% of its traffic at the end: watch for longer with --watch"])
    }

    @Test(
        "A relay that restarts its counters, or has lost an upstream: inconclusive, at once", arguments: [false, true])
    func restart(isGone: Bool) {
        var relay = DrilledRelay()
        relay.upstreams[1].deliveredTotal = 9
        var course = relay.course()
        _ = course.take(relay.sample(100))
        if isGone { relay.upstreams.removeLast() } else { relay.upstreams[1].deliveredTotal = 0 }
        #expect(course.take(relay.sample(200)).map(\.kind) == [.restarted])
        #expect(course.isOver && !course.isLeftBehind)
        #expect(course.take(relay.sample(300)).isEmpty)
        #expect(course.verdict(isInterrupted: false) == (.inconclusive, ["the relay was restarted meanwhile"]))
    }

    @Test("An operator who changes the same upstream, or closes its circuit, spoils the drill")
    func meddling() {
        var relay = DrilledRelay()
        var course = relay.course()
        relay.upstreams[1].deliveredTotal = 5
        relay.change(500, .open, .closed, share: 1, "reset by hand")
        relay.history.append(
            ChangeDocument(
                .init(at: DrilledRelay.time(600), .admin(from: .enabled, to: .disabled), share: 0, cause: "disable")))
        let events = course.take(relay.sample(700))
        #expect(events.last?.kind == .upstreamControl(to: .disabled, cause: "disable"))
        let (verdict, reasons) = course.verdict(isInterrupted: false)
        #expect(verdict == .inconclusive)
        #expect(reasons == ["an operator changed ses meanwhile", "the circuit was closed by hand meanwhile"])
    }

    @Test("A drill that was ended early says so, and nothing else")
    func interrupted() {
        var relay = DrilledRelay()
        var course = relay.course()
        relay.upstreams[1].deliveredTotal = 5
        _ = course.take(relay.sample(200))
        #expect(course.isLeftBehind)
        #expect(course.verdict(isInterrupted: true) == (.inconclusive, ["it was ended early"]))
    }

    @Test("A history that has moved on is read from its current position")
    func slidingHistory() {
        var relay = DrilledRelay()
        var course = relay.course()
        relay.upstreams[1].deliveredTotal = 1
        for number in 0..<80 {
            relay.change(1000 + number * 20, .open, .halfOpen, "x")
            relay.change(1010 + number * 20, .halfOpen, .open, "trial failed")
            relay.history = relay.history.suffix(50)
            _ = course.take(relay.sample(1015 + number * 20))
        }
        #expect(course.relapses.count == 80)
    }
}
