internal import Dialogue
internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Upstreams

/// One new session of an upstream, from the query for its name to where it can be handed over.
///
/// A name with one address gives a session as soon as that is connected. With several, an ``AddressRace`` decides, and
/// the session is handed over when it accepts mail: the trouble of one address is not the upstream's while another one
/// answers.
///
/// Confined to the delivery's event loop.
final class ConnectionAttempt {
    /// What the attempts of a relay share.
    struct Means {
        var hostname: String
        let connector: any UpstreamConnector
        let spool: any MessageSpool
        let clock: DeliveryClock
        let traces: TraceHub
        let report: @Sendable (DeliveryEvent) -> Void
    }

    enum Outcome {
        /// Its owner is the attempt's, and has to be told if it is ready for mail already.
        case opened(UpstreamSession)
        case failed(SessionFailure)
        /// The session has ended by itself and told its owner.
        case sessionEnded
    }

    /// What an attempt is for.
    struct Terms {
        /// Time for the whole; nil if each address may take its own.
        var time: Duration?
        /// Whether the mail could go elsewhere now, so that the attempt ends with the upstream's patience.
        var mayLeave: () -> Bool
        /// Whether a failure only means that the upstream allows no further session, which says nothing of an address.
        var isCrowd: (SessionFailure) -> Bool
    }

    /// With a single upstream, all addresses get their turn within this time, if a second for each is too long.
    private static let budget = Duration.seconds(27)
    /// How often the silence of several addresses is looked at.
    private static let interval = TimeAmount.milliseconds(50)

    private struct Runner {
        let session: UpstreamSession
        let address: SocketAddress
        var isConnected = false
    }

    private let pool: UpstreamPool
    private let means: Means
    private let terms: Terms
    private weak var owner: (any UpstreamSessionOwner)?
    private var done: ((Outcome) -> Void)?
    private let began: MonotonicInstant
    private var timer: Scheduled<Void>?
    private var race: AddressRace?
    private var runners: [AddressRace.ID: Runner] = [:]
    /// An address that gets another connection.
    private var again: SocketAddress?
    /// When the addresses being tried were last looked at.
    private var lookedAt: MonotonicInstant
    private var failures = AddressFailures()
    private var isRunning = false

    /// - Parameters:
    ///   - owner: of the session that comes of it.
    ///   - done: called once, unless it is cancelled.
    init(
        to pool: UpstreamPool, _ means: Means, _ terms: Terms, owner: any UpstreamSessionOwner,
        done: @escaping (Outcome) -> Void
    ) {
        self.pool = pool
        self.means = means
        self.terms = terms
        self.owner = owner
        self.done = done
        self.began = means.clock.instant
        self.lookedAt = began
    }

    private var now: MonotonicInstant { means.clock.instant }

    /// The phase that is waited for.
    var phase: ClientPhase {
        runners.values.lazy.filter(\.isConnected).map(\.session.phase).max(by: Self.isEarlier) ?? .connect
    }

    private static func isEarlier(_ left: ClientPhase, _ right: ClientPhase) -> Bool {
        let order = ClientPhase.allCases
        return order.firstIndex(of: left) ?? 0 < order.firstIndex(of: right) ?? 0
    }

    /// Addresses being tried beside each other.
    var addresses: [SocketAddress] { race?.addresses ?? [] }

    /// Whether some address of the name has not been tried.
    var hasMore: Bool { race?.hasMore ?? false }
    /// The failure of an address that works, and allows no further session.
    var crowded: SessionFailure? { failures.crowded }
    /// When the last address was begun.
    var lastStart: MonotonicInstant { race?.lastStart ?? began }

    func start() {
        pool.addresses.began(self)
        pool.access.prepare(on: means.clock.eventLoop) { self.lookUp() }
        if race == nil, runners.isEmpty, done != nil { arm(.nanoseconds(timeLeft.wholeMilliseconds * 1_000_000)) }
    }

    /// Ends without a result.
    func cancel() {
        done = nil
        leave()
    }

