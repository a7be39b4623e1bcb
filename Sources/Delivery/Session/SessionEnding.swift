/// What the end of a session means for its upstream, and for the messages that it leaves before their final dot.
struct SessionEnding {
    /// What becomes of such a message.
    enum Fate {
        /// Back into the queue, as if its cycle had not begun.
        case untried
        /// A new session of the same upstream.
        case newSession
        /// Any other session of the same upstream.
        case anotherSession
        /// The next upstream, or a new session of this one if no other takes the message now.
        case moveOnOrNewSession
        /// The next upstream.
        case moveOn
    }

    let fate: Fate
    private let fault: SessionFailure.Fault
    /// Whether it did any work, or had none to do. Otherwise sessions would be opened as fast as they are closed.
    private let wasOfUse: Bool
    private let isCrowd: Bool

    /// - Parameters:
    ///   - started: transactions given to the session.
    ///   - isWanted: whether messages wait for sessions of the upstream.
    ///   - isCrowd: whether the server has refused the session for being one too many, and goes on with fewer.
    init(_ failure: SessionFailure, isGreeted: Bool, started: Int, isWanted: Bool, isCrowd: Bool = false) {
        self.fault = failure.fault
        self.wasOfUse = isGreeted && (started > 0 || !isWanted)
        self.isCrowd = isCrowd
        self.fate = isCrowd ? .anotherSession : Self.fate(failure.fault)
    }

    private static func fate(_ fault: SessionFailure.Fault) -> Fate {
        switch fault {
        case .ours: .untried
        // This one had worked. A new one has not, so that its end is a failure.
        case .nobody: .newSession
        case .spent: .newSession
        // With fewer of them.
        case .recipients: .newSession
        // Patience is over. Without another upstream, the next session may show that only pipelining was the trouble.
        case .pipelining: .moveOnOrNewSession
        case .account, .upstream: .moveOn
        }
    }

    /// Whether it counts as a failure of the upstream.
    ///
    /// - Parameter losesMail: whether messages move on to the next upstream.
    func isFailure(losesMail: Bool) -> Bool {
        guard !isCrowd else { return false }
        return switch fault {
        case .ours, .nobody, .spent, .pipelining, .recipients: false
        case .account: true
        case .upstream: losesMail || !wasOfUse
        }
    }
}
