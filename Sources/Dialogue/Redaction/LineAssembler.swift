/// Makes lines of octets that come in parts. Of a long line only the beginning is kept.
struct LineAssembler: Sendable {
    /// Octets that are kept of a line: the longest response of a login (RFC 4954 section 4).
    static let longest = 12_288

    struct Line: Hashable, Sendable {
        /// Without CRLF; a bare LF at its end stays, so that it can be seen.
        var octets: [UInt8] = []
        /// How many more there were.
        var more = 0

        var count: Int { octets.count + more }
        /// Whether nothing has come.
        var isEmpty: Bool { count == 0 }

        fileprivate mutating func add(_ part: Slice<UnsafeRawBufferPointer>) {
            let room = max(0, LineAssembler.longest - octets.count)
            octets += part.prefix(room)
            more += max(0, part.count - room)
        }

        fileprivate mutating func end(afterReturn: Bool) {
            if !afterReturn {
                if more == 0 { octets.append(0x0A) }
            } else if more > 0 {
                more -= 1
            } else if octets.last == 0x0D {
                octets.removeLast()
            }
        }
    }

    private var line = Line()
    private var endsInReturn = false

    /// Passes on the lines that are complete with this part.
    mutating func take(_ octets: UnsafeRawBufferPointer, _ body: (Line) -> Void) {
        var start = 0
        for index in octets.indices where octets[index] == 0x0A {
            let isEnd = index > start ? octets[index - 1] == 0x0D : endsInReturn
            line.add(octets[start..<index])
            line.end(afterReturn: isEnd)
            body(line)
            (line, start, endsInReturn) = (Line(), index + 1, false)
        }
        guard start < octets.count else { return }
        line.add(octets[start...])
        endsInReturn = octets[octets.count - 1] == 0x0D
    }

    /// What has come of a line that has no end; nil if nothing has.
    mutating func takeRest() -> Line? {
        defer { (line, endsInReturn) = (Line(), false) }
        return line.isEmpty ? nil : line
    }
}
