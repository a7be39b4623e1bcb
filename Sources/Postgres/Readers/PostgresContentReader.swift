internal import Mail
internal import NIOCore
internal import Spool

/// A position in content in the database.
final class PostgresContentReader: ContentReader, @unchecked Sendable {
    // Safety: as for the superclass, one thread at a time reads through it.

    let id: QueueID
    let checksum: UInt64
    /// By which name it is in the table `chunk`; nil if it is whole in `content`.
    let chunks: Int?
    /// Whether it serves an operator, and so must not delay a delivery.
    let isForOperators: Bool
    /// Whether its message has left.
    let isKept: Bool
    /// Once it has been read.
    private(set) var header: ByteBuffer?
    private var hash = XXH64()
    /// Number of the next chunk.
    private(set) var next = 0
    /// Octets read, with the header.
    private var read = 0

    init(
        id: QueueID, octets: Int, checksum: UInt64, chunks: Int?, isForOperators: Bool = false, isKept: Bool = false
    ) {
        self.id = id
        self.checksum = checksum
        self.chunks = chunks
        self.isForOperators = isForOperators
        self.isKept = isKept
        super.init(octets: octets)
    }

    @available(*, unavailable)
    override init(octets: Int) {
        preconditionFailure("content in the database has a place")
    }

    convenience init(_ columns: MessageColumns, isForOperators: Bool = false) {
        self.init(
            id: columns.message.id, octets: columns.octets, checksum: columns.checksum, chunks: columns.chunks,
            isForOperators: isForOperators)
    }

    override func fromStart() -> ContentReader {
        PostgresContentReader(
            id: id, octets: octets, checksum: checksum, chunks: chunks, isForOperators: isForOperators, isKept: isKept)
    }
}

extension PostgresContentReader {
    /// Goes on by a part.
    ///
    /// - Parameters:
    ///   - first: the header, with the first part.
    ///   - isLast: whether there is no more, whatever was announced.
    func take(
        _ first: ByteBuffer?, _ body: ByteBuffer, chunks: Int, isLast: Bool
    ) -> Result<ContentPart, SpoolError> {
        var bytes = first ?? ByteBuffer()
        if let first {
            header = first
            read = first.readableBytes
        }
        body.withUnsafeReadableBytes { hash.update($0) }
        bytes.writeImmutableBuffer(body)
        next += chunks
        read += body.readableBytes
        guard isLast || read >= octets else { return .success(ContentPart(bytes: bytes, isLast: false)) }
        header?.withUnsafeReadableBytes { hash.update($0) }
        guard read == octets, hash.finish() == checksum else { return .failure(.corrupt(id)) }
        return .success(ContentPart(bytes: bytes, isLast: true))
    }
}

/// Reads content back and verifies it; used by one thread.
struct PostgresContents {
    private static let one = PostgresStatement("content", "SELECT header, body FROM content WHERE id = $1::bigint")
    private static let part = PostgresStatement(
        "content_part",
        """
        SELECT bytes FROM chunk WHERE content = $1::bigint AND number >= $2::bigint AND number < $3::bigint ORDER BY number
        """)

    let session: any PostgresSession
    /// Chunks per part.
    let partChunks: Int

    /// The next part; the last one only after the whole has been verified. After an error it can be asked for again.
    ///
    /// - Returns: `missing` if it is gone, `corrupt` if the checksum differs.
    func next(_ reader: PostgresContentReader) throws(PostgresError) -> Result<ContentPart, SpoolError> {
        guard let chunks = reader.chunks else {
            return try whole(reader.id, octets: reader.octets, checksum: reader.checksum).map {
                ContentPart(bytes: $0, isLast: true)
            }
        }
        let header = reader.header == nil ? try fetch(reader.id)?.bytes : nil
        guard reader.header != nil || header != nil else { return .failure(.missing(reader.id)) }
        let query = PostgresQuery(
            Self.part, [.integer(chunks), .integer(reader.next), .integer(reader.next + partChunks)])
        let rows = try session.run([query])[0]
        var body = ByteBuffer()
        for row in 0..<rows.count { body.writeBytes(rows.octets(row, 0)) }
        return reader.take(header, body, chunks: rows.count, isLast: rows.count < partChunks)
    }

    /// Content that is whole in its row, verified.
    func whole(_ id: QueueID, octets: Int, checksum: UInt64) throws(PostgresError) -> Result<ByteBuffer, SpoolError> {
        guard let (bytes, headerOctets) = try fetch(id) else { return .failure(.missing(id)) }
        let isValid = Self.isValid(bytes, headerOctets, octets: octets, checksum: checksum)
        return isValid ? .success(bytes) : .failure(.corrupt(id))
    }

    static func isValid(_ bytes: ByteBuffer, _ headerOctets: Int, octets: Int, checksum: UInt64) -> Bool {
        guard bytes.readableBytes == octets else { return false }
        var hash = XXH64()
        bytes.withUnsafeReadableBytes { all in
            hash.update(UnsafeRawBufferPointer(rebasing: all[headerOctets...]))
            hash.update(UnsafeRawBufferPointer(rebasing: all[..<headerOctets]))
        }
        return hash.finish() == checksum
    }

    private func fetch(_ id: QueueID) throws(PostgresError) -> (bytes: ByteBuffer, headerOctets: Int)? {
        let rows = try session.run([PostgresQuery(Self.one, [.integer(Int(id.rawValue))])])[0]
        guard rows.count > 0 else { return nil }
        var bytes = ByteBuffer(bytes: rows.octets(0, 0))
        let headerOctets = bytes.readableBytes
        if !rows.isNull(0, 1) { bytes.writeBytes(rows.octets(0, 1)) }
        return (bytes, headerOctets)
    }
}
