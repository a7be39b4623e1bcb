package import Mail

/// The habits of all users who are guarded.
///
/// A value without a clock; there is one habit for each `[[user]]` at most.
package struct HabitMachine: Sendable {
    package enum News: Hashable, Sendable {
        /// - Parameters:
        ///   - recipients: in these ten minutes so far.
        ///   - usual: in the busiest recent ten minutes.
        case suspected(user: String, UserHabit.Cause, GuardMode, recipients: Int, usual: Int)
        case trusted(user: String)
    }

    private var modes: [String: GuardMode] = [:]
    package private(set) var habits: [String: UserHabit]

    /// - Parameter habits: as learned before.
    package init(_ habits: [String: UserHabit] = [:]) {
        self.habits = habits
    }

    package var isUsed: Bool { !modes.isEmpty }

    /// Names of all users whom relay.conf guards, in order.
    package var guarded: [String] { modes.keys.sorted() }

    /// Suspected users, by name.
    package var suspected: [String] { habits.filter { $0.value.suspicion != nil }.keys.sorted() }

    /// relay.conf guards these users; others are forgotten, and suspected no more.
    package mutating func replace(_ modes: [String: GuardMode]) -> [News] {
        let before = suspected
        self.modes = modes.filter { $0.value != .off }
        habits = habits.filter { self.modes[$0.key] != nil }
        return before.filter { habits[$0] == nil }.map { .trusted(user: $0) }
    }

    package func mode(of user: String) -> GuardMode { modes[user] ?? .off }

    /// How long a suspected user has to wait before the next message.
    package mutating func refusal(of user: String, now: Timestamp) -> (wait: Duration?, news: [News]) {
        guard mode(of: user) == .slow else { return (nil, []) }
        var wait: Duration?
        let news = change(user, now) { habit, _ in
            wait = habit.refusal(now: now)
            return false
        }
        return (wait, news)
    }

    /// A message has come.
    ///
    /// - Returns: whether it is to be held.
    package mutating func took(_ recipients: Int, of user: String, now: Timestamp) -> (isHeld: Bool, news: [News]) {
        let mode = mode(of: user)
        guard mode != .off else { return (false, []) }
        let news = change(user, now) { habit, mode in habit.took(recipients, now: now, isSlowed: mode == .slow) }
        return (mode == .hold && habits[user]?.suspicion != nil, news)
    }

    /// How long before a suspicion mail may have come that is to be held with it.
    static let suspect = Duration.seconds(3600)

    /// Whether mail of a user is to be held that was taken this long ago: shortly before the user became suspect. What comes
    /// later is held as it comes.
    package func holds(_ user: String, takenAgo age: Duration, now: Timestamp) -> Bool {
        guard mode(of: user) == .hold, let suspicion = habits[user]?.suspicion else { return false }
        let suspected = now - Timestamp(milliseconds: suspicion.since)
        return age > suspected && age <= suspected + Self.suspect
    }

    /// Mail of a user has bounced.
    ///
    /// - Parameter age: of the message.
    package mutating func bounced(_ user: String, after age: Duration = .zero, now: Timestamp) -> [News] {
        change(user, now) { habit, _ in habit.bounces(now: now, age: age) }
    }

    /// Time has passed.
    package mutating func look(now: Timestamp) -> [News] {
        habits.keys.sorted().flatMap { user in change(user, now) { _, _ in false } }
    }

    /// An operator trusts a user.
    ///
    /// - Returns: false if nobody is suspected by that name.
    package mutating func trust(_ user: String, now: Timestamp) -> Bool {
        guard habits[user]?.suspicion != nil else { return false }
        habits[user]?.trust()
        return true
    }

    /// - Parameter body: returns whether the user has become suspect.
    private mutating func change(
        _ user: String, _ now: Timestamp, _ body: (inout UserHabit, GuardMode) -> Bool
    ) -> [News] {
        guard let mode = modes[user] else { return [] }
        var habit = habits[user] ?? UserHabit(now: now)
        var news: [News] = habit.advance(to: now) ? [.trusted(user: user)] : []
        let usual = Int(habit.usual.rounded())
        if body(&habit, mode), let cause = habit.suspicion?.cause {
            news.append(.suspected(user: user, cause, mode, recipients: habit.sent, usual: usual))
        }
        habits[user] = habit
        return news
    }
}
