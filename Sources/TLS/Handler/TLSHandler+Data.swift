internal import Mail
package import NIOCore

extension TLSHandler {
    // MARK: Reading

    func decrypt(_ context: ChannelHandlerContext, _ connection: TLSConnection) throws(TLSError) {
        while mayReceive, connection.hasInput {
            switch try connection.decrypt(context.channel.allocator) {
            case .nothing: return
            case .end: return peerClosed(context)
            case .data(let buffer): deliver(buffer, context)
            }
        }
    }

    private var mayReceive: Bool {
        switch phase {
        case .open, .outputClosed, .closing: true
        // Data after the peer's closing alert must be ignored (RFC 8446 section 6.1).
        case .idle, .handshaking, .inputClosed, .closed: false
        }
    }

    private func deliver(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        // After closing the channel nobody expects data.
        guard phase != .closing else { return }
        delivered = true
        context.fireChannelRead(wrapInboundOut(buffer))
    }

    /// Sends what the library produced itself: handshake messages, alerts, key updates.
    func sendAnswers(_ context: ChannelHandlerContext) {
        guard let answers = connection?.takeOutbound() else { return }
        if !context.channel.isWritable { answered += answers.readableBytes }
        context.writeAndFlush(wrapOutboundOut(answers), promise: nil)
    }

    // MARK: Writing

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch phase {
        case .idle, .handshaking, .open, .inputClosed:
            writes.append(unwrapOutboundIn(data), promise)
            limitWrites(context)
        case .outputClosed: promise?.fail(ChannelError.outputClosed)
        case .closing, .closed: promise?.fail(ChannelError.ioOnClosedChannel)
        }
    }

    private func limitWrites(_ context: ChannelHandlerContext) {
        if mayEncrypt {
            guard writes.octets > Self.unflushedLimit else { return }
            writes.flush()
            send(context, thenFlush: false)
        } else if writes.octets > Self.handshakeWriteLimit {
            fail(
                context, TLSError(.handshake, "too much was written before the TLS handshake with \(peer) was complete")
            )
        }
    }

    package func flush(context: ChannelHandlerContext) {
        writes.flush()
        send(context, thenFlush: true)
    }

    private var mayEncrypt: Bool {
        switch phase {
        case .open, .inputClosed: true
        case .idle, .handshaking, .outputClosed, .closing, .closed: false
        }
    }

    private func send(_ context: ChannelHandlerContext, thenFlush: Bool) {
        do {
            if let connection { try encrypt(context, connection) }
            if thenFlush { context.flush() }
        } catch {
            fail(context, error)
        }
    }

    /// Encrypts everything flushed and passes it to the channel in one write.
    func encrypt(_ context: ChannelHandlerContext, _ connection: TLSConnection) throws(TLSError) {
        guard mayEncrypt, writes.hasFlushed else { return }
        var promises = PromiseList(nil)
        do {
            while let batch = writes.next(), try encrypt(batch, connection, &promises) {}
        } catch {
            promises.complete(.failure(error))
            throw error
        }
        let promise = promises.combined(on: context.eventLoop)
        let ciphertext = connection.takeOutbound()
        // Promises of empty writes complete after those of earlier writes.
        guard ciphertext != nil || promise != nil else { return }
        context.write(wrapOutboundOut(ciphertext ?? ByteBuffer()), promise: promise)
    }

    private func encrypt(
        _ batch: PendingWrites.Batch, _ connection: TLSConnection, _ promises: inout PromiseList
    ) throws(TLSError) -> Bool {
        do {
            if try connection.encrypt(batch.data) {
                promises.append(batch.promises)
                return true
            }
        } catch {
            batch.promises.complete(.failure(error))
            throw error
        }
        writes.putBack(batch)
        return false
    }
}
