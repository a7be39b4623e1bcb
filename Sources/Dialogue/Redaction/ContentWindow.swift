/// The content of one message as a trace shows it: how much it was, and its beginning line by line.
struct ContentWindow: Sendable {
    /// Octets that are shown of a message.
    static let most = 64 << 10

    /// Octets so far.
    private(set) var octets = 0
    private var shown = 0
    private var lines = LineAssembler()
    private(set) var hasBegun = false

    /// - Parameter body: gets each line that is to be shown.
    mutating func take(_ part: UnsafeRawBufferPointer, _ body: (LineAssembler.Line) -> Void) {
        hasBegun = true
        let room = max(0, min(part.count, Self.most - shown))
        shown += room
        octets += part.count
        if room > 0 { lines.take(UnsafeRawBufferPointer(rebasing: part[..<room]), body) }
    }

    /// How many octets are not shown.
    var hidden: Int { octets - shown }

    /// The last line, if it has no end.
    mutating func takeRest() -> LineAssembler.Line? { lines.takeRest() }
}
