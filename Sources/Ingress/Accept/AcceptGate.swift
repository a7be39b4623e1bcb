internal import NIOCore

/// Keeps a listening channel from accepting connections while there is no slot for a session, and tells the operator.
///
/// Connections that arrive meanwhile wait in the system's queue at no cost. If the system has no descriptor or memory
/// left for a connection, the next attempt is one second later.
final class AcceptGate: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = any Channel

    private static let pauseTime = TimeAmount.seconds(1)

    private var state: AcceptState
    private let total: ConnectionSlots
    private let address: String
    private let events: @Sendable (IngressEvent) -> Void
    private var context: ChannelHandlerContext?

    init(limit: Int, total: ConnectionSlots, address: String, events: @escaping @Sendable (IngressEvent) -> Void) {
        state = AcceptState(limit: limit)
        self.total = total
        self.address = address
        self.events = events
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    /// Sets the number of slots, on the channel's loop; sessions that there are stay.
    func replace(limit: Int) {
        state.replace(limit: limit)
        placeIsFree()
    }

    func read(context: ChannelHandlerContext) {
        let (bound, eventLoop) = (NIOLoopBound(self, eventLoop: context.eventLoop), context.eventLoop)
        let isFull = total.isFull { eventLoop.execute { bound.value.placeIsFree() } }
        tell(state.readWanted(totalIsFull: isFull))
        if !state.isHeld { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let child = unwrapInboundIn(data)
        total.take()
        tell(state.accepted(totalIsCalm: total.isCalm))
        let (bound, eventLoop) = (NIOLoopBound(self, eventLoop: context.eventLoop), context.eventLoop)
        child.closeFuture.whenComplete { [total] _ in
            total.release()
            eventLoop.execute { bound.value.childClosed() }
        }
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        tell(state.closed())
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A connection that its client gave up before it was accepted says nothing about us.
        if let error = error as? IOError, error.errnoCode != IngressError.connectionAborted {
            tell(state.failed(IngressError.reason(error.errnoCode)))
            pause(context)
        }
        context.fireErrorCaught(error)
    }

    /// After a failed accept NIO stays interested in the socket, which remains readable: without a pause the loop would
    /// spin.
    private func pause(_ context: ChannelHandlerContext) {
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.pauseTime) {
            guard let context = self.context else { return }
            try? context.channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }

    private func childClosed() {
        tell(state.released(totalIsCalm: total.isCalm))
        placeIsFree()
    }

    private func placeIsFree() {
        guard state.isHeld, let context else { return }
        read(context: context)
    }

    private func tell(_ news: AcceptState.News?) {
        switch news {
        case .paused(let cause): events(.acceptingPaused(address: address, cause: cause))
        case .resumed: events(.acceptingResumed(address: address))
        case nil: break
        }
    }
}
