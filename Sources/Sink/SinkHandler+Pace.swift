internal import NIOCore

/// Slow reading of content, and endless replies.
extension SinkHandler {
    /// How much content may be read until the next tick.
    struct Pace {
        let perTick: Int
        var allowance = 0
    }

    private static let tick = TimeAmount.milliseconds(20)
    private static let ticksPerSecond = 50
    private static let linesAtOnce = 64

    /// Limits the speed at which this content is read; what the client sends meanwhile stays in its socket and ours.
    func readSlowly(_ bytesPerSecond: Int, _ context: ChannelHandlerContext) {
        pace = Pace(perTick: max(1, bytesPerSecond / Self.ticksPerSecond))
        setAutoRead(false, context)
        waitForTick(context)
    }

    private func waitForTick(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.tick) {
            let (handler, context) = bound.value
            handler.tickPassed(context)
        }
    }

    private func tickPassed(_ context: ChannelHandlerContext) {
        guard var pace, context.channel.isActive else { return }
        pace.allowance = pace.perTick
        self.pace = pace
        run(context)
        switch session.expectation {
        case .content, .chunk:
            if input.readableBytes == 0 { context.read() }
            waitForTick(context)
        case .handshake, .command, .response:
            self.pace = nil
            run(context)
            setAutoRead(true, context)
        }
        flush(context)
    }

    func setAutoRead(_ isOn: Bool, _ context: ChannelHandlerContext) {
        context.channel.setOption(.autoRead, value: isOn).assumeIsolated().whenFailure { _ in }
    }

    /// Sends continuation lines for as long as the client reads them.
    func babble(_ code: Int, _ context: ChannelHandlerContext) {
        mode = .finished
        let lines = String(repeating: "\(code)-There is more to say\r\n", count: Self.linesAtOnce)
        output.writeString(lines)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenSuccess {
            let (_, context) = bound.value
            context.eventLoop.scheduleTask(in: Self.tick) {
                let (handler, context) = bound.value
                if context.channel.isActive { handler.babble(code, context) }
            }
        }
        context.writeAndFlush(wrapOutboundOut(output), promise: written)
        output.clear()
    }

    /// Repeats the output written since `start`.
    func repeatOutput(from start: Int) {
        guard let octets = output.getSlice(at: start, length: output.writerIndex - start) else { return }
        output.writeImmutableBuffer(octets)
    }
}
