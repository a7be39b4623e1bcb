internal import Delivery
internal import Mail
internal import Mailbox
internal import NIOCore
internal import SASL
internal import TLS

/// Runs the ``VisitSchedule`` of one mailbox: opens its sessions, and tells its owner. Confined to the event loop.
final class VisitKeeper: VisitSessionOwner {
    private var account: MailboxAccount
    private let means: VisitMeans
    private let owner: MailboxOwner
    private let origin: Timestamp
    private var schedule: VisitSchedule
    private var access: VisitAccess
    private var memory = MailboxMemory()
    private var session: (any VisitSession)?
    /// Which attempt at a session is the present one: answers to an earlier one are void.
    private var attempt = 0
    private var timer: Scheduled<Void>?
    private var isRunning = false
    private var stopped: [EventLoopPromise<Void>] = []
    private var refused: Credentials?

    init(_ account: MailboxAccount, _ means: VisitMeans, _ owner: MailboxOwner) {
        self.account = account
        self.means = means
        self.owner = owner
        origin = means.steady()
        schedule = VisitSchedule(keepsSession: account.kind == .imap)
        access = Self.access(account, means, origin)
    }

    private static func access(_ account: MailboxAccount, _ means: VisitMeans, _ origin: Timestamp) -> VisitAccess {
        VisitAccess(account, means) { means.steady() - origin }
    }

    private var now: Duration { means.steady() - origin }

    // MARK: - Wishes

    func start() {
        isRunning = true
        run(schedule.start(now: now))
    }

    func look() {
        let orders = schedule.lookWanted(now: now)
        if orders.contains(where: { if case .report = $0 { true } else { false } }) { seeWhetherMended() }
        run(orders)
    }

    func expect(_ isExpecting: Bool) {
        schedule.expect(isExpecting)
        arm()
    }

    func replace(_ account: MailboxAccount) {
        guard account != self.account else { return }
        let isSame = account.isSameMailbox(as: self.account)
        if isSame, let session { memory = session.memory }
        drop()
        self.account = account
        access = Self.access(account, means, origin)
        refused = nil
        if !isSame { memory = MailboxMemory() }
        let isExpecting = schedule.isExpecting
        schedule = VisitSchedule(keepsSession: account.kind == .imap)
        schedule.expect(isExpecting)
        if isRunning { run(schedule.start(now: now)) }
    }

    func stop(_ promise: EventLoopPromise<Void>) {
        isRunning = false
        schedule.stop()
        timer?.cancel()
        timer = nil
        attempt += 1
        guard let session else { return promise.succeed() }
        stopped.append(promise)
        session.leave()
    }

    /// The session is of no use any more.
    private func drop() {
        attempt += 1
        let former = session
        session = nil
        former?.leave()
    }

    // MARK: - Orders

    private func run(_ orders: [VisitSchedule.Order]) {
        for order in orders {
            switch order {
            case .connect: connect()
            case .look: session?.look()
            case .report(let failure): owner.failed(failure.cause, failure.isLasting)
            }
        }
        arm()
    }

    private func arm() {
        timer?.cancel()
        timer = nil
        guard isRunning, let deadline = schedule.deadline else { return }
        let bound = NIOLoopBound(self, eventLoop: means.eventLoop)
        let wait = TimeAmount.milliseconds(max(0, (deadline - now).wholeMilliseconds) + 1)
        timer = means.eventLoop.scheduleTask(in: wait) { bound.value.deadlineReached() }
    }

    private func deadlineReached() {
        timer = nil
        run(schedule.deadlineReached(now: now))
    }

    /// A secret that was refused may have been replaced in its file.
    private func seeWhetherMended() {
        guard let refused, account.oauth == nil else { return }
        let attempt = attempt
        access.findCredentials { found in
            guard self.attempt == attempt, case .success(let credentials) = found, credentials != refused else {
                return
            }
            self.refused = nil
            self.run(self.schedule.tryAgain(now: self.now))
        }
    }

