import Testing

@testable import Probing

@Suite("When a mailbox is visited")
struct VisitScheduleTests {
    private static let passing = VisitFailure(cause: "closed", isLasting: false)
    private static let lasting = VisitFailure(cause: "wrong password", isLasting: true)

    private func started(keepsSession: Bool = true) -> VisitSchedule {
        var schedule = VisitSchedule(keepsSession: keepsSession)
        #expect(schedule.start(now: .zero) == [.connect])
        return schedule
    }

    @Test("while probes are under way, it looks every ten seconds")
    func expecting() {
        var schedule = started()
        #expect(schedule.looked(from: .zero, now: .seconds(1)) == [])
        #expect(schedule.deadline == nil)
        schedule.expect(true)
        #expect(schedule.deadline == .seconds(11))
        #expect(schedule.deadlineReached(now: .seconds(11)) == [.look])
        #expect(schedule.deadline == nil)
        #expect(schedule.looked(from: .seconds(11), now: .seconds(12)) == [])
        #expect(schedule.deadline == .seconds(22))
    }

    @Test("a look that began before it was asked for is not the one that is waited for")
    func wantedDuringLook() {
        var schedule = started()
        #expect(schedule.lookWanted(now: .seconds(1)) == [])
        #expect(schedule.looked(from: .zero, now: .seconds(2)) == [.look])
        #expect(schedule.looked(from: .seconds(2), now: .seconds(3)) == [])
        #expect(schedule.lookWanted(now: .seconds(4)) == [.look])
    }

    @Test("the end of a session that served is no failure, and the next one comes soon")
    func restarts() {
        var schedule = started()
        _ = schedule.looked(from: .zero, now: .seconds(1))
        #expect(schedule.ended(Self.passing, now: .seconds(100), jitter: 0) == [])
        #expect(schedule.deadline == .seconds(101))
        #expect(schedule.deadlineReached(now: .seconds(101)) == [.connect])
        #expect(schedule.ended(Self.passing, now: .seconds(102), jitter: 0) == [.report(Self.passing)])
    }

    @Test("sessions that end as soon as they have served come less and less often")
    func shortSessions() {
        var schedule = started()
        var (now, waits): (Duration, [Duration]) = (.zero, [])
        for _ in 0..<8 {
            _ = schedule.looked(from: now, now: now)
            _ = schedule.ended(Self.passing, now: now, jitter: 0)
            waits.append((schedule.deadline ?? .zero) - now)
            now = schedule.deadline ?? now
            #expect(schedule.deadlineReached(now: now) == [.connect])
        }
        #expect(waits == [1, 2, 4, 8, 16, 30, 30, 30].map { .seconds($0) })
    }

    @Test("failures are told every half minute, or when somebody waits")
    func telling() {
        var schedule = started()
        #expect(schedule.ended(Self.passing, now: .zero, jitter: 0) == [.report(Self.passing)])
        _ = schedule.deadlineReached(now: .seconds(1))
        #expect(schedule.ended(Self.passing, now: .seconds(1), jitter: 0) == [])
        #expect(schedule.lookWanted(now: .seconds(2)) == [])
        _ = schedule.deadlineReached(now: .seconds(3))
        #expect(schedule.ended(Self.passing, now: .seconds(3), jitter: 0) == [.report(Self.passing)])
    }

    @Test("what only a person can mend is tried seldom, and answered at once")
    func lasting() {
        var schedule = started()
        #expect(schedule.ended(Self.lasting, now: .zero, jitter: 0) == [.report(Self.lasting)])
        #expect(schedule.deadline == .seconds(30))
        #expect(schedule.lookWanted(now: .seconds(5)) == [.report(Self.lasting)])
        #expect(schedule.deadline == .seconds(30))
        #expect(schedule.tryAgain(now: .seconds(6)) == [.connect])
    }

    @Test("waits vary by a fifth")
    func jitter() {
        var schedule = started()
        _ = schedule.ended(Self.lasting, now: .zero, jitter: 1)
        #expect(schedule.deadline == .seconds(36))
    }

    @Test("with POP3 each look is a session, as seldom as the server wants")
    func pop3() {
        var schedule = started(keepsSession: false)
        schedule.expect(true)
        _ = schedule.looked(from: .zero, now: .seconds(1))
        #expect(schedule.deadline == nil)
        #expect(schedule.ended(nil, loginDelay: .seconds(60), now: .seconds(2), jitter: 0) == [])
        #expect(schedule.deadline == .seconds(61))
        schedule.expect(false)
        #expect(schedule.deadline == nil)
        #expect(schedule.lookWanted(now: .seconds(70)) == [.connect])
    }

    @Test("a stopped one does nothing")
    func stopped() {
        var schedule = started()
        schedule.stop()
        #expect(schedule.ended(Self.passing, now: .zero, jitter: 0) == [])
        #expect(schedule.lookWanted(now: .zero) == [])
        #expect(schedule.deadline == nil)
    }
}
