import Mail
import Spool
import Testing

@testable import Webhooks

@Suite("Which events an outcome is")
struct OutcomeEventsTests {
    private func events(_ cause: OutboxCause) -> [String] {
        OutcomeEvents.events(of: cause).map { "\($0.index) \($0.event.rawValue)" }
    }

    @Test(
        "A recipient that enters a state is an event",
        arguments: [
            (Recipient.State.delivered, FailureClass?.none, "0 delivered"), (.failed, .policy, "0 failed"),
            (.failed, nil, "0 failed"), (.failed, .suppressed, "0 suppressed"), (.inDoubt, nil, "0 in_doubt"),
        ])
    func entering(state: Recipient.State, failureClass: FailureClass?, expected: String) {
        let after = Recipient.sample("b@example.net", state, failureClass: failureClass)
        #expect(events(.sample([.sample()], [after])) == [expected])
        #expect(events(.sample([after], [after])) == [])
    }

    @Test("States that wait are none", arguments: [Recipient.State.queued, .scheduled, .held])
    func waiting(state: Recipient.State) {
        #expect(events(.sample([.sample()], [.sample("b@example.net", state)], cycles: 1)) == [])
    }

    @Test("A recipient is deferred at the end of a cycle, not between two upstreams of it")
    func deferred() {
        let (before, after) = (Recipient.sample(), Recipient.sample("b@example.net", .deferred, due: 500))
        #expect(events(.sample([before], [after], cycles: 0)) == [])
        #expect(events(.sample([before], [after], cycles: 1)) == ["0 deferred"])
        let again = Recipient.sample("b@example.net", .deferred, due: 900)
        #expect(events(.sample([after], [again], cycles: 1)) == ["0 deferred"])
        #expect(events(.sample([after], [after], cycles: 1)) == [])
    }

    @Test("One of a message that waits for a later time was not part of the cycle")
    func others() {
        let waiting = Recipient.sample("c@example.net", .deferred, due: 9_000)
        let cause = OutboxCause.sample(
            [.sample(), waiting, .sample()], [.sample("b@example.net", .delivered), waiting, .sample("d@x", .failed)],
            cycles: 1)
        #expect(events(cause) == ["0 delivered", "2 failed"])
    }

    @Test("What an operator drops is dropped, whatever its state says")
    func dropped() {
        let delivered = Recipient.sample("a@x", .delivered)
        let cause = OutboxCause.sample([delivered, .sample()], [delivered, .sample()], dropped: [1])
        #expect(events(cause) == ["1 dropped"])
    }

    @Test("Nothing is told about the relay's own notices", arguments: NoticeKind.allCases)
    func notices(kind: NoticeKind) {
        let cause = OutboxCause.sample([.sample()], [.sample("b@example.net", .failed)], notice: kind)
        #expect(events(cause) == [])
    }
}
