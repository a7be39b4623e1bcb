package import Mail
internal import Synchronization

/// Watches whether users behave as usual; shared by all sessions and the delivery. Without a guarded user no lock is taken.
package final class UserGuard: Sendable {
    private let machine: Mutex<HabitMachine>
    private let isOn = Atomic(false)
    private let steady: @Sendable () -> Timestamp
    private let report: @Sendable (IngressEvent) -> Void

    /// - Parameters:
    ///   - habits: as learned before.
    ///   - steady: the clock that nobody can set.
    ///   - report: called from any thread; must not block.
    package init(
        _ habits: [String: UserHabit] = [:], steady: @escaping @Sendable () -> Timestamp,
        report: @escaping @Sendable (IngressEvent) -> Void
    ) {
        machine = Mutex(HabitMachine(habits))
        self.steady = steady
        self.report = report
    }

    /// Guards nobody.
    package static var unused: UserGuard { UserGuard(steady: { .distantPast }, report: { _ in }) }

    /// Whether somebody is guarded.
    package var isUsed: Bool { isOn.load(ordering: .relaxed) }

    /// What has been learned, for the next start.
    package var habits: [String: UserHabit] { machine.withLock { $0.habits } }

    /// One user whom relay.conf guards.
    package struct Guarded: Sendable {
        package let name: String
        package let mode: GuardMode
        /// nil before there was any mail.
        package let habit: UserHabit?
    }

    /// All of them, by name.
    package var guarded: [Guarded] {
        machine.withLock { machine in
            machine.guarded.map { Guarded(name: $0, mode: machine.mode(of: $0), habit: machine.habits[$0]) }
        }
    }

    package var suspected: [String] { machine.withLock { $0.suspected } }

    /// relay.conf has these users.
    func replace(_ users: [UserSettings]) {
        let modes = Dictionary(users.map { ($0.name, $0.guardMode) }, uniquingKeysWith: { first, _ in first })
        let (news, isUsed) = machine.withLock { machine in
            let news = machine.replace(modes)
            return (news, machine.isUsed)
        }
        isOn.store(isUsed, ordering: .relaxed)
        tell(news)
    }

    /// MAIL: how long a suspected user has to wait; nil for no wait.
    func refusal(of user: String?) -> Duration? {
        guard isUsed, let user else { return nil }
        let (wait, news) = machine.withLock { $0.refusal(of: user, now: steady()) }
        tell(news)
        return wait
    }

    /// The end of a message.
    ///
    /// - Returns: whether it is to be held.
    func took(_ recipients: Int, of user: String?) -> Bool {
        guard isUsed, let user else { return false }
        let (isHeld, news) = machine.withLock { $0.took(recipients, of: user, now: steady()) }
        tell(news)
        return isHeld
    }

    /// Whether mail of a user is to be held that was taken this long ago, before it became unusual.
    package func holds(_ user: String, takenAgo age: Duration) -> Bool {
        guard isUsed else { return false }
        return machine.withLock { $0.holds(user, takenAgo: age, now: steady()) }
    }

    /// An address that a user wrote to does not exist.
    ///
    /// - Parameter age: since the message came.
    package func bounced(_ user: String?, after age: Duration = .zero) {
        guard isUsed, let user else { return }
        tell(machine.withLock { $0.bounced(user, after: age, now: steady()) })
    }

    /// Time has passed: suspicions may end.
    package func look() {
        guard isUsed else { return }
        tell(machine.withLock { $0.look(now: steady()) })
    }

    /// An operator trusts a user.
    ///
    /// - Returns: false if nobody is suspected by that name.
    package func trust(_ user: String) -> Bool {
        let isTrusted = machine.withLock { $0.trust(user, now: steady()) }
        if isTrusted { report(.userTrusted(user: user)) }
        return isTrusted
    }

    private func tell(_ news: [HabitMachine.News]) {
        for news in news {
            switch news {
            case .suspected(let user, let cause, let mode, let recipients, let usual):
                report(.userSuspected(user: user, cause: cause, mode, recipients: recipients, usual: usual))
            case .trusted(let user): report(.userTrusted(user: user))
            }
        }
    }
}