    /// Its owner has waited long enough: ends without a result, and remembers which addresses were silent.
    func expire() {
        done = nil
        guard race != nil else { return leave() }
        race?.giveUp()
        run()
    }

    // MARK: - Time

    /// What is left for the name and the connection.
    private var timeLeft: Duration {
        let patience = terms.mayLeave() ? pool.times.greetingPatience : .seconds(3600)
        let limit = min(pool.settings.connectTimeout, patience, terms.time ?? .seconds(3600))
        return max(limit - (now - began), .milliseconds(1))
    }

    private func arm(_ time: TimeAmount) {
        timer?.cancel()
        let bound = NIOLoopBound(self, eventLoop: means.clock.eventLoop)
        timer = means.clock.eventLoop.scheduleTask(in: time) { bound.value.timePassed() }
    }

    private func timePassed() {
        guard race == nil else { return look() }
        let waited = (now - began).wholeMilliseconds
        fail(.unreachable("\(pool.settings.host): the name is not resolved within \(waited) ms"))
    }

    // MARK: - The name

    /// What TLS needs has been read.
    private func lookUp() {
        guard done != nil else { return }
        let bound = NIOLoopBound(self, eventLoop: means.clock.eventLoop)
        means.connector.addresses(of: pool.settings, on: means.clock.eventLoop).whenComplete { result in
            bound.value.resolved(result.mapError { $0 as any Error })
        }
    }

    private func resolved(_ result: Result<[SocketAddress], any Error>) {
        guard done != nil else { return }
        timer?.cancel()
        switch result {
        case .failure(let error):
            fail(Self.what(error))
        case .success(let answer):
            pool.addresses.list(answer)
            let book = pool.addresses.book
            guard let first = book.addresses.first else {
                return fail(.unreachable("\(pool.settings.host): the name has no address"))
            }
            if book.hasChoice { beginRace() } else { connect(only: first) }
        }
    }

    /// Ends without a session; traces hear why.
    private func fail(_ what: SessionFailure.What) {
        let (name, host) = (pool.settings.name, pool.settings.host)
        means.traces.note(
            "not connected: \(SessionFailure(what, at: .connect).reason)", TraceParty(.upstream(name), peer: host))
        finish(.failed(SessionFailure(what, at: .connect)))
        leave()
    }

    private func makeSession(at address: SocketAddress, owner: any UpstreamSessionOwner) -> UpstreamSession {
        UpstreamSession(
            hostname: means.hostname, upstream: pool.index, address: address, access: pool.access, limits: pool.limits,
            meter: pool.meter, owner: owner, spool: means.spool, traces: means.traces
        ) { [clock = means.clock] in clock.instant }
    }

    private func connect(
        _ session: UpstreamSession, to address: SocketAddress, timeout: Duration,
        _ connected: @escaping (ConnectionAttempt, Result<any Channel, any Error>) -> Void
    ) {
        let bound = NIOLoopBound((self, session, connected), eventLoop: means.clock.eventLoop)
        means.connector.connect(
            to: address, of: pool.settings, timeout: .nanoseconds(timeout.wholeMilliseconds * 1_000_000),
            handler: session, on: means.clock.eventLoop
        ).whenComplete { result in
            let (attempt, session, connected) = bound.value
            // Given up meanwhile.
            switch result {
            case .success(let channel): if session.hasEnded { channel.close(promise: nil) }
            case .failure(let error): session.traceUnreachable(SessionFailure(Self.what(error), at: .connect))
            }
            connected(attempt, result.mapError { $0 as any Error })
        }
    }

    // MARK: - One address

    private func connect(only address: SocketAddress) {
        guard let owner else { return leave() }
        let session = makeSession(at: address, owner: owner)
        session.began = began
        connect(session, to: address, timeout: timeLeft) { attempt, result in
            attempt.connected(session, at: address, result)
        }
    }

