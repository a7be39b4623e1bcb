internal import Mail

/// Messages that an upstream takes while mail waits for it all the time: long enough for every session to take part.
struct ThroughputEpoch: Sendable {
    /// Messages per session, so that the slowest ones count too.
    private static let messagesPerSession = 2
    private static let fewest = 10
    private static let shortest = Duration.milliseconds(200)

    private let began: MonotonicInstant
    private let sessions: Int
    /// How much more than usual it needs, to tell small differences from chance.
    private let care: Int
    private var taken = 0

    /// - Parameter began: when a message was taken; that one does not count.
    init(of sessions: Int, care: Int, began: MonotonicInstant) {
        self.sessions = sessions
        self.care = care
        self.began = began
    }

    /// A message has been taken.
    ///
    /// - Returns: messages per second, if it is over.
    mutating func took(now: MonotonicInstant) -> Double? {
        taken += 1
        let length = now - began
        guard taken >= care * max(Self.fewest, Self.messagesPerSession * sessions), length >= Self.shortest * care
        else { return nil }
        return Double(taken) * 1e9 / Double(length.wholeNanoseconds)
    }
}
