package import Delivery
package import Mail
package import NIOCore
package import OAuth

/// What visitors of mailboxes need from outside. They may share it.
package struct VisitMeans: Sendable {
    /// Not one of those that mail runs on.
    package var eventLoop: any EventLoop
    /// The steady clock.
    package var steady: @Sendable () -> Timestamp
    /// The system's clock.
    package var wall: @Sendable () -> Timestamp
    /// Asks for tokens. The delivery's own: requests that use the same refresh token then wait for each other.
    package var tokens: any TokenSource
    package var connector: any MailboxConnector
    package var work: any SlowWork
    /// A random number from -1 to 1, to vary waits.
    package var jitter: @Sendable () -> Double

    package init(
        eventLoop: any EventLoop, steady: @escaping @Sendable () -> Timestamp,
        wall: @escaping @Sendable () -> Timestamp, tokens: any TokenSource = NoTokenSource(),
        connector: any MailboxConnector = TCPMailboxConnector(), work: any SlowWork = ThreadPoolWork(),
        jitter: @escaping @Sendable () -> Double = { Double.random(in: -1...1) }
    ) {
        self.eventLoop = eventLoop
        self.steady = steady
        self.wall = wall
        self.tokens = tokens
        self.connector = connector
        self.work = work
        self.jitter = jitter
    }
}
