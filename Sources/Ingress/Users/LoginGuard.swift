package import Mail
package import NIOCore

/// Counts failed logins, slows them down, and locks out guessers.
///
/// Three counts, each over `failureWindow`:
///
/// - **by address** (IPv6: by /64, which is what one customer has): at `maxFailures`, nobody may log in from there for
///   `lockout`. This ends guessing from one place.
/// - **by user**: at `maxFailures`, from any addresses, the user is under attack. That alone locks nobody out, or
///   anybody could lock a user out by failing in their name. It makes the next count strict, and each further failure
///   slow.
/// - **by user and address**: while the user is under attack, one failure locks this user out at this address. An
///   attacker with many addresses has one guess from each per `lockout`; the user's own application, which makes no
///   mistakes, notices nothing.
///
/// A success clears the failures of this user from this address, and no others: an attacker with an account of their
/// own must not be able to wipe out guesses at other accounts by logging in now and then.
///
/// Addresses with a successful login are remembered, for ``PasswordChecker``: checks from there go first.
///
/// Memory is bounded: each count has room for `capacity` entries and then drops the oldest. An attacker with tens of
/// thousands of addresses can exploit that, but their guesses are still slow.
package struct LoginGuard: Sendable {
    /// How to answer a failed login.
    package struct Penalty: Hashable, Sendable {
        /// Delay before the reply.
        package var delay: Duration
        /// Whether this failure caused a lockout: the session must end.
        package var isLockedOut: Bool
    }

    private struct Tally {
        var count = 0
        var since: NIODeadline
        var lockedUntil: NIODeadline?
    }

    private struct Pair: Hashable {
        let user: String
        let place: UInt128
    }

    private var settings: LoginSettings
    private var places: RecentTable<UInt128, Tally>
    private var users: RecentTable<String, Tally>
    private var pairs: RecentTable<Pair, Tally>
    private var loggedIn: RecentTable<UInt128, Bool>

    /// Maximum delay, as a multiple of the first.
    static let delayFactor = 8

    package init(_ settings: LoginSettings, capacity: Int = 20_000) {
        self.settings = settings
        places = RecentTable(capacity: capacity)
        users = RecentTable(capacity: capacity)
        pairs = RecentTable(capacity: capacity)
        loggedIn = RecentTable(capacity: capacity)
    }

    /// Later failures are judged by these settings; those counted so far, and lockouts, stay.
    package mutating func replace(_ settings: LoginSettings) {
        self.settings = settings
    }

    /// Whether AUTH is answered with 454 4.7.0 at once, before any name is known.
    package func isLockedOut(_ client: IPAddress, now: NIODeadline) -> Bool {
        isLocked(places[Self.place(of: client)], now)
    }

    /// Whether a login is refused without checking the password.
    package func isLockedOut(_ user: String, from client: IPAddress, now: NIODeadline) -> Bool {
        isLockedOut(client, now: now) || isLocked(pairs[Pair(user: user, place: Self.place(of: client))], now)
    }

    /// Whether there has been a successful login from there.
    package func hasLoggedIn(_ client: IPAddress) -> Bool {
        loggedIn[Self.place(of: client)] != nil
    }

    /// Records a failed login.
    ///
    /// - Parameter user: nil if the client sent no name.
    package mutating func failed(_ user: String?, from client: IPAddress, now: NIODeadline) -> Penalty {
        let place = Self.place(of: client)
        let atPlace = Self.count(&places[place], settings, now)
        var penalty = Penalty(delay: delay(atPlace), isLockedOut: atPlace >= settings.maxFailures)
        if penalty.isLockedOut { Self.lock(&places[place], settings, now) }
        if let user {
            let ofUser = Self.count(&users[user], settings, now)
            let pair = Pair(user: user, place: place)
            _ = Self.count(&pairs[pair], settings, now)
            if ofUser >= settings.maxFailures {
                Self.lock(&pairs[pair], settings, now)
                penalty.isLockedOut = true
            }
            penalty.delay = max(penalty.delay, delay(ofUser))
        }
        return penalty
    }

    /// Records a successful login.
    package mutating func succeeded(_ user: String, from client: IPAddress, now: NIODeadline) {
        let place = Self.place(of: client)
        loggedIn[place] = true
        let pair = Pair(user: user, place: place)
        guard let tally = pairs[pair] else { return }
        pairs[pair] = nil
        guard Self.isCurrent(tally, settings, now) else { return }
        Self.forgive(tally.count, of: &places[place])
        Self.forgive(tally.count, of: &users[user])
    }

    /// An IPv4 address, or the first half of an IPv6 one.
    private static func place(of client: IPAddress) -> UInt128 {
        client.isIPv4 ? client.value : (client.value >> 64) << 64
    }

    private func isLocked(_ tally: Tally?, _ now: NIODeadline) -> Bool {
        guard let until = tally?.lockedUntil else { return false }
        return now < until
    }

    private static func isCurrent(_ tally: Tally, _ settings: LoginSettings, _ now: NIODeadline) -> Bool {
        now < tally.since + TimeAmount(settings.failureWindow)
    }

    private static func count(_ tally: inout Tally?, _ settings: LoginSettings, _ now: NIODeadline) -> Int {
        // A lock outlives the failures that led to it.
        var counted =
            tally.flatMap { isCurrent($0, settings, now) ? $0 : nil }
            ?? Tally(since: now, lockedUntil: tally?.lockedUntil)
        counted.count += 1
        tally = counted
        return counted.count
    }

    /// Locks, and restarts the count: once the lock is over, its failures no longer count.
    private static func lock(_ tally: inout Tally?, _ settings: LoginSettings, _ now: NIODeadline) {
        tally = Tally(since: now, lockedUntil: now + TimeAmount(settings.lockout))
    }

    private static func forgive(_ count: Int, of tally: inout Tally?) {
        guard var reduced = tally else { return }
        reduced.count = max(0, reduced.count - count)
        tally = reduced.count == 0 && reduced.lockedUntil == nil ? nil : reduced
    }

    private func delay(_ failures: Int) -> Duration {
        settings.failureDelay * (failures > 3 ? Self.delayFactor : 1 << (failures - 1))
    }
}
