import HTTPTypes
import Hummingbird
internal import Mail
internal import NIOCore
import Synchronization
internal import Telemetry

/// `GET /v1/events`: the relay's events, as they happen.
struct EventRoutes: Sendable {
    let readers: EventReaders
    let now: @Sendable () -> Timestamp

    func answer(_ request: Request, _ context: AdminContext) async throws -> Response {
        let question = try EventQuestion(
            query: request.parameters, lastEventID: request.headers[.lastEventID], now: now())
        guard readers.join() else {
            throw HTTPError(
                .serviceUnavailable, headers: [.retryAfter: "5"], message: "too many readers of events at a time")
        }
        let seat = EventSeat(readers)
        return Response(
            status: .ok, headers: [.contentType: EventStream.mediaType, .accelBuffering: "no"],
            body: ResponseBody { writer in
                var output = writer
                try await stream(question, context, seat) { try await output.write($0) }
                try await output.finish(nil)
            })
    }

    private func stream(
        _ question: EventQuestion, _ context: AdminContext, _ seat: EventSeat,
        _ write: (ByteBuffer) async throws -> Void
    ) async throws {
        defer { seat.leave() }
        let numbers = readers.feed.numbers
        let place = EventPlace(
            question, in: numbers, of: readers.feed.life, since: readers.feed.startedAt,
            numberSince: { readers.feed.number(since: $0) })
        var reader = EventReader(
            from: place.next, upTo: question.follows ? nil : numbers.upperBound, at: .now(), limits: readers.limits)
        let id = id(before: place.next)
        try await write(EventStream.opening(id))
        if let missed = place.missed { try await write(EventStream.note("missed", id, missed)) }
        let matcher = EventMatcher(question)
        var watch = PermitWatch(context.permit, at: .now())
        while let text = try await next(
            &reader, question, matcher, context, isAllowed: watch.isAllowed(at: .now()), write)
        {
            if text.readableBytes > 0 { try await write(text) }
        }
    }

    /// Does what is due, and waits if nothing is.
    ///
    /// - Returns: what to send, which may be nothing; nil at the end.
    private func next(
        _ reader: inout EventReader, _ question: EventQuestion, _ matcher: EventMatcher, _ context: AdminContext,
        isAllowed: Bool, _ write: (ByteBuffer) async throws -> Void
    ) async throws -> ByteBuffer? {
        // In this order: what is published when it stops is all there will be.
        let isStopping = readers.isStopping
        let standing = EventReader.Standing(
            numbers: readers.numbers(isFollowing: question.follows), isWritable: await context.isWritable(),
            isStopping: isStopping, isAllowed: isAllowed)
        switch reader.step(standing, at: .now()) {
        case .read(let from, let limit):
            guard let batch = readers.batch(from: from, upTo: limit, format: question.format) else {
                return ByteBuffer()
            }
            let text = batch.stream(matcher)
            reader.advance(to: batch.numbers.upperBound, isWritten: text.readableBytes > 0, at: .now())
            return text
        case .heartbeat:
            reader.beat(at: .now())
            return EventStream.heartbeat(id(before: reader.next))
        case .wait:
            await readers.wait()
            guard context.isOpen else { throw ChannelError.alreadyClosed }
            return ByteBuffer()
        case .drop(let reason):
            try await drop(reader, reason, context, write)
            return nil
        case .end: return nil
        case .cut:
            context.close()
            throw ChannelError.alreadyClosed
        }
    }

    /// Tells the reader why as soon as it reads again; closes its connection if that takes too long.
    private func drop(
        _ reader: EventReader, _ reason: DroppedDocument.Reason, _ context: AdminContext,
        _ write: (ByteBuffer) async throws -> Void
    ) async throws {
        readers.dropped(reason)
        let end = NIODeadline.now() + readers.limits.farewell
        while await !context.isWritable() {
            guard context.isOpen, !readers.isStopping, .now() < end else {
                context.close()
                throw ChannelError.alreadyClosed
            }
            await readers.wait()
        }
        let id = id(before: reader.next)
        try await write(EventStream.note("dropped", id, DroppedDocument(reason: reason, resume: "\(id)")))
    }

    private func id(before number: Int) -> EventID { EventID(readers.feed.life, number - 1) }
}

/// A reader's seat, given up once, also by an answer that is never sent.
private final class EventSeat: Sendable {
    private let readers: EventReaders
    private let isTaken = Mutex(true)

    init(_ readers: EventReaders) {
        self.readers = readers
    }

    deinit { leave() }

    func leave() {
        let wasTaken = isTaken.withLock { isTaken in
            defer { isTaken = false }
            return isTaken
        }
        if wasTaken { readers.leave() }
    }
}

extension HTTPField.Name {
    static let lastEventID = HTTPField.Name("Last-Event-ID")!
    /// Keeps a proxy (nginx) from gathering what should arrive at once.
    static let accelBuffering = HTTPField.Name("X-Accel-Buffering")!
}
