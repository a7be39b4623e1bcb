import NIOCore

/// The relay's end of a connection: its output reaches the server after the latency.
final class SimulatedChannel: Channel, ChannelCore, @unchecked Sendable {
    // Safety: a run, with everything that belongs to it, is confined to one thread.

    let allocator = ByteBufferAllocator()
    let eventLoop: any EventLoop
    private let loop: SimulatedLoop
    private let closePromise: EventLoopPromise<Void>
    let connection: SimulatedConnection
    private var written = ByteBuffer()
    private var promises: [EventLoopPromise<Void>] = []
    private var ownPipeline: ChannelPipeline!
    private(set) var isTakenApart = false
    private(set) var isActive = true

    init(_ loop: SimulatedLoop, _ connection: SimulatedConnection) {
        self.loop = loop
        self.eventLoop = loop
        self.connection = connection
        self.closePromise = loop.makePromise()
        self.ownPipeline = ChannelPipeline(channel: self)
    }

    var closeFuture: EventLoopFuture<Void> { closePromise.futureResult }
    var pipeline: ChannelPipeline { ownPipeline }
    var localAddress: SocketAddress? { nil }
    var remoteAddress: SocketAddress? { nil }
    var parent: (any Channel)? { nil }
    var isWritable: Bool { isActive }
    var _channelCore: any ChannelCore { self }

    func setOption<Option: ChannelOption>(_ option: Option, value: Option.Value) -> EventLoopFuture<Void> {
        loop.makeSucceededVoidFuture()
    }

    func getOption<Option: ChannelOption>(_ option: Option) -> EventLoopFuture<Option.Value> {
        loop.makeFailedFuture(ChannelError.operationUnsupported)
    }

    // MARK: - From the relay

    func write0(_ data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard isActive else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        var part = unwrapData(data, as: ByteBuffer.self)
        if written.readableBytes == 0 { written = part } else { written.writeBuffer(&part) }
        if let promise { promises.append(promise) }
    }

    func flush0() {
        guard written.readableBytes > 0 else { return }
        let octets = written
        written = ByteBuffer()
        connection.written(octets)
    }

    /// The server's machine has received everything written.
    func drained() {
        let drained = promises
        promises = []
        for promise in drained { promise.succeed() }
    }

    func close0(error: any Error, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard isActive else {
            promise?.fail(ChannelError.alreadyClosed)
            return
        }
        connection.closedByRelay()
        promise?.succeed()
        becomeInactive()
    }

    private func becomeInactive() {
        isActive = false
        failWrites()
        loop.execute { [self] in
            ownPipeline.syncOperations.fireChannelInactive()
            ownPipeline.syncOperations.fireChannelUnregistered()
            takeApart()
        }
    }

    private func failWrites() {
        let failed = promises
        promises = []
        for promise in failed { promise.fail(ChannelError.ioOnClosedChannel) }
    }

    private func takeApart() {
        guard !isTakenApart else { return }
        isTakenApart = true
        removeHandlers(pipeline: ownPipeline)
        closePromise.succeed()
        ownPipeline = nil
    }

    // MARK: - From the other side

    func receive(_ octets: ByteBuffer) {
        guard isActive else { return }
        ownPipeline.syncOperations.fireChannelRead(NIOAny(octets))
        ownPipeline.syncOperations.fireChannelReadComplete()
    }

    /// The server, or its machine, has closed the connection.
    func closedByServer() {
        guard isActive else { return }
        becomeInactive()
    }

    /// The relay has died: nobody hears anything any more.
    func die() {
        isActive = false
        failWrites()
        takeApart()
    }

    // MARK: - Unused operations

    func localAddress0() throws -> SocketAddress { throw ChannelError.operationUnsupported }
    func remoteAddress0() throws -> SocketAddress { throw ChannelError.operationUnsupported }
    func register0(promise: EventLoopPromise<Void>?) { promise?.succeed() }
    func registerAlreadyConfigured0(promise: EventLoopPromise<Void>?) { promise?.succeed() }
    func bind0(to: SocketAddress, promise: EventLoopPromise<Void>?) { promise?.succeed() }
    func connect0(to: SocketAddress, promise: EventLoopPromise<Void>?) { promise?.succeed() }
    func read0() {}
    func triggerUserOutboundEvent0(_ event: Any, promise: EventLoopPromise<Void>?) { promise?.succeed() }
    func channelRead0(_ data: NIOAny) {}
    func errorCaught0(error: any Error) {}
}