    // MARK: - A session

    private func connect() {
        attempt += 1
        let attempt = attempt
        access.prepare { ready in
            guard attempt == self.attempt else { return }
            switch ready {
            case .failure(let failure): self.failed(failure)
            case .success(let ready): self.connect(ready, attempt)
            }
        }
    }

    private func connect(_ ready: VisitAccess.Ready, _ attempt: Int) {
        let bound = NIOLoopBound((self, ready), eventLoop: means.eventLoop)
        means.connector.connect(to: account.host, port: account.port, on: means.eventLoop).whenComplete { result in
            let (keeper, ready) = bound.value
            keeper.connected(result, ready, attempt)
        }
    }

    private func connected(_ result: Result<any Channel, any Error>, _ ready: VisitAccess.Ready, _ attempt: Int) {
        switch result {
        case .success(let channel) where attempt != self.attempt: channel.close(promise: nil)
        case .success(let channel): begin(on: channel, ready)
        case .failure(let error):
            if attempt == self.attempt { failed(VisitFailure(cause: "\(error)", isLasting: false)) }
        }
    }

    private func begin(on channel: any Channel, _ ready: VisitAccess.Ready) {
        do {
            switch account.kind {
            case .imap:
                let visit = IMAPVisit(
                    IMAPSettings(security: account.security), folders: account.folders, memory: memory, now: now,
                    wall: means.wall)
                try add(make(visit, ready), to: channel)
            case .pop3:
                try add(
                    make(POP3Visit(POP3Settings(security: account.security), memory: memory, now: now), ready),
                    to: channel)
            }
        } catch {
            channel.close(promise: nil)
            failed(VisitFailure(cause: "\(error)", isLasting: false))
        }
    }

    private func make<Visit: MailboxVisit & ~Copyable>(
        _ visit: consuming Visit, _ ready: VisitAccess.Ready
    ) -> MailboxSession<Visit> {
        let (work, eventLoop) = (means.work, means.eventLoop)
        return MailboxSession(visit, account, access, ready, owner: self) { [means, origin] in
            means.steady() - origin
        } work: { session, challenge, authenticator in
            let answer: @Sendable () -> (SASLAuthenticator, Result<[UInt8], SASLError>) = {
                var authenticator = authenticator
                let result = authenticator.respond(to: challenge)
                return (authenticator, result)
            }
            work.run(on: eventLoop, answer) { session.respond($0.1, $0.0) }
        }
    }

    private func add(_ session: some ChannelHandler & VisitSession, to channel: any Channel) throws {
        self.session = session
        let attempt = attempt
        try channel.pipeline.syncOperations.addHandler(session)
        guard attempt == self.attempt else { return }
        try channel.syncOptions?.setOption(.autoRead, value: true)
    }

    private func failed(_ failure: VisitFailure) {
        var failure = failure
        failure.cause = "\(account.place): \(failure.cause)"
        run(schedule.ended(failure, now: now, jitter: means.jitter()))
    }

    // MARK: - News of the session

    func found(_ message: FoundMessage) -> Bool { isRunning && owner.found(message) }

    func looked(from began: Duration) {
        guard isRunning else { return }
        refused = nil
        owner.looked(origin + began)
        run(schedule.looked(from: began, now: now))
    }

    func kept(_ error: MailboxError) { if isRunning { owner.kept("\(account.place): \(error)") } }

    func ended(_ session: any VisitSession, _ end: SessionEnd) {
        guard session === self.session else { return }
        self.session = nil
        memory = session.memory
        let promises = stopped
        stopped = []
        for promise in promises { promise.succeed() }
        guard isRunning else { return }
        switch end {
        case .asItShould:
            run(schedule.ended(nil, loginDelay: session.loginDelay, now: now, jitter: means.jitter()))
        case .failed(let failure): failed(failure)
        case .refused(let failure, let credentials):
            refused = credentials
            failed(failure)
        case .withOtherToken: connect()
        }
    }
}
