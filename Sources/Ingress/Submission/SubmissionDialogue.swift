internal import Mail
internal import NIOCore
internal import SMTP

/// The client side of one session within the relay: what is said and heard, one reply at a time.
struct SubmissionDialogue {
    private var parts: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var parser = ReplyParser()
    private var rest = ByteBuffer()

    init(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) {
        parts = inbound.makeAsyncIterator()
        self.outbound = outbound
    }

    func send(_ text: String) async throws {
        try await outbound.write(ByteBuffer(string: text))
    }

    /// The next reply; the session ends only after one.
    ///
    /// - Throws: ``SubmissionError`` if it has ended.
    mutating func reply() async throws -> Reply {
        while true {
            if let reply = try parser.next(&rest) { return reply }
            guard var part = try await parts.next() else { throw SubmissionError.ended }
            rest.discardReadBytes()
            rest.writeBuffer(&part)
        }
    }

    /// One chunk of the content (RFC 3030 section 2), and what the session says to it.
    mutating func chunk(_ content: ByteBuffer, isLast: Bool) async throws -> Reply {
        let command = ByteBuffer(string: "BDAT \(content.readableBytes)\(isLast ? " LAST" : "")\r\n")
        try await outbound.write(contentsOf: [command, content])
        return try await reply()
    }
}

/// Why a message could not be handed in by the API.
package enum SubmissionError: Error, Hashable, Sendable {
    /// No mail is taken: the relay starts or stops.
    case closed
    /// The session ended without a reply.
    case ended
    /// There is no message.
    case empty
}
