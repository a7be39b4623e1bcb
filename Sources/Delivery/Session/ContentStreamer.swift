internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool

/// Decides which octets of a message's content are sent next, in the form that the server accepts.
///
/// A value without IO: it says what to write and what to read, and its caller reports back. Small content is copied
/// after the commands, because a copy costs less than another entry in a gathered write. Larger content goes in
/// batches, as the connection accepts them; stored content is read part by part.
///
/// The end of the content is sent only once the connection has accepted everything before it, so that a server that
/// stops reading half-way causes no doubt.
struct ContentStreamer {
    /// What the session does next.
    enum Step {
        /// Write these, and ask for ``next(into:)`` once the connection has accepted them.
        case write([ByteBuffer])
        /// Read one part, and hand it to ``partRead(_:)``.
        case read(ContentReader)
        /// Everything before the end is written, or in the caller's buffer: end the content, once that may be.
        ///
        /// - Parameter last: the octet of a BDAT command that plays the role of the final dot; nil where there is a dot.
        case finish(last: UInt8?)
        /// The content is not as long as announced: end the session.
        case mismeasured
    }

    private enum Source {
        case resident(ArraySlice<ByteBuffer>)
        case stored(ContentReader, isAtEnd: Bool)
    }

    /// Maximum size of content that is copied after the commands.
    static let copyLimit = 32 << 10
    /// Octets of larger content written to the connection at a time.
    static let batchSize = 128 << 10

    private var source: Source
    private let isCopied: Bool
    /// If the content is sent by BDAT.
    private var chunk: ChunkContent?
    /// If the content is made 7-bit.
    private var downgraded: DowngradedContent?
    /// Whether a part is being read, so that the next move is ours.
    private(set) var isReading = false

    /// - Parameter size: octets announced to the server, including the front header.
    init(_ content: MessageContent, form: TransactionPlan.Form, size: Int) {
        switch content {
        case .resident(let content):
            // The end of the content comes with its last part, so there must be one.
            source = .resident(content.parts.isEmpty ? [ByteBuffer()] : content.parts[...])
            isCopied = content.octets <= Self.copyLimit
        case .stored(let reader):
            source = .stored(reader.fromStart(), isAtEnd: false)
            isCopied = false
        }
        chunk = form.body == .binaryMIME ? ChunkContent(size: size) : nil
        downgraded = form == .downgraded ? DowngradedContent() : nil
    }

    /// Begins.
    ///
    /// - Parameters:
    ///   - front: header fields prepended to the content.
    ///   - out: receives what is copied; written before anything that a step names.
    mutating func start(front: ByteBuffer?, into out: inout ByteBuffer) -> Step {
        if let front {
            guard let octets = encode(front, isLast: false) else { return .mismeasured }
            out.writeImmutableBuffer(octets)
        }
        return next(into: &out)
    }

    /// The connection has accepted what was to be written.
    mutating func next(into out: inout ByteBuffer) -> Step {
        switch source {
        case .stored(_, isAtEnd: true):
            return finish()
        case .stored(let reader, isAtEnd: false):
            isReading = true
            return .read(reader)
        case .resident(let parts) where parts.isEmpty:
            return finish()
        case .resident(let parts):
            return isCopied ? copy(parts, into: &out) : nextBatch(of: parts)
        }
    }

    /// A part has been read from the spool.
    mutating func partRead(_ part: ContentPart) -> Step {
        guard case .stored(let reader, _) = source else { preconditionFailure("a part was read of resident content") }
        isReading = false
        source = .stored(reader, isAtEnd: part.isLast)
        guard let octets = encode(part.bytes, isLast: part.isLast) else { return .mismeasured }
        return .write([octets])
    }

    private mutating func copy(_ parts: ArraySlice<ByteBuffer>, into out: inout ByteBuffer) -> Step {
        source = .resident([])
        for index in parts.indices {
            guard let octets = encode(parts[index], isLast: index == parts.endIndex - 1) else { return .mismeasured }
            out.writeImmutableBuffer(octets)
        }
        return finish()
    }

    private mutating func nextBatch(of parts: ArraySlice<ByteBuffer>) -> Step {
        var rest = parts
        var batch: [ByteBuffer] = []
        var octets = 0
        while octets < Self.batchSize, let part = rest.popFirst() {
            guard let encoded = encode(part, isLast: rest.isEmpty) else { return .mismeasured }
            batch.append(encoded)
            octets += part.readableBytes
        }
        source = .resident(rest)
        return .write(batch)
    }

    private func finish() -> Step {
        guard let chunk else { return .finish(last: nil) }
        return chunk.last.map { .finish(last: $0) } ?? .mismeasured
    }

    /// A part as sent: as stored for DATA, without dot stuffing for BDAT, or made 7-bit.
    ///
    /// - Returns: nil if it exceeds the announced size.
    private mutating func encode(_ part: ByteBuffer, isLast: Bool) -> ByteBuffer? {
        if chunk != nil { return chunk?.next(part) }
        guard var octets = downgraded?.next(part) else { return part }
        if isLast, let rest = downgraded?.rest() { octets.writeImmutableBuffer(rest) }
        return octets
    }
}
