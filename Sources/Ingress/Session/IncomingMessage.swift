internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool

/// The content of a message as it arrives: buffered whole while small, otherwise passed to the spool in parts.
struct IncomingMessage: ~Copyable {
    /// Maximum octets buffered whole. The spool stores smaller content in its rows.
    static let inlineLimit = 16 << 10
    /// Approximate size in octets of the parts passed to the spool.
    static let partSize = 64 << 10
    /// Maximum octets of a header; real ones have a few thousand, and only an attack is endless.
    static let headerLimit = 256 << 10

    private(set) var scanner: HeaderScanner
    /// Determines the body type the content needs.
    private(set) var body = BodyScanner()
    /// The Posthorse relays that have carried it.
    private(set) var trace = RelayTrace()
    /// Whom it claims to be from; nil if nobody asks.
    private(set) var from: FromFields?
    private(set) var filter = HeaderFilter(takesKey: false)
    /// Rewrites addresses in the header; nil if there is nothing to rewrite.
    private var rewriter: HeaderRewriter?
    private var stuffer = DotStuffer()
    /// Received, but not yet passed on.
    private(set) var held = ByteBuffer()
    /// The stream to which earlier parts were passed.
    var stream: ContentStream?
    /// Octets passed on that have not reached the spool's file.
    var unacknowledged = 0
    /// Identifies a resubmission; nil if not requested.
    private(set) var identity: MessageIdentity?
    /// Whether the content counts for ``identity`` even if it has a key.
    private var digestsAll = false
    /// Why the message cannot be stored; the rest of its content is dropped.
    var failure: SpoolError?

    /// - Parameter capturedFields: header fields whose values are kept.
    init(capturing capturedFields: FieldNames = .none) {
        scanner = HeaderScanner(wanted: capturedFields)
    }

    /// Starts a transaction with this declared body type.
    ///
    /// - Parameters:
    ///   - identity: identifies a resubmission; nil if not requested.
    ///   - digestsAll: whether it is about the content even if that has a key.
    mutating func begin(_ declared: BodyType, identity: MessageIdentity?, digestsAll: Bool = false) {
        body = BodyScanner(declared: declared)
        self.identity = identity
        self.digestsAll = digestsAll
        filter = HeaderFilter(takesKey: identity != nil)
    }

    /// From now on addresses in the header are rewritten.
    mutating func rewrite(by rules: RewriteRules) { rewriter = HeaderRewriter(rules) }

    /// The key that identifies a resubmission, as far as the header has one.
    var key: HeaderFilter.Finding { filter.finding }

    /// Octets by which the content has grown since it came, without stuffing dots.
    var growth: Int { filter.growth + (rewriter?.growth ?? 0) }

    /// From now on ``from`` is collected.
    mutating func collectFrom() { from = FromFields() }

    /// Takes the next content in wire form.
    ///
    /// - Parameter expected: declared size in octets, if any; believed only as far as content is buffered whole.
    mutating func take(_ bytes: UnsafeRawBufferPointer, expected: Int?, allocator: ByteBufferAllocator) {
        guard prepare(for: bytes, isStuffed: true, expected: expected, allocator: allocator) else { return }
        if let rest = edit(bytes, isStuffed: true) {
            held.writeImmutableBuffer(rest)
        } else {
            held.writeBytes(bytes)
        }
    }

    /// Takes the next content of a chunk, before dot stuffing.
    mutating func takeChunk(_ bytes: UnsafeRawBufferPointer, expected: Int?, allocator: ByteBufferAllocator) {
        guard prepare(for: bytes, isStuffed: false, expected: expected, allocator: allocator) else { return }
        if let rest = edit(bytes, isStuffed: false) {
            stuff(rest)
        } else {
            stuffer.stuff(bytes, into: &held)
        }
    }

    private mutating func stuff(_ bytes: ByteBuffer) {
        bytes.withUnsafeReadableBytes { stuffer.stuff($0, into: &held) }
    }

    /// The content has ended: releases everything held back.
    mutating func end() {
        if let rest = filter.finish() { stuff(rewritten(rest)) }
        if let rest = rewriter?.finish() { stuff(rest) }
        from?.finish()
    }

    /// The octets with the header changed, or nil if they pass unchanged.
    private mutating func edit(_ bytes: UnsafeRawBufferPointer, isStuffed: Bool) -> ByteBuffer? {
        let filtered = filter.pass(bytes, isStuffed: isStuffed)
        guard rewriter != nil else { return filtered }
        guard let filtered else { return rewriter?.pass(bytes, isStuffed: isStuffed) }
        return rewritten(filtered, isStuffed: isStuffed)
    }

    private mutating func rewritten(_ bytes: ByteBuffer, isStuffed: Bool = false) -> ByteBuffer {
        bytes.withUnsafeReadableBytes { rewriter?.pass($0, isStuffed: isStuffed) } ?? bytes
    }

    /// Ends the last line with CRLF.
    mutating func endLine() {
        guard isKept else { return }
        let lineEnd: StaticString = "\r\n"
        let rest = lineEnd.withUTF8Buffer { edit(UnsafeRawBufferPointer($0), isStuffed: false) }
        if let rest { held.writeImmutableBuffer(rest) } else { held.writeStaticString(lineEnd) }
    }

    /// Whether anything has been received.
    var hasBegun: Bool { scanner.octets > 0 }

    /// Whether the header is larger than allowed.
    var isHeaderTooLarge: Bool { scanner.octets > Self.headerLimit }

    /// Whether content is kept rather than dropped because the message will be refused.
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
        from?.scan(bytes, isStuffed: isStuffed)
        body.scan(bytes)
        trace.scan(bytes)
        if held.capacity == 0 {
            held = allocator.buffer(
                capacity: max(bytes.count, min(expected ?? 0, Self.inlineLimit)))
        }
        return true
    }

    /// Whether the buffer should be passed on before more is taken.
    var isPartDue: Bool {
        held.readableBytes > (stream == nil ? Self.inlineLimit : Self.partSize * 3 / 4)
    }

    /// Removes and returns the buffered octets.
    mutating func takePart() -> ByteBuffer {
        if digestsAll || !filter.hasKey { identity?.digest(held) }
        defer { held = ByteBuffer() }
        return held
    }
}
