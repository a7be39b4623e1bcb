internal import Mail

/// Command lines: from octets to execution.
extension ServerSession {
    mutating func readLine(_ bytes: UnsafeRawBufferPointer, in phase: CommandPhase) -> ServerStep {
        let limit = limits.maxLineLength
        guard let lineFeed = bytes.position(of: 0x0A, in: 0..<min(bytes.count, limit)) else {
            return bytes.count < limit
                ? ServerStep(consumed: 0, action: .wait) : refuseLine(.lineTooLong, bytes, in: phase)
        }
        guard lineFeed > 0, bytes[lineFeed - 1] == 0x0D else { return refuseLine(.lineMalformed, bytes, in: phase) }
        let line = UnsafeRawBufferPointer(rebasing: bytes[..<(lineFeed - 1)])
        let action = checked(execute(line, in: phase))
        if action == .startTLS, lineFeed + 1 < bytes.count { return refusePlaintext(bytes) }
        return ServerStep(consumed: lineFeed + 1, action: action)
    }

    /// Rejects a line before its end; nothing up to the next CRLF is executed.
    ///
    /// After a malformed BDAT comes content of unknown length, which must not be taken for commands.
    private mutating func refuseLine(
        _ reply: ServerReply, _ bytes: UnsafeRawBufferPointer, in phase: CommandPhase
    ) -> ServerStep {
        if CommandParser.announcesChunk(bytes) { return ServerStep(consumed: 0, action: end(with: .chunkSyntax)) }
        state = .skipping(phase)
        return ServerStep(consumed: 0, action: checked(.reply(reply)))
    }

    mutating func skipLine(_ bytes: UnsafeRawBufferPointer, in phase: CommandPhase) -> ServerStep {
        var from = 0
        while let lineFeed = bytes.position(of: 0x0A, in: from..<bytes.count) {
            if lineFeed > 0, bytes[lineFeed - 1] == 0x0D {
                state = .command(phase)
                return readLineAfterSkipping(bytes, from: lineFeed + 1)
            }
            from = lineFeed + 1
        }
        let held = bytes[bytes.count - 1] == 0x0D ? 1 : 0
        return ServerStep(consumed: bytes.count - held, action: .wait)
    }

    private mutating func readLineAfterSkipping(_ bytes: UnsafeRawBufferPointer, from start: Int) -> ServerStep {
        let step = advance(UnsafeRawBufferPointer(rebasing: bytes[start...]))
        return ServerStep(consumed: start + step.consumed, action: step.action)
    }

    /// Counts errors, and ends the session at the limit.
    mutating func checked(_ action: ServerAction) -> ServerAction {
        switch action {
        case .reply(let reply), .discard(let reply), .authenticationEnded(let reply):
            guard reply.countsAsError else { return action }
            if reply == .mailFirst, excused > 0 {
                excused -= 1
                return action
            }
            errors += 1
            return errors > limits.maxErrors ? end(with: .tooManyErrors) : action
        case .wait, .proceed, .greet, .begin, .recipient, .content, .chunk, .chunkTaken, .message, .startTLS,
            .authenticate, .authenticationResponse, .close:
            return action
        }
    }
}
