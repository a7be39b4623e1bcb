internal import Mail
internal import NIOCore
internal import OAuth
internal import Upstreams

/// Runs the ``TokenMachine`` of one account: renews its token in time, and has it ready for logins.
///
/// Confined to the delivery's event loop.
final class TokenKeeper {
    /// How long a login waits for a token: mail that waits for it could go elsewhere.
    static let patience = Duration.seconds(1)

    fileprivate struct Waiter {
        let limit: Scheduled<Void>
        let done: (Result<BearerToken, TokenError>) -> Void
    }

    private let settings: OAuthSettings
    private let source: any TokenSource
    private let clock: DeliveryClock
    private let hear: @Sendable (DeliveryEvent) -> Void
    /// Names of those that log in with it.
    var upstreams: [String] = []
    /// Called with a token after a login had to do without one.
    var returned: ([String]) -> Void = { _ in }
    private var machine = TokenMachine()
    private var waiting: [Int: Waiter] = [:]
    private var tickets = 0
    private var timer: Scheduled<Void>?
    private var isStopped = false
    private var renewed: Timestamp?
    /// The reported error that lasts.
    private var told: String?
    /// Whether a login has failed for want of a token.
    private var isMissed = false

    init(
        _ settings: OAuthSettings, source: any TokenSource, clock: DeliveryClock,
        report: @escaping @Sendable (DeliveryEvent) -> Void
    ) {
        self.settings = settings
        self.source = source
        self.clock = clock
        self.hear = report
    }

    /// Gets the first token, before anybody needs it.
    func start() {
        if case .fetch = machine.tokenWanted(now: clock.instant) { request() }
    }

    /// relay.conf has it no more, or the relay ends: sessions that are being opened may still use it, it is not renewed,
    /// and nobody hears of it.
    func stop() {
        isStopped = true
        timer?.cancel()
        timer = nil
    }

    /// An operator has mended something, and does not want to wait until the endpoint is asked again.
    func askAgain() {
        if machine.askAgain(now: clock.instant) { request() }
    }

    var status: TokenStatus {
        let stage = machine.stage(now: clock.instant)
        return TokenStatus(
            stage, expires: stage == .valid ? machine.expires.map { clock.wall(of: $0) } : nil, renewed: renewed,
            lastError: machine.lastError?.description)
    }

    // MARK: - Logins

    /// Finds the token; calls back at once unless it has to be waited for.
    func find(_ done: @escaping (Result<BearerToken, TokenError>) -> Void) {
        switch machine.tokenWanted(now: clock.instant) {
        case .use(let token): done(.success(token))
        case .refused(let error):
            isMissed = true
            done(.failure(error))
        case .wait: wait(done)
        case .fetch:
            wait(done)
            request()
        }
    }

    /// The upstream has refused a token, which may have expired or been revoked.
    ///
    /// - Parameter reply: without the token.
    /// - Returns: whether to log in again with another one.
    func refused(_ token: BearerToken, by upstream: String, _ reply: String) -> Bool {
        let rejection = machine.rejected(token, now: clock.instant)
        switch rejection {
        case .giveUp: return false
        case .tryAgain: return true
        case .fetch:
            report(.tokenFailed(upstream: upstream, reason: "the upstream refuses it: \(reply)", expires: nil))
            request()
            return true
        }
    }

    private func wait(_ done: @escaping (Result<BearerToken, TokenError>) -> Void) {
        tickets += 1
        let (ticket, bound) = (tickets, NIOLoopBound(self, eventLoop: clock.eventLoop))
        let limit = clock.eventLoop.scheduleTask(in: .milliseconds(Self.patience.wholeMilliseconds)) {
            bound.value.giveUp(ticket)
        }
        waiting[ticket] = Waiter(limit: limit, done: done)
    }

    private func giveUp(_ ticket: Int) {
        guard let waiter = waiting.removeValue(forKey: ticket) else { return }
        isMissed = true
        let host = settings.endpoint.map { "the token endpoint \($0)" } ?? "the token endpoint"
        let last = machine.lastError.map { "; before: \($0)" } ?? ""
        let patience = Self.patience.wholeMilliseconds
        waiter.done(
            .failure(TokenError(.unavailable, "no token: \(host) has not answered within \(patience) ms\(last)")))
    }

    // MARK: - Requests

    private func request() {
        timer?.cancel()
        timer = nil
        let bound = NIOLoopBound(self, eventLoop: clock.eventLoop)
        let eventLoop = clock.eventLoop
        source.request(for: settings) { result in eventLoop.execute { bound.value.answered(result) } }
    }

    private func answered(_ result: Result<TokenGrant, TokenFailure>) {
        let now = clock.instant
        switch result {
        case .success(let grant):
            machine.granted(grant, now: now, jitter: clock.jitter())
            renewed = clock.wall
            reportSuccess(of: grant)
            end(.success(grant.token))
        case .failure(let failure):
            machine.failed(failure, now: now, jitter: clock.jitter())
            reportFailure(failure.error)
            // With a token that is still valid nobody waits.
            end(.failure(failure.error))
        }
        arm()
    }

    private func end(_ result: Result<BearerToken, TokenError>) {
        let waiters = waiting.sorted { $0.key < $1.key }.map(\.value)
        waiting = [:]
        switch result {
        case .success:
            for waiter in waiters { waiter.end(result) }
            guard isMissed else { return }
            isMissed = false
            if !isStopped { returned(upstreams) }
        case .failure:
            if !waiters.isEmpty { isMissed = true }
            for waiter in waiters { waiter.end(result) }
        }
    }

    private func arm() {
        guard !isStopped, let deadline = machine.deadline else { return }
        let bound = NIOLoopBound(self, eventLoop: clock.eventLoop)
        // To the nanosecond: a timer that is early would be set again for the same moment, again and again.
        let instant = NIODeadline.uptimeNanoseconds(UInt64(max(0, deadline.nanoseconds)))
        timer = clock.eventLoop.scheduleTask(deadline: instant) { bound.value.deadlineReached() }
    }

    private func deadlineReached() {
        timer = nil
        guard !isStopped else { return }
        if machine.deadlineReached(now: clock.instant) { request() } else { arm() }
    }

    // MARK: - Reports

    /// An account that relay.conf has no more may belong to an upstream that has another one by now.
    private func report(_ event: DeliveryEvent) {
        if !isStopped { hear(event) }
    }

    private func reportSuccess(of grant: TokenGrant) {
        told = nil
        let expires = machine.expires.map { clock.wall(of: $0) } ?? clock.wall
        for name in upstreams { report(.tokenRenewed(upstream: name, expires: expires)) }
        if let error = grant.unsaved { reportFailure(error) }
    }

    /// The same again every minute would say nothing new.
    private func reportFailure(_ error: TokenError) {
        guard told != error.description else { return }
        told = error.description
        let expires = status.expires
        for name in upstreams {
            report(.tokenFailed(upstream: name, reason: error.description, expires: expires))
        }
    }
}

extension TokenKeeper.Waiter {
    fileprivate func end(_ result: Result<BearerToken, TokenError>) {
        limit.cancel()
        done(result)
    }
}
