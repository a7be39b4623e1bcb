internal import NIOCore
internal import Spool

/// Content that a ``FaultySpool`` delivers as if from disk, in parts of at most 64 KiB.
final class FaultyContentReader: ContentReader, @unchecked Sendable {
    // Safety: `rest` is accessed only by the spool, under its lock.
    private var rest: ByteBuffer
    private let whole: ByteBuffer

    init(bytes: ByteBuffer) {
        rest = bytes
        whole = bytes
        super.init(octets: bytes.readableBytes)
    }

    func next() -> ContentPart {
        let part = rest.readSlice(length: min(rest.readableBytes, 64 << 10)) ?? ByteBuffer()
        return ContentPart(bytes: part, isLast: rest.readableBytes == 0)
    }

    override func fromStart() -> ContentReader {
        FaultyContentReader(bytes: whole)
    }
}
