internal import Mail

/// Content sent in chunks (RFC 3030).
extension ServerSession {
    /// Handles a BDAT command. Whatever is wrong with it, the octets of its chunk are read, dropped and then answered,
    /// so that they are never taken for commands (RFC 3030 section 2). If their number is unknown or excessive, the
    /// session ends.
    mutating func startChunk(_ command: CommandParser, in phase: CommandPhase) -> ServerAction {
        guard let next = command.chunk else { return end(with: .chunkSyntax) }
        if phase != .chunks { chunk = ChunkFramer(isText: envelope.body != .binaryMIME) }
        chunkRefusal = refusal(of: next, in: phase)
        if let chunkRefusal, next.size > limits.maxDroppedChunk { return end(with: chunkRefusal) }
        chunk.begin(next)
        usesChunks = true
        state = .chunk(phase)
        return .proceed
    }

    private func refusal(of next: Chunk, in phase: CommandPhase) -> ServerReply? {
        if let reply = demand(before: .bdat) { return reply }
        guard offer.chunking else { return .notImplemented }
        switch CommandVerb.bdat.legality(in: phase) {
        case .refused(let reply), .fatal(let reply): return reply
        case .allowed: return next.size > limits.maxMessageSize - chunk.size ? .tooLarge : nil
        }
    }

    mutating func readChunk(_ bytes: UnsafeRawBufferPointer, in phase: CommandPhase) -> ServerStep {
        // The end is a separate step, so that a step is either content or an end, never both.
        guard chunk.remaining > 0 else { return ServerStep(consumed: 0, action: endChunk(in: phase)) }
        let count = min(chunk.remaining, bytes.count)
        chunk.take(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        let isKept = chunkRefusal == nil && refusalOfChunks == nil
        return ServerStep(consumed: count, action: isKept ? .chunk : .proceed)
    }

    mutating func endChunk(in phase: CommandPhase) -> ServerAction {
        if let refusal = chunkRefusal ?? refusalOfChunks {
            return refuseChunk(refusal, in: phase)
        }
        guard chunk.isLast else {
            state = .command(.chunks)
            return .chunkTaken(chunk.chunkSize)
        }
        state = .committing
        return .message
    }

    /// Why the chunks so far cannot be accepted, apart from errors in their commands.
    private var refusalOfChunks: ServerReply? {
        if chunk.hasBareLineEnd { return .bareLineEnd }
        return chunk.hasHiddenEnd ? .hiddenEnd : nil
    }

    /// A failed chunk ends its transaction; chunks already pipelined after it are dropped too (RFC 3030 section 2).
    private mutating func refuseChunk(_ refusal: ServerReply, in phase: CommandPhase) -> ServerAction {
        if phase.isInTransaction {
            excuseFollowers()
            resetTransaction()
        } else {
            state = .command(phase)
        }
        return checked(.discard(refusal))
    }
}
