internal import NIOCore
internal import Telemetry

/// Some events as they are sent, made once for all readers that are at the same place.
struct EventBatch: Sendable {
    let numbers: Range<Int>
    let format: LogFormat
    private let slice: EventSlice
    private let stream: ByteBuffer
    /// Where each event ends in the stream.
    private let ends: [Int]

    init(_ slice: EventSlice, of life: EventID.Life, format: LogFormat) {
        var (stream, ends) = (ByteBuffer(), [Int]())
        slice.forEachLine(format) { number, record, line in
            EventStream.append(EventID(life, number), record.event, line, to: &stream)
            ends.append(stream.writerIndex)
        }
        numbers = slice.numbers
        self.format = format
        self.slice = slice
        self.stream = stream
        self.ends = ends
    }

    /// Those that match.
    func stream(_ matcher: EventMatcher) -> ByteBuffer {
        guard !matcher.matchesAll else { return stream }
        var chosen = ByteBuffer()
        slice.forEach { number, record in
            guard matcher.matches(record) else { return }
            let index = number - numbers.lowerBound
            let start = index == 0 ? 0 : ends[index - 1]
            chosen.writeImmutableBuffer(stream.getSlice(at: start, length: ends[index] - start) ?? ByteBuffer())
        }
        return chosen
    }
}
