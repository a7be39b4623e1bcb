package import Mail
package import NIOCore
package import Spool
internal import Upstreams

/// The delivery as the rest of the relay sees it.
package final class DeliveryService: Sendable {
    private let eventLoop: any EventLoop
    private let spool: any MessageSpool
    private let dispatcher: NIOLoopBound<Dispatcher>

    /// Must be called on `eventLoop`.
    private init(_ dispatcher: Dispatcher, spool: any MessageSpool, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.spool = spool
        self.dispatcher = NIOLoopBound(dispatcher, eventLoop: eventLoop)
    }

    /// Opens the delivery's port of the spool, and begins to deliver what arrives and what lies there.
    ///
    /// - Parameters:
    ///   - eventLoop: where the sessions to all upstreams live.
    ///   - overrides: what operators have made of upstreams before, by name; those whose time is over are so no longer.
    ///   - saveOverrides: gets all overrides whenever one has changed, on the event loop; must not block.
    ///   - now: the wall clock.
    ///   - report: gets every event, on the event loop; must not block.
    /// - Throws: ``SpoolError`` when the spool cannot be read.
    package static func start(
        settings: DeliverySettings, spool: any MessageSpool, eventLoop: any EventLoop,
        connector: any UpstreamConnector & Sendable = SocketConnector(), overrides: [String: AdminOverride] = [:],
        saveOverrides: @escaping @Sendable ([String: AdminOverride]) -> Void = { _ in },
        now: @escaping @Sendable () -> Timestamp, report: @escaping @Sendable (DeliveryEvent) -> Void
    ) async throws -> DeliveryService {
        let service = try await eventLoop.submit {
            let dispatcher = Dispatcher(
                settings: settings, spool: spool, eventLoop: eventLoop, connector: connector, overrides: overrides,
                saveOverrides: saveOverrides, now: now, report: report)
            return DeliveryService(dispatcher, spool: spool, eventLoop: eventLoop)
        }.get()
        // What the spool holds is read before the port is opened: a message is then in one of the two, and in one only,
        // because the listeners are opened after both.
        let schedule = try await spool.schedule()
        let bound = service.dispatcher
        try await eventLoop.submit {
            bound.value.open()
            bound.value.restore(schedule)
        }.get()
        return service
    }

    /// Lets what is under way come to an end, for `grace` at most, and begins nothing new.
    package func stop(grace: Duration) async {
        let promise = eventLoop.makePromise(of: Void.self)
        let bound = dispatcher
        eventLoop.execute {
            bound.value.stop(grace: .milliseconds(grace.wholeMilliseconds)) { promise.succeed() }
        }
        try? await promise.futureResult.get()
    }

    /// Carries out what an operator wants of an upstream.
    ///
    /// - Returns: how the upstream stands afterwards; nil when there is none of that name.
    package func control(_ upstream: String, _ order: UpstreamControl) async -> UpstreamDetail? {
        let bound = dispatcher
        return try? await eventLoop.flatSubmit { bound.value.control(upstream, order) }.get()
    }

    /// All that can be told of one upstream; nil when there is none of that name.
    package func detail(of upstream: String) async -> UpstreamDetail? {
        let bound = dispatcher
        return try? await eventLoop.submit { bound.value.detail(of: upstream) }.get()
    }

    /// Settles doubts of a message as an operator says.
    ///
    /// - Parameter recipients: those that are meant, each in doubt; nil for all that are.
    /// - Returns: what came of it, when it is durable.
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

    /// The state of every upstream, in order of priority.
    package func upstreams() async -> [UpstreamStatus] {
        let bound = dispatcher
        let statuses = try? await eventLoop.submit { bound.value.statuses() }.get()
        return statuses ?? []
    }
}
