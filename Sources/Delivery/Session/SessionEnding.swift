/// What the end of a session means for its upstream, and for the messages that it leaves before their final dot.
struct SessionEnding {
    /// What becomes of such a message.
    enum Fate {
        /// Back into the queue, as if its cycle had not begun.
        case untried
        /// Another session of the same upstream.
        case again
        /// The next upstream.
        case moveOn
    }

    private let fault: SessionFailure.Fault
    /// Whether it did any work, or had none to do. Otherwise sessions would be opened as fast as they are closed.
    private let wasOfUse: Bool

    /// - Parameters:
    ///   - started: transactions given to the session.
    ///   - isWanted: whether messages wait for sessions of the upstream.
    init(_ failure: SessionFailure, isGreeted: Bool, started: Int, isWanted: Bool) {
        self.fault = failure.fault
        self.wasOfUse = isGreeted && (started > 0 || !isWanted)
    }

    /// - Parameter hasMetStaleSession: whether the message has been in a session before that ended for nobody's fault.
    func fate(hasMetStaleSession: Bool) -> Fate {
        switch fault {
        case .ours: .untried
        case .nobody: hasMetStaleSession ? .moveOn : .again
        case .account, .upstream: .moveOn
        }
    }

    /// Whether it counts as a failure of the upstream.
    ///
    /// - Parameter losesMail: whether messages move on to the next upstream.
    func isFailure(losesMail: Bool) -> Bool {
        switch fault {
        case .ours: false
        case .nobody: losesMail
        case .account: true
        case .upstream: losesMail || !wasOfUse
        }
    }
}
