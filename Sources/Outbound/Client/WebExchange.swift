internal import Mail
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import TLS

/// One request, from the query for the name of its host to the answer.
///
/// Confined to its event loop.
final class WebExchange {
    /// What the exchanges of a client share.
    struct Means: Sendable {
        let tls: TLSClientContext
        let rule: AddressRule
        let resolver: any NameResolver
        let timeout: Duration
        let bodyLimit: Int
        let clock: @Sendable () -> Timestamp
    }

    private enum State {
        /// Not begun. Becomes `resolving`, or `done` by `cancel`.
        case idle
        /// Waits for the addresses. Becomes `connecting`, or `done`.
        case resolving
        /// Waits for a connection to one of the addresses. Becomes `open` or `done`.
        case connecting
        /// The channel's handler reports the answer. Becomes `done`.
        case open(any Channel)
        /// The promise is kept.
        case done
    }

    private let request: WebRequest
    private let means: Means
    private let eventLoop: any EventLoop
    private let promise: EventLoopPromise<WebReply>
    private var state = State.idle
    private var handler: WebReplyHandler?
    private var timer: Scheduled<Void>?
    private var deadline = NIODeadline.distantFuture

    init(_ request: WebRequest, _ means: Means, on eventLoop: any EventLoop, _ promise: EventLoopPromise<WebReply>) {
        self.request = request
        self.means = means
        self.eventLoop = eventLoop
        self.promise = promise
    }

    func start() {
        guard case .idle = state else { return }
        state = .resolving
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        deadline = .now() + .nanoseconds(means.timeout.wholeMilliseconds * 1_000_000)
        timer = eventLoop.scheduleTask(deadline: deadline) { bound.value.timePassed() }
        means.resolver.addresses(of: request.url.host, on: eventLoop).whenComplete { bound.value.resolved($0) }
    }

    func cancel() {
        finish(.failure(WebError(.cancelled, "the request to \(request.url) was given up")))
    }

    private func resolved(_ result: Result<[IPAddress], any Error>) {
        guard case .resolving = state else { return }
        do {
            let addresses = try means.rule.filter(try result.get(), of: request.url.host)
            state = .connecting
            connect(addresses[...])
        } catch let error as WebError {
            finish(.failure(error))
        } catch {
            finish(.failure(WebError(.resolve, "\(request.url.host): \(error)")))
        }
    }

    /// One address after the other: each gets its share of the time that is left.
    private func connect(_ addresses: ArraySlice<IPAddress>, after error: (any Error)? = nil) {
        guard case .connecting = state else { return }
        guard let address = addresses.first else { return failConnect(error) }
        let share = max((deadline - .now()).nanoseconds / Int64(addresses.count + 1), 1_000_000)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let rest = addresses.dropFirst()
        open(address, .nanoseconds(share)).whenComplete { bound.value.connected($0, or: rest) }
    }

    private func open(_ address: IPAddress, _ time: TimeAmount) -> EventLoopFuture<any Channel> {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        return eventLoop.makeCompletedFuture { try SocketAddress(ipAddress: "\(address)", port: request.url.port) }
            .flatMap { [eventLoop] address in
                ClientBootstrap(group: eventLoop)
                    .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .connectTimeout(time)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture { try bound.value.addHandlers(to: channel) }
                    }
                    .connect(to: address)
            }
    }

    private func addHandlers(to channel: any Channel) throws {
        let handler = WebReplyHandler(request, bodyLimit: means.bodyLimit, clock: means.clock) { [weak self] in
            self?.finish($0)
        }
        let pipeline = channel.pipeline.syncOperations
        if request.url.scheme == .https {
            try pipeline.addHandler(TLSHandler(client: means.tls, serverName: request.url.host))
        }
        try pipeline.addHandler(AnswerGauge())
        try pipeline.addHTTPClientHandlers()
        try pipeline.addHandler(handler)
        self.handler = handler
    }

    private func connected(_ result: Result<any Channel, any Error>, or rest: ArraySlice<IPAddress>) {
        switch (state, result) {
        case (.connecting, .success(let channel)): state = .open(channel)
        case (.connecting, .failure(let error)): connect(rest, after: error)
        // It has ended meanwhile; the handler may have reported an answer before the bootstrap its channel.
        case (_, .success(let channel)): channel.close(promise: nil)
        case (_, .failure): return
        }
    }

    private func failConnect(_ error: (any Error)?) {
        let reason = error.map { WebFailure.words($0) } ?? "no address"
        finish(.failure(WebError(.connect, "\(request.url) cannot be connected to", causes: [reason])))
    }

    private func timePassed() {
        if let reply = handler?.cut() { return finish(.success(reply)) }
        finish(.failure(WebError(.timeout, "\(request.url) has not answered within \(means.timeout)")))
    }

    private func finish(_ result: Result<WebReply, WebError>) {
        if case .done = state { return }
        // First, because the end of the channel comes back here.
        let former = state
        state = .done
        if case .open(let channel) = former { channel.close(promise: nil) }
        timer?.cancel()
        promise.completeWith(result.mapError { $0 as any Error })
    }
}
