internal import NIOCore

/// Extracts the next event from the octets received.
extension SinkHandler {
    func nextEvent() -> Event? {
        switch session.expectation {
        case .command: return input.readableBytes > 0 ? nextCommand() : nil
        case .content: return input.readableBytes > 0 ? nextOfContent() : nil
        case .chunk(let left): return nextOfChunk(left)
        case .response: return input.readableBytes > 0 ? nextResponse() : nil
        case .handshake: return input.readableBytes > 0 ? .handshakeBegan : nil
        }
    }

    private func nextOfContent() -> Event? {
        if !contentHasBegun {
            contentHasBegun = true
            return .contentBegan
        }
        let limit = pace?.allowance ?? .max
        let (consumed, ended) = input.withUnsafeReadableBytes { octets in
            scanner.scan(UnsafeRawBufferPointer(rebasing: octets.prefix(limit)))
        }
        pace?.allowance -= consumed
        input.moveReaderIndex(forwardBy: consumed)
        return ended ? .contentEnded : nil
    }

    private func nextOfChunk(_ left: Int) -> Event? {
        guard left > 0 else { return session.isLastChunk ? .contentEnded : .chunkEnded }
        guard input.readableBytes > 0 else { return nil }
        if session.takesChunk, !contentHasBegun {
            contentHasBegun = true
            return .contentBegan
        }
        let count = min(left, input.readableBytes, pace?.allowance ?? .max)
        guard count > 0 else { return nil }
        pace?.allowance -= count
        if session.takesChunk {
            input.withUnsafeReadableBytes { scanner.scanChunk(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
        }
        input.moveReaderIndex(forwardBy: count)
        session.chunkContinued(count)
        return nextOfChunk(left - count)
    }

    private func nextCommand() -> Event? {
        nextLine { .command(ClientCommand($0)) }
    }

    private func nextResponse() -> Event? {
        nextLine { .response(String(decoding: $0, as: UTF8.self)) }
    }

    /// - Parameter event: makes an event from a line, passed without its end.
    private func nextLine(_ event: (UnsafeRawBufferPointer) -> Event) -> Event? {
        let found = input.withUnsafeReadableBytes { bytes -> (Event, Int)? in
            guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            let length = end > 0 && bytes[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
            return (event(UnsafeRawBufferPointer(rebasing: bytes[..<length])), end + 1)
        }
        guard let (event, length) = found else {
            return input.readableBytes > Self.maxLineLength ? .lineTooLong : nil
        }
        input.moveReaderIndex(forwardBy: length)
        if !core.settings.offersPipelining { pipelinedUnasked += unasked(behind: event) }
        return event
    }

    /// The chunk belongs to its command.
    private func unasked(behind event: Event) -> Int {
        guard case .command(.bdat(let size, _)) = event else { return input.readableBytes }
        return max(0, input.readableBytes - size)
    }
}
