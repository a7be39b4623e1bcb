internal import Mail
internal import NIOCore
internal import Spool

/// Contents that come part by part before their message is committed; used by the writer.
struct PostgresStreams {
    private struct Open {
        /// By which name its chunks are stored.
        let content: Int
        /// Number of the next chunk.
        var next = 0
        var hash = XXH64()
        var octets = 0
        /// The parts, while they may stay in memory; nil once they are too large.
        var kept: [ByteBuffer]? = []
        /// After a failure further parts are dropped.
        var failure: SpoolError?
    }

    private let context: PostgresContext
    private var streams: [ContentStream: Open] = [:]

    init(_ context: PostgresContext) {
        self.context = context
    }

    /// Whether content by this name is still coming.
    func isOpen(_ content: Int) -> Bool {
        streams.values.contains { $0.content == content && $0.failure == nil }
    }

    /// - Returns: what is to be stored; nil after a failure.
    mutating func append(_ bytes: ByteBuffer, to name: ContentStream) throws(SpoolError) -> StreamPart? {
        var stream =
            streams.removeValue(forKey: name)
            ?? Open(content: Int(context.makeQueueID(at: context.clock()).rawValue))
        defer { streams[name] = stream }
        guard stream.failure == nil else { return nil }
        if let refusal = context.health.refusal { throw refusal }
        let part = StreamPart(name: name, content: stream.content, first: stream.next, bytes: bytes)
        stream.next += ChunkArrays.count(of: bytes.readableBytes, size: context.tuning.chunkSize)
        stream.octets += bytes.readableBytes
        bytes.withUnsafeReadableBytes { stream.hash.update($0) }
        keep(bytes, &stream)
        return part
    }

    private func keep(_ bytes: ByteBuffer, _ stream: inout Open) {
        guard let kept = stream.kept else { return }
        guard stream.octets <= context.tuning.residentLimit, context.budget.allows(bytes.readableBytes) else {
            context.budget.remove(kept.octets)
            stream.kept = nil
            return
        }
        stream.kept?.append(bytes)
        context.budget.add(bytes.readableBytes)
    }

    /// Its message comes: where the content is.
    mutating func finish(_ name: ContentStream, header: ByteBuffer) throws(SpoolError) -> Placement {
        guard var stream = streams.removeValue(forKey: name) else {
            throw SpoolError(.inputOutput, "no content has come for this message")
        }
        if let kept = stream.kept { context.budget.remove(kept.octets) }
        if let failure = stream.failure { throw failure }
        header.withUnsafeReadableBytes { stream.hash.update($0) }
        return Placement(
            octets: stream.octets + header.readableBytes, checksum: stream.hash.finish(), chunks: stream.content,
            isStreamed: true, kept: stream.kept)
    }

    /// Its message will not come.
    ///
    /// - Returns: the name of what may be stored of it.
    mutating func abandon(_ name: ContentStream) -> Int? {
        guard let stream = streams.removeValue(forKey: name) else { return nil }
        if let kept = stream.kept { context.budget.remove(kept.octets) }
        return stream.failure == nil && stream.next > 0 ? stream.content : nil
    }

    /// A part could not be stored: the stream is of no use.
    ///
    /// - Returns: the name of what may be stored of it; nil if it has failed before.
    mutating func fail(_ name: ContentStream, _ error: SpoolError) -> Int? {
        guard var stream = streams[name], stream.failure == nil else { return nil }
        if let kept = stream.kept { context.budget.remove(kept.octets) }
        stream.kept = nil
        stream.failure = error
        streams[name] = stream
        return stream.content
    }
}

extension [ByteBuffer] {
    fileprivate var octets: Int { reduce(0) { $0 + $1.readableBytes } }
}
