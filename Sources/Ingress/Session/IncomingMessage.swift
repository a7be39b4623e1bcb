internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool

/// The content of a message while it arrives: held whole as long as it is small, else handed to the spool in parts.
struct IncomingMessage {
    /// More than so many octets are not held whole. The spool keeps smaller content in its rows.
    static let inlineLimit = 16 << 10
    /// Parts handed to the spool have about so many octets.
    static let partSize = 64 << 10
    /// Octets of a header that are taken; real ones have a few thousand, and only an attack has no end.
    static let headerLimit = 256 << 10

    private(set) var scanner: HeaderScanner
    /// Which body type the content needs.
    private(set) var body = BodyScanner()
    /// Which relays of our own kind have carried it.
    private(set) var trace = RelayTrace()
    private(set) var filter = HeaderFilter(takesKey: false)
    private var stuffer = DotStuffer()
    /// What has come and is not handed over.
    private(set) var held = ByteBuffer()
    /// The name under which earlier parts were handed over.
    var stream: ContentStream?
    /// Octets handed over that have not reached the spool's file.
    var unacknowledged = 0
    /// By what it is known when it comes again; nil where that is not asked for.
    private(set) var identity: MessageIdentity?
    /// Why the message cannot be stored; the rest of its content is dropped.
    var failure: SpoolError?

    /// - Parameter capturedFields: header fields whose values are kept.
    init(capturing capturedFields: FieldNames = .none) {
        scanner = HeaderScanner(wanted: capturedFields)
    }

    /// A transaction has begun whose content is declared to be of this type.
    ///
    /// - Parameter identity: by what the message is known when it comes again; nil where that is not asked for.
    mutating func begin(_ declared: BodyType, identity: MessageIdentity?) {
        body = BodyScanner(declared: declared)
        self.identity = identity
        filter = HeaderFilter(takesKey: identity != nil)
    }

    /// Takes the next content in wire form.
    ///
    /// - Parameter expected: octets the client declared, if it did; believed only as far as content is held whole.
    mutating func take(_ bytes: UnsafeRawBufferPointer, expected: Int?, allocator: ByteBufferAllocator) {
        guard prepare(for: bytes, isStuffed: true, expected: expected, allocator: allocator) else { return }
        if let rest = filter.pass(bytes, isStuffed: true) {
            held.writeImmutableBuffer(rest)
        } else {
            held.writeBytes(bytes)
        }
    }

    /// Takes the next content of a chunk, as it is meant.
    mutating func takeChunk(_ bytes: UnsafeRawBufferPointer, expected: Int?, allocator: ByteBufferAllocator) {
        guard prepare(for: bytes, isStuffed: false, expected: expected, allocator: allocator) else { return }
        if let rest = filter.pass(bytes, isStuffed: false) {
            stuff(rest)
        } else {
            stuffer.stuff(bytes, into: &held)
        }
    }

    private mutating func stuff(_ bytes: ByteBuffer) {
        bytes.withUnsafeReadableBytes { stuffer.stuff($0, into: &held) }
    }

    /// The content has ended: nothing is held back any more.
    mutating func end() {
        if let rest = filter.finish() { stuff(rest) }
    }

    /// Ends the last line, which no dot and nothing else follows.
    mutating func endLine() {
        guard isKept else { return }
        let lineEnd: StaticString = "\r\n"
        let rest = lineEnd.withUTF8Buffer { filter.pass(UnsafeRawBufferPointer($0), isStuffed: false) }
        if let rest { held.writeImmutableBuffer(rest) } else { held.writeStaticString(lineEnd) }
    }

    /// Whether anything has come since the value was made.
    var hasBegun: Bool { scanner.octets > 0 }

    /// Whether the header has more octets than are taken.
    var isHeaderTooLarge: Bool { scanner.octets > Self.headerLimit }

    /// Whether what comes is kept, rather than dropped because the message is refused when it has ended.
    private var isKept: Bool { failure == nil && !isHeaderTooLarge }

    private mutating func prepare(
        for bytes: UnsafeRawBufferPointer, isStuffed: Bool, expected: Int?, allocator: ByteBufferAllocator
    ) -> Bool {
        guard isKept else { return false }
        if !scanner.isFinished { scanner.scan(bytes, isStuffed: isStuffed) }
        guard isKept else {
            held = ByteBuffer()
            return false
        }
        body.scan(bytes)
        trace.scan(bytes)
        if held.capacity == 0 {
            held = allocator.buffer(
                capacity: max(bytes.count, min(expected ?? 0, Self.inlineLimit)))
        }
        return true
    }

    /// Whether what is held should be handed over before more is taken.
    var isPartDue: Bool {
        held.readableBytes > (stream == nil ? Self.inlineLimit : Self.partSize * 3 / 4)
    }

    /// What is held, no longer held.
    mutating func takePart() -> ByteBuffer {
        if !filter.hasKey { identity?.digest(held) }
        defer { held = ByteBuffer() }
        return held
    }
}
