import Ingress
import Mail
import Spool
import Suppression

/// The guard of a run, as sessions and the delivery ask it: what is in memory in this life, and what is on disk.
///
/// Knows what must not happen: that somebody is suspected who behaves as usual, and that mail which was held waits for
/// nobody.
final class SimulatedGuard {
    private let modes: [String: GuardMode]
    /// Users who do nothing unusual.
    private let innocent: Set<String>
    private let timeline: Timeline
    private let oracle: Oracle
    private let trace: Trace

    private var saved: [String: UserHabit]
    private var machine = HabitMachine()

    private(set) var held: Set<QueueID> = []
    private(set) var suspicions = 0

    /// - Parameters:
    ///   - modes: of the users whom relay.conf guards.
    ///   - habits: as learned before the run.
    init(
        _ modes: [String: GuardMode], innocent: Set<String>, habits: [String: UserHabit] = [:],
        _ simulation: (Timeline, Oracle, Trace)
    ) {
        (self.modes, self.innocent, saved) = (modes, innocent, habits)
        (timeline, oracle, trace) = simulation
    }

    /// What is usual for somebody who sends this much in each of sixty times ten minutes before the run.
    static func habit(_ recipients: Int) -> UserHabit {
        let start = Simulation.epoch + .seconds(-60 * 600)
        var habit = UserHabit(now: start)
        for span in 0..<60 {
            let now = start + .seconds(span * 600)
            _ = habit.advance(to: now)
            _ = habit.took(recipients, now: now)
        }
        return habit
    }

    private var now: Timestamp { Simulation.epoch + .nanoseconds(timeline.now) }

    // MARK: - Lives

    /// The relay starts, and reads what is on disk.
    func begin() {
        machine = HabitMachine(saved)
        tell(machine.replace(modes))
    }

    /// Every minute; what is learned later is lost with the relay.
    func save() {
        tell(machine.look(now: now))
        saved = machine.habits
    }

    // MARK: - Mail

    /// - Returns: when the client may come again; nil if its message is welcome.
    func refusal(of user: String?) -> Duration? {
        guard let user else { return nil }
        let (wait, news) = machine.refusal(of: user, now: now)
        tell(news)
        return wait
    }

    func took(_ message: inout SpooledMessage) {
        guard let user = message.user else { return }
        let (isHeld, news) = machine.took(message.recipients.count, of: user, now: now)
        tell(news)
        guard isHeld else { return }
        held.insert(message.id)
        for index in message.recipients.indices { message.recipients[index].markHeld(.hijack, "unusual") }
    }

    /// Whether the delivery is to hold what it has.
    func holds(_ user: String, takenAgo age: Duration) -> Bool { machine.holds(user, takenAgo: age, now: now) }

    func bounced(_ bounce: Bounce) {
        guard bounce.kind == .hard, let user = bounce.user else { return }
        tell(machine.bounced(user, after: bounce.at - bounce.queueID.madeAt, now: now))
    }

    private func tell(_ news: [HabitMachine.News]) {
        for news in news {
            trace.note { "the guard: \(news)" }
            guard case .suspected(let user, let cause, _, let recipients, let usual) = news else { continue }
            suspicions += 1
            guard innocent.contains(user) else { continue }
            oracle.problem("\(user) is suspected for \(cause): \(recipients) recipients, \(usual) usual")
        }
    }

    // MARK: - Checks

    /// What has been held waits for an operator, who sees why.
    func check(_ message: SpooledMessage, isReleased: Bool) {
        guard held.contains(message.id), !isReleased else { return }
        let isFree = message.recipients.contains { !$0.isFinal && ($0.state != .held || $0.holdReason != .hijack) }
        if isFree { oracle.problem("message \(message.id) was held by the guard, and is no more") }
    }
}
