internal import Mail

/// The lines of a session, from octets to what is executed.
extension ServerSession {
    mutating func readLine(_ bytes: UnsafeRawBufferPointer, in phase: CommandPhase) -> ServerStep {
        let limit = limits.maxLineLength
        guard let lineFeed = bytes.position(of: 0x0A, in: 0..<min(bytes.count, limit)) else {
            return bytes.count < limit ? ServerStep(consumed: 0, action: .wait) : refuseLine(.lineTooLong, in: phase)
        }
        guard lineFeed > 0, bytes[lineFeed - 1] == 0x0D else { return refuseLine(.lineMalformed, in: phase) }
        let line = UnsafeRawBufferPointer(rebasing: bytes[..<(lineFeed - 1)])
        return ServerStep(consumed: lineFeed + 1, action: checked(execute(line, in: phase)))
    }

    /// Answers a line before its end; nothing is executed of what stands in it up to the next CRLF.
    private mutating func refuseLine(_ reply: ServerReply, in phase: CommandPhase) -> ServerStep {
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
        case .reply(let reply), .discard(let reply):
            guard reply.countsAsError else { return action }
            if reply == .mailFirst, excused > 0 {
                excused -= 1
                return action
            }
            errors += 1
            guard errors > limits.maxErrors else { return action }
            state = .closed
            return .close(.tooManyErrors)
        case .wait, .greet, .begin, .content, .message, .close: return action
        }
    }
}