    private func connected(
        _ session: UpstreamSession, at address: SocketAddress, _ result: Result<any Channel, any Error>
    ) {
        switch result {
        case .success where session.hasEnded: finish(.sessionEnded)
        case .success(let channel):
            // Abandoned in the meantime; nobody failed.
            if done == nil {
                session.abandon()
                channel.close(promise: nil)
            }
            finish(.opened(session))
        case .failure(let error):
            // A failure within the connection, such as TLS, has its own name.
            if session.hasEnded {
                finish(.sessionEnded)
            } else {
                let failure = Self.failure(error)
                if failure.fault == .upstream { note(failure, at: address) }
                if case ChannelError.connectTimeout = error { pool.openingFailed(after: now - began) }
                finish(.failed(failure))
            }
        }
        leave()
    }

    private static func failure(_ error: any Error) -> SessionFailure {
        var failure = SessionFailure(what(error), at: .connect)
        failure.isConnectionRefused = ConnectError.isRefusal(error)
        return failure
    }

    /// A shortage of this machine says nothing about the address.
    private static func what(_ error: any Error) -> SessionFailure.What {
        OwnShortage.reason(error).map { .shortage($0) } ?? .unreachable(ConnectError.sentence(for: error))
    }

    // MARK: - Several addresses

    private func beginRace() {
        lookedAt = now
        race = AddressRace(step: step, patience: pool.times.greetingPatience, began: began)
        run()
    }

    /// The silence after which the next address begins: as many as there are get their turn before the mail leaves, if
    /// it can now.
    private var step: Duration {
        let patience = pool.times.greetingPatience
        let budget = terms.time ?? (terms.mayLeave() ? patience : Self.budget)
        return AddressRace.step(
            addresses: pool.addresses.book.addresses.count, budget: budget, usual: min(pool.times.usual, patience))
    }

    /// Does what the race says, until there is nothing more to do for now.
    private func run() {
        guard !isRunning, race != nil else { return }
        isRunning = true
        race?.adapt(step: step, patience: pool.times.greetingPatience)
        while let action = race?.next(now: now, mayLeave: done != nil && terms.mayLeave()), action != .none {
            run(action)
        }
        isRunning = false
        guard race?.isOver ?? true else { return arm(Self.interval) }
        leave()
    }

    private func run(_ action: AddressRace.Action) {
        switch action {
        case .start: startNext()
        case .suspect(let id): if let runner = runners[id] { pool.addresses.suspected(runner.address) }
        case .drop(let id, let silence): drop(id, silence: silence)
        case .fail:
            if failures.hasSilence { pool.openingFailed(after: now - began) }
            finish(.failed(failures.summary(of: pool.settings.host, greetingLimit: pool.settings.connectTimeout)))
        case .none: break
        }
    }

    private func startNext() {
        let isFirst = race?.tried.isEmpty ?? false
        let next = again ?? pool.nextAddress(excluding: race?.tried ?? [])
        again = nil
        guard let next else {
            race?.exhausted()
            return
        }
        start(next)
        if isFirst { startTrials() }
    }

    /// Addresses of which too little is known are tried beside the first one.
    private func startTrials() {
        for _ in 1..<AddressRace.width {
            guard let address = pool.addresses.nextTrial() else { return }
            start(address, isTrial: true)
        }
    }

    private func start(_ address: SocketAddress, isTrial: Bool = false) {
        guard let id = race?.started(address, isTrial: isTrial, now: now) else { return }
        let session = makeSession(at: address, owner: self)
        runners[id] = Runner(session: session, address: address)
        connect(session, to: address, timeout: pool.settings.connectTimeout) { attempt, result in
            switch result {
            case .success: attempt.runners[id]?.isConnected = true
            case .failure(let error): attempt.failed(id, Self.failure(error))
            }
        }
    }

    private func drop(_ id: AddressRace.ID, silence: Duration?) {
        guard let runner = runners.removeValue(forKey: id) else { return }
        if let silence {
            let phase = runner.isConnected ? runner.session.phase : .connect
            note(SessionFailure(.noReply(after: silence), at: phase), at: runner.address)
            runner.session.traceGivenUp("no reply within \(silence.wholeMilliseconds) ms")
        } else {
            pool.addresses.noLongerSuspected(runner.address)
        }
        runner.session.abandon()
    }

