internal import Mail
internal import NIOCore
internal import Spool

/// The content of a message while it arrives: held whole as long as it is small, else handed to the spool in parts.
struct IncomingMessage {
    /// More than so many octets are not held whole. The spool keeps smaller content in its rows.
    static let inlineLimit = 16 << 10
    /// Parts handed to the spool have about so many octets.
    static let partSize = 64 << 10

    private(set) var scanner = HeaderScanner()
    /// What has come and is not handed over.
    private(set) var held = ByteBuffer()
    /// The name under which earlier parts were handed over.
    var stream: ContentStream?
    /// Octets handed over that have not reached the spool's file.
    var unacknowledged = 0
    /// Why the message cannot be stored; the rest of its content is dropped.
    var failure: SpoolError?

    /// - Parameter expected: octets the client declared, if it did; believed only as far as content is held whole.
    mutating func take(_ bytes: UnsafeRawBufferPointer, expected: Int?, allocator: ByteBufferAllocator) {
        guard failure == nil else { return }
        if !scanner.isFinished { scanner.scan(bytes) }
        if held.capacity == 0 {
            held = allocator.buffer(
                capacity: max(bytes.count, min(expected ?? 0, Self.inlineLimit)))
        }
        held.writeBytes(bytes)
    }

    /// Whether what is held should be handed over before more is taken.
    var isPartDue: Bool {
        held.readableBytes > (stream == nil ? Self.inlineLimit : Self.partSize * 3 / 4)
    }

    /// What is held, no longer held.
    mutating func takePart() -> ByteBuffer {
        defer { held = ByteBuffer() }
        return held
    }
}
