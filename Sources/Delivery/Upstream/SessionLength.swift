internal import Mail
internal import Upstreams

/// How many messages a server takes in one session, learned from the sessions that it ends.
///
/// Two sessions in a row that end after the same number of messages, right behind the result of the last one, are a
/// habit: from then on a session gets no more than that, and nothing is sent that would be sent again. Now and then a
/// session may outlive the limit, and if it does, the habit is forgotten: a restart of the server looks like one.
///
/// A value without a clock.
struct SessionLength {
    /// A server that ends a session later than this after a result ends an idle one, whatever the number of messages.
    static let promptness = Duration.seconds(1)
    /// Time until a session may outlive the limit, at first and at most.
    static let firstTest = Duration.seconds(60)
    static let longestTest = Duration.seconds(3600)

    /// Messages per session; nil for any number.
    private(set) var limit: Int?
    /// After how many messages the last session ended.
    private var last: Int?
    private var test: (at: MonotonicInstant, interval: Duration)?

    /// How many messages a session may get now.
    func limit(now: MonotonicInstant) -> Int {
        guard let limit, let test, now < test.at else { return .max }
        return limit
    }

    /// The server has ended a session.
    ///
    /// - Parameters:
    ///   - count: messages that had their result in it; at least one.
    ///   - idle: how long ago the last result was.
    /// - Returns: whether the limit has changed.
    mutating func ended(after count: Int, idle: Duration, now: MonotonicInstant) -> Bool {
        guard count > 0, idle < Self.promptness else { return false }
        defer { last = count }
        guard count == last else { return false }
        let interval = count == limit ? test.map { min($0.interval * 2, Self.longestTest) } : nil
        // Several sessions that end in the same test are one.
        if count == limit, let test, now < test.at { return false }
        test = (now + (interval ?? Self.firstTest), interval ?? Self.firstTest)
        defer { limit = count }
        return limit != count
    }

    /// A session has had the results of this many messages.
    ///
    /// - Returns: whether the limit has been forgotten.
    mutating func lasted(_ count: Int) -> Bool {
        guard let limit, count > limit else { return false }
        self = SessionLength()
        return true
    }
}
