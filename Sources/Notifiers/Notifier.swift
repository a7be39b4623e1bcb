package import Alerts

/// A way to tell somebody.
package protocol Notifier: Sendable {
    /// Tells it once, and returns when the other side has taken it.
    ///
    /// - Throws: ``NotifierFailure``.
    func tell(_ notification: AlertNotification) async throws
}

/// Why somebody was not told.
package struct NotifierFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// A sentence without secrets.
    package let reason: String
    /// How long the other side asks to wait.
    package let wait: Duration?
    /// Whether another try makes no sense.
    package let isFinal: Bool
    /// Whether the other side may know it nevertheless, or a part of it: it did not say no.
    package var mayHaveArrived: Bool

    package init(_ reason: String, wait: Duration? = nil, isFinal: Bool = false, mayHaveArrived: Bool = false) {
        (self.reason, self.wait, self.isFinal) = (reason, wait, isFinal)
        self.mayHaveArrived = mayHaveArrived
    }

    /// The same of any error.
    package init(_ error: any Error) {
        self = error as? NotifierFailure ?? NotifierFailure("\(error)")
    }

    package var description: String { reason }
}