    private func note(_ failure: SessionFailure, at address: SocketAddress) {
        failures.add(failure, at: address)
        pool.addresses.failed(address, failure.reason)
    }

    private func failed(_ id: AddressRace.ID, _ failure: SessionFailure) {
        guard let runner = runners.removeValue(forKey: id) else { return }
        race?.ended(id)
        switch failure.fault {
        case .upstream, .nobody, .pipelining, .recipients, .spent:
            if terms.isCrowd(failure) {
                pool.addresses.noLongerSuspected(runner.address)
                failures.add(crowded: failure, at: runner.address)
            } else {
                note(failure, at: runner.address)
            }
        case .account, .ours:
            // No other address would change that.
            pool.addresses.noLongerSuspected(runner.address)
            failures.decide(failure)
            race?.giveUp()
        }
        runner.session.abandon()
        run()
    }

    /// Time has passed.
    private func look() {
        if runners.values.contains(where: \.session.isOurTurn) { race?.excuse(now - lookedAt) }
        lookedAt = now
        for (id, runner) in runners {
            race?.progressed(id, at: runner.session.isOurTurn ? now : runner.session.waitingSince)
            if case .reply(let waited) = runner.session.overdue(now: now, canLeave: { false }) {
                runner.session.end(.noReply(after: waited))
            }
        }
        run()
    }

    // MARK: - End

    private func finish(_ outcome: Outcome) {
        guard let done else { return }
        self.done = nil
        done(outcome)
    }

    private func leave() {
        timer?.cancel()
        timer = nil
        for runner in runners.values {
            pool.addresses.noLongerSuspected(runner.address)
            runner.session.abandon()
        }
        runners = [:]
        race = nil
        pool.addresses.ended(self)
    }
}

extension ConnectionAttempt: UpstreamSessionOwner {
    func sessionReady(_ session: UpstreamSession) {
        guard let (id, _) = runners.first(where: { $0.value.session === session }) else { return }
        runners[id] = nil
        if race?.greeted(id) ?? false, let owner {
            session.owner = owner
            finish(.opened(session))
        } else {
            pool.opened(session)
            session.quit()
            session.abandon()
        }
        run()
    }

    func sessionEnded(
        _ session: UpstreamSession, _ failure: SessionFailure, jobs: [DeliveryJob],
        inDoubt: [(job: DeliveryJob, refusals: [TransactionResult.Refusal])]
    ) {
        guard let (id, runner) = runners.first(where: { $0.value.session === session }) else { return }
        guard failure.phase == .tls, failure.fault != .ours, pool.access.handshakeFailed(now: now) else {
            return failed(id, failure)
        }
        // Opportunistic TLS: the same address again, in clear text.
        means.report(.tlsFailed(upstream: pool.settings.name, reason: failure.reason))
        runners[id] = nil
        race?.ended(id, isAgain: true)
        again = runner.address
        run()
    }

    func session(_ session: UpstreamSession, triesAnotherMechanism reason: String) {
        means.report(.habit(upstream: pool.settings.name, .refusesMechanism, reply: reason))
    }

    func session(_ session: UpstreamSession, wantsContentOf job: DeliveryJob) { preconditionFailure(Self.noMail) }

    func session(_ session: UpstreamSession, wantsRecordOf job: DeliveryJob, refused: [Int]) {
        preconditionFailure(Self.noMail)
    }

    func session(
        _ session: UpstreamSession, finished job: DeliveryJob, _ result: TransactionResult, took: Duration
    ) {
        preconditionFailure(Self.noMail)
    }

    func session(_ session: UpstreamSession, couldNotRead job: DeliveryJob, _ error: SpoolError) {
        preconditionFailure(Self.noMail)
    }

    private static let noMail = "a session was given mail before it was handed over"
}
