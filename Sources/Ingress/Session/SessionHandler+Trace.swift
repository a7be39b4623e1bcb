internal import Dialogue
internal import Mail
internal import NIOCore
internal import SMTP

/// What a session took its next octets for, before it looked at them.
struct HeardInput {
    let input: ServerInput
    let isInTransaction: Bool

    init(_ session: borrowing ServerSession) {
        input = session.input
        isInTransaction = session.isInTransaction
    }
}

/// What traces hear of a session. Without a trace each of these is one comparison.
extension SessionHandler {
    /// Looks whether traces are on; only where nothing is half written.
    @inline(__always)
    func lookForTraces() {
        if tap.isDue { followTraces() }
    }

    private func followTraces() {
        guard outbound.readableBytes == 0, number != 0, let client, tap.look({ party(client) }) else { return }
        tap.feed?.note("connected since before the trace")
        guard session.isInTransaction else { return }
        tap.feed?.joined(recipients: session.envelope.recipients.map(\.text))
    }

    private func party(_ client: IPAddress) -> TraceParty {
        let port = (presentedAddress ?? context?.remoteAddress)?.port ?? 0
        return TraceParty(.client(client), peer: client.isIPv4 ? "\(client):\(port)" : "[\(client)]:\(port)")
    }

    /// The client is known by now.
    @inline(__always)
    func traceStart(_ client: IPAddress, _ context: ChannelHandlerContext) {
        if tap.isDue { noteStart(client, context) }
    }

    private func noteStart(_ client: IPAddress, _ context: ChannelHandlerContext) {
        guard tap.look({ party(client) }) else { return }
        let proxy =
            presentedAddress == nil ? nil : context.remoteAddress.map { " by the proxy \(IngressServer.text(of: $0))" }
        let place = context.localAddress.map { " to \(IngressServer.text(of: $0))" } ?? ""
        tap.feed?.note("connected\(place)\(proxy ?? "")")
    }

    // MARK: What the client says

    /// - Parameters:
    ///   - heard: as it was before the step.
    ///   - octets: those that the step was given.
    func trace(_ step: ServerStep, _ heard: HeardInput, _ octets: UnsafeRawBufferPointer) {
        guard let feed = tap.feed else { return }
        let consumed = UnsafeRawBufferPointer(rebasing: octets[..<step.consumed])
        switch heard.input {
        case .commands: feed.received(commands: consumed, isInTransaction: heard.isInTransaction)
        case .response: feed.response(consumed)
        case .data: trace(data: consumed, step.action, feed)
        case .chunk: trace(chunk: consumed, step.action, feed)
        case .lineRest:
            let end = Self.lineEnd(in: consumed)
            feed.unread(UnsafeRawBufferPointer(rebasing: consumed[..<end]))
            let rest = UnsafeRawBufferPointer(rebasing: consumed[end...])
            feed.received(commands: rest, isInTransaction: heard.isInTransaction)
        case .nothing: feed.unread(consumed)
        }
    }

    /// Behind the first CRLF; the whole if there is none.
    private static func lineEnd(in octets: UnsafeRawBufferPointer) -> Int {
        let end = octets.indices.dropFirst().first { octets[$0] == 0x0A && octets[$0 - 1] == 0x0D }
        return end.map { $0 + 1 } ?? octets.count
    }

    /// The final dot comes in a step of its own, or behind content that is dropped.
    private func trace(data octets: UnsafeRawBufferPointer, _ action: ServerAction, _ feed: DialogueFeed) {
        guard action.endsContent else { return feed.content(octets) }
        let content = max(0, octets.count - 3)
        if content > 0 { feed.content(UnsafeRawBufferPointer(rebasing: octets[..<content])) }
        feed.endContent()
        let dot = UnsafeRawBufferPointer(rebasing: octets[content...])
        feed.received(dot: dot)
    }

    private func trace(chunk octets: UnsafeRawBufferPointer, _ action: ServerAction, _ feed: DialogueFeed) {
        if !octets.isEmpty { feed.content(octets) }
        switch action {
        case .chunkTaken: feed.endContent(isLast: false)
        case .message, .discard, .close: feed.endContent()
        case .wait, .proceed, .reply, .greet, .begin, .recipient, .content, .chunk, .startTLS, .authenticate,
            .authenticationResponse, .authenticationEnded:
            break
        }
    }

    // MARK: What is answered

    /// Replies written since the last look.
    @inline(__always)
    func traceReplies() {
        if let feed = tap.feed { passReplies(to: feed) }
    }

    private func passReplies(to feed: DialogueFeed) {
        let length = outbound.readableBytes
        guard length > traced else { return }
        outbound.withUnsafeReadableBytes { feed.reply(UnsafeRawBufferPointer(rebasing: $0[traced...])) }
        traced = length
    }

    func note(_ text: @autoclosure () -> String) {
        if let feed = tap.feed { feed.note(text()) }
    }

    func traceEnd() {
        guard let feed = tap.feed else { return }
        feed.end(life == .open ? "closed by the client" : "closed")
        tap.close()
    }
}

extension ServerAction {
    /// Whether content of DATA ends with it.
    fileprivate var endsContent: Bool {
        switch self {
        case .message, .discard, .close: true
        case .wait, .proceed, .reply, .greet, .begin, .recipient, .content, .chunk, .chunkTaken, .startTLS,
            .authenticate, .authenticationResponse, .authenticationEnded:
            false
        }
    }
}
