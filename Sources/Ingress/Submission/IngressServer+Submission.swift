internal import Glibc
internal import Mail
package import NIOCore
internal import NIOPosix
internal import SMTP

/// Messages that come by the API. Each is a session within the process, so that whatever a session checks, counts, limits
/// and logs holds for them too, and they take the same way into the spool.
extension IngressServer {
    /// Octets of one chunk.
    private static let chunkSize = 64 << 10

    /// Hands in a message, with bounded memory.
    ///
    /// - Parameters:
    ///   - size: octets of the message, if known.
    ///   - body: the message; lines end with CRLF or all with LF.
    /// - Returns: once the message is durable, or has been refused.
    /// - Throws: ``SubmissionError``, and what `body` throws; then nothing of the message is kept.
    package func submit<Body: AsyncSequence>(
        _ envelope: SubmittedEnvelope, from submitter: Submitter, size: Int?, _ body: Body
    ) async throws -> SubmissionResult where Body.Element == ByteBuffer {
        let channel = try await openSession(for: submitter)
        return try await channel.executeThenClose { inbound, outbound in
            var dialogue = SubmissionDialogue(inbound, outbound)
            try await dialogue.send(envelope.commands(client: submitter.client.literal, size: size))
            if let refusal = try await refusal(of: envelope, &dialogue) { return refusal }
            return Self.result(try await send(body, &dialogue))
        }
    }

    /// Hears the replies up to the content; nil if all is welcome.
    private func refusal(
        of envelope: SubmittedEnvelope, _ dialogue: inout SubmissionDialogue
    ) async throws -> SubmissionResult? {
        // The banner, EHLO, MAIL.
        for _ in 0..<3 {
            let reply = try await dialogue.reply()
            guard reply.isPositive else { return .refused(reply, recipient: nil) }
        }
        for recipient in envelope.recipients {
            let reply = try await dialogue.reply()
            guard reply.isPositive else { return .refused(reply, recipient: recipient) }
        }
        return nil
    }

    /// - Returns: the last reply, which is the first refusal if there is one.
    private func send<Body: AsyncSequence>(
        _ body: Body, _ dialogue: inout SubmissionDialogue
    ) async throws -> Reply where Body.Element == ByteBuffer {
        var (ends, held, isEmpty) = (LineEnds(), ByteBuffer(), true)
        for try await part in body {
            isEmpty = isEmpty && part.readableBytes == 0
            held.writeImmutableBuffer(ends.converted(part))
            guard held.readableBytes >= Self.chunkSize else { continue }
            let reply = try await dialogue.chunk(held, isLast: false)
            guard reply.isPositive else { return reply }
            held.clear()
        }
        guard !isEmpty else { throw SubmissionError.empty }
        return try await dialogue.chunk(held, isLast: true)
    }

    private static func result(_ reply: Reply) -> SubmissionResult {
        guard reply.isPositive, let id = reply.lines.joined().split(separator: " ").last else {
            return .refused(reply, recipient: nil)
        }
        return .accepted(String(id))
    }

    // MARK: The session

    /// - Returns: the client's end.
    private func openSession(for submitter: Submitter) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        guard let (loop, listener) = submissionPlace() else { throw SubmissionError.closed }
        var ends: [CInt] = [-1, -1]
        guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw SubmissionError.closed
        }
        do {
            _ = try await ClientBootstrap(group: loop.eventLoop).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        SessionHandler(loop: loop.value, listener: listener, submitter: submitter))
                }
            }.withConnectedSocket(ends[0]).get()
        } catch {
            close(ends[1])
            throw error
        }
        return try await ClientBootstrap(group: loop.eventLoop).withConnectedSocket(ends[1]) { channel in
            channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
        }
    }
}

extension Reply {
    fileprivate var isPositive: Bool { code / 100 == 2 }
}

extension IPAddress {
    /// As in EHLO (RFC 5321 section 4.1.3).
    fileprivate var literal: String { isIPv4 ? "[\(self)]" : "[IPv6:\(self)]" }
}
