internal import NIOCore

/// Looks for probes in one mailbox, from ``start()`` to ``stop()``.
///
/// With IMAP it keeps a session and watches the inbox; with POP3 each look is a session. Its methods may be called from
/// anywhere, and return at once.
package final class MailboxVisitor: Sendable {
    private let eventLoop: any EventLoop
    private let keeper: NIOLoopBoundBox<VisitKeeper>

    package init(_ account: MailboxAccount, _ means: VisitMeans, owner: MailboxOwner) {
        eventLoop = means.eventLoop
        keeper = .makeBoxSendingValue(VisitKeeper(account, means, owner), eventLoop: means.eventLoop)
    }

    /// Makes the first look.
    package func start() { act { $0.start() } }

    /// Looks into all folders soon: ``MailboxOwner/looked`` follows, with a look that began after this, or
    /// ``MailboxOwner/failed``.
    package func look() { act { $0.look() } }

    /// Whether probes are under way: then it also looks every ten seconds by itself.
    package func expect(_ isExpecting: Bool) { act { $0.expect(isExpecting) } }

    /// Other settings apply.
    package func replace(_ account: MailboxAccount) { act { $0.replace(account) } }

    /// Ends the session, which takes a few seconds at most; nothing is reported any more.
    package func stop() async {
        let promise = eventLoop.makePromise(of: Void.self)
        act { $0.stop(promise) }
        try? await promise.futureResult.get()
    }

    private func act(_ body: @escaping @Sendable (VisitKeeper) -> Void) {
        if eventLoop.inEventLoop { body(keeper.value) } else { eventLoop.execute { [keeper] in body(keeper.value) } }
    }
}
