internal import Dialogue
internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool

/// What traces hear of a session. Without a trace each of these is one comparison.
extension UpstreamSession {
    var party: TraceParty { TraceParty(.upstream(security.access.name), peer: address.hostAndPort) }

    /// Looks whether traces are on; only where nothing is half written.
    @inline(__always)
    func lookForTraces() {
        if tap.isDue { followTraces() }
    }

    private func followTraces() {
        guard outbound.readableBytes == 0, !hasEnded, tap.look({ party }), let feed = tap.feed else { return }
        hideSecrets()
        feed.note(
            "\(address.hostAndPort) is connected since before the trace; \(tlsSummary ?? "no TLS"), at \(phase.rawValue)"
        )
        jobs.forEachEntry { entry in
            began(entry.token, entry.job, recipients: Array(entry.job.message.recipients.indices), feed)
        }
    }

    /// A server may know them without having been sent them.
    func hideSecrets() {
        guard let feed = tap.feed else { return }
        for secret in security.secrets { feed.hide(secret) }
    }

    // MARK: - What is sent

    /// Commands written since the last look.
    @inline(__always)
    func traceCommands() {
        guard let feed = tap.feed else { return }
        let tokens = tokens
        passUntraced { feed.sent(commands: $0, tokens.written, contentOf: tokens.content) }
    }

    func traceResponse() {
        guard let feed = tap.feed else { return }
        passUntraced { feed.response($0) }
    }

    /// Content written since the last look.
    @inline(__always)
    func traceContent() {
        guard let feed = tap.feed else { return }
        passUntraced { feed.content($0, tokens.content) }
    }

    func trace(content part: ByteBuffer) {
        guard let feed = tap.feed else { return }
        part.withUnsafeReadableBytes { feed.content($0, tokens.content) }
    }

    @inline(__always)
    func traceEndOfContent() {
        tap.feed?.endContent(tokens.content)
    }

    /// The content is sent, and its end is not.
    func noteHeldEnd() {
        guard let feed = tap.feed else { return }
        feed.note("the content is sent; its end waits for the record of the attempt", tokens.content)
    }

    private func passUntraced(_ body: (UnsafeRawBufferPointer) -> Void) {
        let length = outbound.readableBytes
        guard length > traced else { return }
        outbound.withUnsafeReadableBytes { body(UnsafeRawBufferPointer(rebasing: $0[traced...])) }
        traced = length
    }

    // MARK: - What is received

    /// - Parameters:
    ///   - before: what had been received and not read.
    ///   - rest: octets of it that still are not.
    func traceReply(_ before: ByteBuffer, rest: Int) {
        guard let feed = tap.feed, before.readableBytes > rest else { return }
        let count = before.readableBytes - rest
        before.withUnsafeReadableBytes {
            feed.reply(UnsafeRawBufferPointer(rebasing: $0[..<count]), tokens.answered)
        }
    }

    /// The connection ends amid a reply.
    func traceUnfinishedReply(_ rest: ByteBuffer) {
        guard let feed = tap.feed else { return }
        rest.withUnsafeReadableBytes { feed.reply($0, tokens.answered) }
        feed.endReply(tokens.answered)
    }

    // MARK: - What happens

    func note(_ text: @autoclosure () -> String) {
        if let feed = tap.feed { feed.note(text()) }
    }

    func noteTLS() {
        note("\(tlsSummary ?? "TLS"), certificate \(security.isVerified ? "verified" : "not verified")")
    }

    func began(_ token: Int, _ job: DeliveryJob, recipients: [Int], _ feed: DialogueFeed) {
        feed.began(token, recipients: recipients.map { job.message.recipients[$0].address.text })
        let count = recipients.count
        feed.note("message \(job.id), \(count) recipient\(count == 1 ? "" : "s")", token)
    }

    func traceEnd(_ failure: SessionFailure) {
        tap.feed?.end(failure.traced)
    }

    /// It has never been connected.
    func traceUnreachable(_ failure: SessionFailure) {
        guard !hasEnded else { return }
        tap.feed?.end("not connected: \(failure.reason)")
        tap.close()
    }

    /// Its owner gives it up.
    func traceGivenUp(_ reason: @autoclosure () -> String) {
        guard !hasEnded, let feed = tap.feed else { return }
        feed.end("given up at \(phase.rawValue): \(reason())")
        tap.close()
    }
}

extension SessionFailure {
    /// How a trace tells it.
    fileprivate var traced: String {
        switch what {
        case .closed: "closed by the upstream at \(phase.rawValue)"
        case .noReply(let waited): "timed out at \(phase.rawValue): no reply within \(waited.wholeMilliseconds) ms"
        case .goodbye: "closed"
        case .checkOver: "closed by the relay at \(phase.rawValue): no longer needed"
        case .unreachable, .connectionLost, .refused, .unexpectedReply, .notSMTP, .tls, .login, .unavailable,
            .noReplyInAnySession, .stopping, .shortage, .attemptNotRecorded, .contentUnreadable, .messageGone:
            "closed by the relay at \(phase.rawValue): \(reason)"
        }
    }
}
