internal import Dialogue
internal import Mail
internal import NIOCore
internal import Spool

/// State shared by the sessions of one event loop: the way to the spool and back. Confined to its loop.
///
/// Completions are dispatched to the sessions by number. If a session has ended in the meantime, its message stays
/// accepted.
final class IngressLoop {
    let eventLoop: any EventLoop
    let spool: any MessageSpool
    private let client: SpoolClient
    /// The system's clock.
    let now: @Sendable () -> Timestamp
    /// The clock that nobody can set.
    let steady: @Sendable () -> Timestamp
    let gate: RecipientGate
    /// Whether users behave as usual.
    let guardian: UserGuard
    let classes: RouteClasses
    /// Whether messages may have the streams that they name.
    let claims: StreamClaims
    /// Hear what is said in sessions.
    let traces: TraceHub
    /// Times from the end of a message's data to its 250.
    let accepts: Histogram
    let events: @Sendable (IngressEvent) -> Void
    private var sessions: [UInt64: SessionHandler] = [:]
    private var streams: [ContentStream: UInt64] = [:]
    private var lastSession: UInt64 = 0
    private var date = MailDate()
    /// Header fields whose values are stored with a message, because routes or upstreams ask for them.
    private(set) var capturedFields: FieldNames
    /// Counts the lists of these fields, so that sessions notice a new one.
    private(set) var captureGeneration = 0
    private(set) var isStopping = false
    private var emptied: EventLoopPromise<Void>?

    /// Must be called on the loop.
    init(
        eventLoop: any EventLoop, spool: any MessageSpool, now: @escaping @Sendable () -> Timestamp,
        steady: (@Sendable () -> Timestamp)? = nil, gate: RecipientGate = .open,
        guardian: UserGuard = .unused, classes: RouteClasses = .none, claims: StreamClaims = .free,
        capturing capturedFields: FieldNames = .none, traces: TraceHub = .unused,
        accepts: Histogram = Histogram([]), events: @escaping @Sendable (IngressEvent) -> Void
    ) {
        self.eventLoop = eventLoop
        self.spool = spool
        self.client = SpoolClient(spool: spool, eventLoop: eventLoop)
        self.now = now
        self.steady = steady ?? now
        self.gate = gate
        self.guardian = guardian
        self.classes = classes
        self.claims = claims
        self.capturedFields = capturedFields
        self.traces = traces
        self.accepts = accepts
        self.events = events
        client.open(arrivals: false) { [weak self] in self?.receive($0) }
    }

    /// The time as written in `Received` and `Date`.
    func dateText(at moment: Timestamp) -> String {
        date.text(of: moment)
    }

    /// Messages that begin from now on are stored with the values of these header fields.
    func capture(_ fields: FieldNames) {
        guard fields != capturedFields else { return }
        capturedFields = fields
        captureGeneration += 1
    }

    // MARK: Sessions

    /// Registers a session and returns its number.
    func add(_ session: SessionHandler) -> UInt64 {
        lastSession += 1
        sessions[lastSession] = session
        return lastSession
    }

    func remove(_ number: UInt64) {
        sessions[number] = nil
        if sessions.isEmpty { emptied?.succeed() }
    }

    // MARK: Operations

    /// Submits a message; the completion goes to the session of this number.
    func accept(_ message: NewMessage, from session: UInt64) {
        if case .stream(let stream) = message.content { streams[stream] = nil }
        client.add(.accept(message, ticket: session))
    }

    /// Opens a stream whose acknowledgements go to the session of this number.
    func openStream(for session: UInt64) -> ContentStream {
        let stream = client.makeStream()
        streams[stream] = session
        return stream
    }

    func append(_ part: ByteBuffer, to stream: ContentStream) {
        client.add(.append(stream, part))
    }

    func abandon(_ stream: ContentStream) {
        streams[stream] = nil
        client.add(.abandon(stream))
    }

    // MARK: Completions

    private func receive(_ completions: [SpoolCompletion]) {
        let now = eventLoop.now
        for completion in completions {
            switch completion {
            case .accepted(let ticket): sessions[ticket]?.messageAccepted(at: now)
            case .resubmitted(let ticket, let id): sessions[ticket]?.messageResubmitted(id)
            case .refused(let ticket, let error): sessions[ticket]?.messageRefused(error)
            case .appended(let stream, let octets): session(of: stream)?.partStored(stream, octets: octets)
            case .appendFailed(let stream, let error): session(of: stream)?.partFailed(stream, error)
            case .attemptRecorded, .attemptNotRecorded, .settled, .notSettled, .changed, .notChanged, .arrived:
                preconditionFailure("ingress requests none of these")
            }
        }
    }

    private func session(of stream: ContentStream) -> SessionHandler? {
        streams[stream].flatMap { sessions[$0] }
    }

    // MARK: Stopping

    /// Ends idle sessions at once, and the others when their transaction has ended or at the deadline.
    ///
    /// - Returns: succeeds when no session is left.
    func stop(by deadline: NIODeadline) -> EventLoopFuture<Void> {
        isStopping = true
        let promise = emptied ?? eventLoop.makePromise(of: Void.self)
        emptied = promise
        for session in Array(sessions.values) { session.stop() }
        if sessions.isEmpty { promise.succeed() }
        let timer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            for session in Array(self.sessions.values) { session.stopNow() }
        }
        promise.futureResult.assumeIsolated().whenComplete { _ in timer.cancel() }
        return promise.futureResult
    }
}
