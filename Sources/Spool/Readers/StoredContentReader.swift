internal import Mail
internal import NIOCore

/// A position in content in the table `content` or in segments.
final class StoredContentReader: ContentReader, @unchecked Sendable {
    // Safety: as for the superclass, one thread at a time reads through it.

    let id: QueueID
    let checksum: UInt64
    let extents: [Extent]?
    let pin: SegmentPin?
    /// Whether it serves an operator, and so must not delay a delivery.
    let isForOperators: Bool
    /// Whether its message has left.
    let isKept: Bool
    fileprivate var header: ByteBuffer?
    fileprivate var hash = XXH64()
    fileprivate var extent = 0
    fileprivate var offset = 0

    init(
        id: QueueID, octets: Int, checksum: UInt64, extents: [Extent]?, pin: SegmentPin?, isForOperators: Bool = false,
        isKept: Bool = false
    ) {
        self.id = id
        self.checksum = checksum
        self.extents = extents
        self.pin = pin
        self.isForOperators = isForOperators
        self.isKept = isKept
        super.init(octets: octets)
    }

    @available(*, unavailable)
    override init(octets: Int) {
        preconditionFailure("content on disk has a place")
    }

    convenience init(_ row: StoredRow, store: SegmentStore, isForOperators: Bool = false) {
        self.init(
            id: row.message.id, octets: row.octets, checksum: row.checksum, extents: row.extents,
            pin: row.extents.map(store.pin), isForOperators: isForOperators)
    }

    convenience init(_ content: KeptContent, store: SegmentStore) {
        self.init(
            id: content.id, octets: content.octets, checksum: content.checksum, extents: content.extents,
            pin: content.extents.map(store.pin), isForOperators: true, isKept: true)
    }

    override func fromStart() -> ContentReader {
        StoredContentReader(
            id: id, octets: octets, checksum: checksum, extents: extents, pin: pin, isForOperators: isForOperators,
            isKept: isKept)
    }
}

/// Reads content back and verifies it; used by one thread.
final class ContentSource {
    private let content: SQLiteStatement
    private let partSize: Int

    init(_ connection: SQLiteConnection, partSize: Int) throws(SpoolError) {
        content = try connection.prepare("SELECT header, body FROM content WHERE id = ?")
        self.partSize = partSize
    }

    /// The content of a message in the table, verified.
    ///
    /// - Throws: `missing` if the row is gone, `corrupt` if the checksum differs.
    func whole(_ id: QueueID, octets: Int, checksum: UInt64) throws(SpoolError) -> ByteBuffer {
        guard let (bytes, headerOctets) = try fetch(id, capacity: octets) else { throw .missing(id) }
        var hash = XXH64()
        bytes.withUnsafeReadableBytes { all in
            hash.update(UnsafeRawBufferPointer(rebasing: all[headerOctets...]))
            hash.update(UnsafeRawBufferPointer(rebasing: all[..<headerOctets]))
        }
        guard bytes.readableBytes == octets, hash.finish() == checksum else { throw .corrupt(id) }
        return bytes
    }

    /// The next part; the last one only after the whole has been verified.
    func next(_ reader: StoredContentReader) throws(SpoolError) -> ContentPart {
        guard let extents = reader.extents else {
            let bytes = try whole(reader.id, octets: reader.octets, checksum: reader.checksum)
            return ContentPart(bytes: bytes, isLast: true)
        }
        var bytes = try start(reader)
        if reader.extent < extents.count { try read(reader, extents, &bytes) }
        guard reader.extent == extents.count else { return ContentPart(bytes: bytes, isLast: false) }
        try verify(reader, extents)
        return ContentPart(bytes: bytes, isLast: true)
    }

    /// The first octets of the content, not verified.
    ///
    /// - Parameter most: how many are wanted at most; there may be more if they are at hand.
    func beginning(of reader: StoredContentReader, upTo most: Int) throws(SpoolError) -> OriginalContent {
        guard let extents = reader.extents else {
            guard let (bytes, _) = try fetch(reader.id, capacity: reader.octets) else { throw .missing(reader.id) }
            return OriginalContent(bytes: bytes, isWhole: true)
        }
        var bytes = try start(reader)
        while reader.extent < extents.count, bytes.readableBytes < most { try read(reader, extents, &bytes) }
        return OriginalContent(bytes: bytes, isWhole: reader.extent == extents.count)
    }

    /// A buffer for a part, with the header in it at the start.
    private func start(_ reader: StoredContentReader) throws(SpoolError) -> ByteBuffer {
        guard reader.header == nil else { return ByteBuffer() }
        guard let (header, _) = try fetch(reader.id, capacity: 0) else { throw .missing(reader.id) }
        reader.header = header
        return header
    }

    private func read(
        _ reader: StoredContentReader, _ extents: [Extent], _ bytes: inout ByteBuffer
    ) throws(SpoolError) {
        let extent = extents[reader.extent]
        let count = min(partSize, extent.length - reader.offset)
        guard let file = reader.pin?.files[extent.segment] else {
            throw SpoolError(.inputOutput, "segment \(extent.segment) of message \(reader.id) cannot be read")
        }
        let position = extent.offset + reader.offset
        let result: Result<Void, SpoolError> = bytes.fill(count) { target throws(SpoolError) in
            try file.read(target, at: position)
        }
        try result.get()
        bytes.withUnsafeReadableBytes { reader.hash.update(UnsafeRawBufferPointer(rebasing: $0.suffix(count))) }
        reader.offset += count
        guard reader.offset == extent.length else { return }
        reader.offset = 0
        reader.extent += 1
    }

    private func verify(_ reader: StoredContentReader, _ extents: [Extent]) throws(SpoolError) {
        reader.header?.withUnsafeReadableBytes { reader.hash.update($0) }
        let octets = (reader.header?.readableBytes ?? 0) + extents.octets
        guard octets == reader.octets, reader.hash.finish() == reader.checksum else { throw .corrupt(reader.id) }
    }

    private func fetch(_ id: QueueID, capacity: Int) throws(SpoolError) -> (ByteBuffer, headerOctets: Int)? {
        content.bind(1, Int(id.rawValue))
        guard try content.next() else { return nil }
        defer { content.reset() }
        var bytes = ByteBuffer()
        bytes.reserveCapacity(capacity)
        let headerOctets = content.withBytes(0) { bytes.writeBytes($0) }
        _ = content.withBytes(1) { bytes.writeBytes($0) }
        return (bytes, headerOctets)
    }
}

extension ByteBuffer {
    /// Appends this many octets, filled in by `body`.
    fileprivate mutating func fill(
        _ count: Int, _ body: (UnsafeMutableRawBufferPointer) throws(SpoolError) -> Void
    ) -> Result<Void, SpoolError> {
        var result: Result<Void, SpoolError> = .success(())
        writeWithUnsafeMutableBytes(minimumWritableBytes: count) { room in
            do throws(SpoolError) {
                try body(UnsafeMutableRawBufferPointer(rebasing: room[..<count]))
                return count
            } catch {
                result = .failure(error)
                return 0
            }
        }
        return result
    }
}

extension SpoolError {
    static func missing(_ id: QueueID) -> SpoolError {
        SpoolError(.missing, "message \(id) is not in the spool any more")
    }

    static func corrupt(_ id: QueueID) -> SpoolError {
        SpoolError(.corrupt, "the content of message \(id) does not match its checksum")
    }
}
