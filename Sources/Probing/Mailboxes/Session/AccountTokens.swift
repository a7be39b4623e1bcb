internal import Delivery
internal import Mail
internal import NIOCore
internal import OAuth
internal import Upstreams

/// The access tokens of one mailbox's account, asked for when a session needs one.
///
/// Confined to the visitor's event loop.
final class AccountTokens {
    let settings: OAuthSettings
    private let source: any TokenSource
    private let eventLoop: any EventLoop
    private let now: () -> Duration
    private let jitter: () -> Double
    private var machine = TokenMachine()
    private var waiting: [(Result<BearerToken, TokenError>) -> Void] = []

    init(
        _ settings: OAuthSettings, _ source: any TokenSource, on eventLoop: any EventLoop,
        now: @escaping () -> Duration, jitter: @escaping () -> Double
    ) {
        self.settings = settings
        self.source = source
        self.eventLoop = eventLoop
        self.now = now
        self.jitter = jitter
    }

    private var instant: MonotonicInstant { MonotonicInstant(nanoseconds: 0) + now() }

    func find(_ done: @escaping (Result<BearerToken, TokenError>) -> Void) {
        // A token that is used once an hour is renewed then, not by itself.
        if machine.deadlineReached(now: instant) { request() }
        switch machine.tokenWanted(now: instant) {
        case .use(let token): done(.success(token))
        case .refused(let error): done(.failure(error))
        case .wait: waiting.append(done)
        case .fetch:
            waiting.append(done)
            request()
        }
    }

    /// The server has refused a token.
    ///
    /// - Returns: whether to log in again with another one.
    func refused(_ token: BearerToken) -> Bool {
        switch machine.rejected(token, now: instant) {
        case .giveUp: return false
        case .tryAgain: return true
        case .fetch:
            request()
            return true
        }
    }

    private func request() {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        source.request(for: settings) { [eventLoop] result in eventLoop.execute { bound.value.answered(result) } }
    }

    private func answered(_ result: Result<TokenGrant, TokenFailure>) {
        let callers = waiting
        waiting = []
        switch result {
        case .success(let grant):
            machine.granted(grant, now: instant, jitter: jitter())
            for done in callers { done(.success(grant.token)) }
        case .failure(let failure):
            machine.failed(failure, now: instant, jitter: jitter())
            for done in callers { done(.failure(failure.error)) }
        }
    }
}
