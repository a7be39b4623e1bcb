package import Dialogue
package import Mail
package import NIOCore
package import OAuth
package import Spool
internal import Upstreams

/// The delivery as seen by the rest of the relay.
package final class DeliveryService: Sendable {
    /// Between two looks whether somebody has set the system's clock.
    private static let interval = TimeAmount.milliseconds(500)

    private let eventLoop: any EventLoop
    private let spool: any MessageSpool
    private let dispatcher: NIOLoopBound<Dispatcher>

    /// Must be called on `eventLoop`.
    private init(_ dispatcher: Dispatcher, spool: any MessageSpool, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.spool = spool
        self.dispatcher = NIOLoopBound(dispatcher, eventLoop: eventLoop)
    }

    /// Opens the delivery's spool port, and starts to deliver queued and arriving messages.
    ///
    /// - Parameters:
    ///   - eventLoop: for the sessions to all upstreams.
    ///   - tokens: asks for the tokens of accounts with OAuth 2.0.
    ///   - overrides: operators' overrides from earlier, by upstream name; expired ones no longer apply.
    ///   - saveOverrides: receives all overrides whenever one has changed, on the event loop; must not block.
    ///   - quotas: what upstreams with quotas have been given.
    ///   - streams: what is known of streams from earlier.
    ///   - saveStreams: receives it whenever a stream was paused or resumed, and now and then, on the event loop; must not
    ///     block.
    ///   - clock: the relay's.
    ///   - saveAges: receives the ages of messages, at the start and whenever the clock has been set, on the event loop.
    ///   - suppression: whom no mail goes to.
    ///   - guardian: whose mail is held.
    ///   - traces: hear what is said in sessions.
    ///   - meters: what is measured.
    ///   - probes: hears of probes of round trips, on the event loop; must not block.
    ///   - report: receives every event, on the event loop; must not block.
    /// - Throws: ``SpoolError`` if the spool cannot be read.
    package static func start(
        settings: DeliverySettings, spool: any MessageSpool, eventLoop: any EventLoop,
        connector: any UpstreamConnector & Sendable = SocketConnector(), tokens: any TokenSource = NoTokenSource(),
        overrides: [String: AdminOverride] = [:],
        saveOverrides: @escaping @Sendable ([String: AdminOverride]) -> Void = { _ in }, quotas: QuotaKeeping = .none,
        streams: StreamMemory = StreamMemory(), saveStreams: @escaping @Sendable (StreamMemory) -> Void = { _ in },
        clock: RelayClock, saveAges: @escaping @Sendable (MessageAges) -> Void = { _ in },
        suppression: DeliverySuppression = .none, guardian: DeliveryGuard = .none, traces: TraceHub = .unused,
        meters: DeliveryMeters = .unused, probes: @escaping @Sendable (ProbeNews) -> Void = { _ in },
        report: @escaping @Sendable (DeliveryEvent) -> Void
    ) async throws -> DeliveryService {
        let service = try await eventLoop.submit {
            let dispatcher = Dispatcher(
                settings: settings, spool: spool, eventLoop: eventLoop, connector: connector, tokens: tokens,
                overrides: overrides, saveOverrides: saveOverrides, quotas: quotas, streams: streams,
                saveStreams: saveStreams, lead: { clock.lead }, ages: clock.ages, saveAges: saveAges,
                suppression: suppression, guardian: guardian, traces: traces, meters: meters, now: { clock.steady },
                probes: probes, report: report)
            return DeliveryService(dispatcher, spool: spool, eventLoop: eventLoop)
        }.get()
        // The schedule is read before the port is opened; since the listeners open after both, a message is in exactly
        // one of the two.
        let schedule = try await spool.schedule()
        let bound = service.dispatcher
        eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: interval) { _ in
            if let step = clock.look() { bound.value.clockStepped(by: step) }
        }
        try await eventLoop.submit {
            bound.value.open()
            saveAges(bound.value.clock.ages)
            bound.value.restore(schedule)
        }.get()
        return service
    }

    /// Replaces the settings, which must be valid, as one: no message, session or state of an upstream that stayed is lost.
    ///
    /// - Returns: whether messages that wait have other times now, which they get by ``renew()``.
    package func replace(with settings: DeliverySettings) async -> Bool {
        let bound = dispatcher
        return (try? await eventLoop.submit { bound.value.replace(with: settings) }.get()) ?? false
    }

    /// Gives messages that wait the times of the current settings. Reads the whole queue.
    package func renew() async {
        // Without the schedule, waiting messages have their times of before until they are looked at.
        guard let messages = try? await spool.schedule() else { return }
        let (bound, schedule) = (dispatcher, SpoolSchedule(messages))
        try? await eventLoop.submit { bound.value.renew(by: schedule) }.get()
    }

    /// Lets work in progress finish, for at most `grace`, and starts nothing new.
    package func stop(grace: Duration) async {
        let promise = eventLoop.makePromise(of: Void.self)
        let bound = dispatcher
        eventLoop.execute {
            bound.value.stop(grace: .milliseconds(grace.wholeMilliseconds)) { promise.succeed() }
        }
        try? await promise.futureResult.get()
    }

    /// Does something on the event loop.
    func run(_ work: @escaping @Sendable (Dispatcher) -> Void) async {
        let bound = dispatcher
        try? await eventLoop.submit { work(bound.value) }.get()
    }

    /// Carries out an operator's order for an upstream.
    ///
    /// - Returns: the state of the upstream afterwards; nil for an unknown name.
    package func control(_ upstream: String, _ order: UpstreamControl) async -> UpstreamDetail? {
        let bound = dispatcher
        return try? await eventLoop.flatSubmit { bound.value.control(upstream, order) }.get()
    }

    /// Corrects what a quota has counted; on return that is durable, or the result says why it is not.
    package func correctQuota(of upstream: String, _ correction: QuotaCorrection) async -> QuotaCorrectionResult {
        let bound = dispatcher
        let result = try? await eventLoop.flatSubmit { bound.value.correctQuota(upstream, correction) }.get()
        return result ?? .unknownUpstream
    }

    /// Details of one upstream; nil for an unknown name.
    package func detail(of upstream: String) async -> UpstreamDetail? {
        let bound = dispatcher
        return try? await eventLoop.submit { bound.value.detail(of: upstream) }.get()
    }

    /// The same details, with the names of the rules that decide about the answers. They are looked up by the caller's task,
    /// not on the event loop.
    package func explained(_ detail: UpstreamDetail) async -> UpstreamDetail {
        let (bound, name) = (dispatcher, detail.status.name)
        let rules = try? await eventLoop.submit { bound.value.upstreams.rules(of: name) }.get()
        return rules.map { detail.explained(by: $0) } ?? detail
    }

    /// How the paces of recipient domains stand.
    package func paces() async -> PaceReport {
        let bound = dispatcher
        let report = try? await eventLoop.submit { bound.value.paceReport() }.get()
        return report ?? PaceReport()
    }

    /// The attempts that are under way now. Costs the event loop as much as its sessions have messages.
    package func runningAttempts() async -> RunningAttempts {
        let bound = dispatcher
        let attempts = try? await eventLoop.submit { bound.value.runningAttempts }.get()
        return attempts ?? .unknown
    }

    /// When the recipients of a message expire that still wait by then, by the system's clock; nil if none waits.
    package func expiry(of id: QueueID) async throws -> Timestamp? {
        guard let message = try await spool.message(id) else { return nil }
        let bound = dispatcher
        return try await eventLoop.submit { bound.value.expiry(of: message) }.get()
    }

    /// How long ago a message was accepted; setting the system's clock makes none older. nil once everything has ended.
    ///
    /// - Parameter receivedAt: by the system's clock of then.
    package func age(of id: QueueID, receivedAt: Timestamp) async -> Duration? {
        let bound = dispatcher
        return try? await eventLoop.submit {
            let clock = bound.value.clock
            return clock.ages.age(of: id, receivedAt: receivedAt, at: clock.now())
        }.get()
    }

    /// Resolves doubts of a message by an operator's order.
    ///
    /// - Parameter recipients: the recipients concerned, each in doubt; nil for all in doubt.
    /// - Returns: the result, once it is durable.
    package func resolve(_ id: QueueID, recipients: [Address]?, as answer: InDoubtResolution) async
        -> InDoubtResolutionResult
    {
        do {
            guard try await spool.message(id) != nil else { return .noSuchMessage }
            let bound = dispatcher
            return try await eventLoop.flatSubmit { bound.value.resolve(id, recipients, as: answer) }.get()
        } catch {
            return .unreadable("\(error)")
        }
    }

    /// Carries out an operator's order for waiting messages.
    ///
    /// - Parameter wait: how long to wait for the attempts of those that are being delivered.
    /// - Returns: one result per ID, in their order, once everything is durable.
    package func order(_ order: QueueOrder, _ ids: [QueueID], wait: Duration) async -> [QueueOrderResult] {
        let bound = dispatcher
        let results = try? await eventLoop.flatSubmit {
            bound.value.orders.order(order, ids, wait: .milliseconds(wait.wholeMilliseconds))
        }.get()
        return results ?? ids.map { _ in .stopping }
    }

    /// How every stream stands that is kept apart, by name, then the row of all others; without what waits in the spool.
    package func streams() async -> [StreamStatus] {
        let bound = dispatcher
        let statuses = try? await eventLoop.submit { bound.value.streams.statuses }.get()
        return statuses ?? []
    }

    /// What keeps mail of streams from upstreams now, by name; costs nothing where no stream restrains its mail.
    package func streamHolds() async -> [String: StreamHold] {
        let bound = dispatcher
        let holds = try? await eventLoop.submit { bound.value.streams.holds }.get()
        return holds ?? [:]
    }

    /// Those that the relay has paused by itself, with the reasons; costs nothing while none is.
    package func streamsPausedByRelay() async -> [String: String] {
        let bound = dispatcher
        let paused = try? await eventLoop.submit { bound.value.streams.pausedByRelay }.get()
        return paused ?? [:]
    }

    /// Hands over nothing of a stream, known or not, until ``resumeStream(_:reason:)``. Running attempts finish.
    ///
    /// - Returns: how it stands; nil if too many are paused.
    package func pauseStream(_ name: String, reason: String?) async -> StreamStatus? {
        let bound = dispatcher
        return try? await eventLoop.submit { bound.value.pauseStream(name, reason: reason) }.get()
    }

    /// - Returns: how it stands; nil if nothing is known of it.
    package func resumeStream(_ name: String, reason: String?) async -> StreamStatus? {
        let bound = dispatcher
        return try? await eventLoop.submit { bound.value.resumeStream(name, reason: reason) }.get()
    }

    /// The state of every upstream, in order of priority.
    package func upstreams() async -> [UpstreamStatus] {
        let bound = dispatcher
        let statuses = try? await eventLoop.submit { bound.value.statuses() }.get()
        return statuses ?? []
    }
}
