/// Writes commands one at a time, each with a tag of its own, and knows what the server owes (RFC 9051 section 2.2.1).
struct CommandWriter: Sendable {
    private var count = 0
    /// The tag of the command that is not answered; nil if there is none.
    private(set) var tag: [UInt8]?
    /// What of the command the server has not asked for.
    private var pieces: ArraySlice<[UInt8]> = []

    /// Whether the server has to ask for the next piece of a command.
    var hasPieces: Bool { !pieces.isEmpty }

    mutating func send(_ line: CommandText, into out: inout [UInt8]) {
        precondition(tag == nil, "a command was sent behind one that is not answered")
        count += 1
        let tag = Array("A\(count)".utf8)
        self.tag = tag
        out += tag
        out.append(0x20)
        pieces = line.pieces[...]
        sendPiece(into: &out)
    }

    /// The server asks for the next piece.
    mutating func sendPiece(into out: inout [UInt8]) {
        out += pieces.removeFirst()
        if pieces.isEmpty { out += "\r\n".utf8 }
    }

    /// - Throws: ``MailboxError`` `unexpected` for a tag that is not awaited, and for success before the command is sent.
    mutating func complete(_ tag: ArraySlice<UInt8>, _ status: ResponseStatus) throws(MailboxError) {
        guard let awaited = self.tag, tag.elementsEqual(awaited) else {
            throw .unexpected("the server answers a command that is not sent", tag + [0x20] + status.text)
        }
        guard pieces.isEmpty || status.kind != .ok else {
            throw .unexpected("the server answers a command before it has all of it", status.text)
        }
        pieces = []
        self.tag = nil
    }
}
