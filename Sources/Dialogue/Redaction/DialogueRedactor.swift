package import SMTP

/// Decides line by line what a trace shows of one SMTP session. A value without IO.
///
/// Its owner says what the session has taken each octet for; that is believed only to hide more. Nothing of a login is
/// shown but `AUTH`, the name of a known mechanism, and the codes and the words of the replies that end it: no challenge
/// (334), no response, no initial response. Of commands, only those of SMTP are shown, and arguments only where the command
/// has any: a line that is no command may be a password that came too late (a client that pipelines a login goes on after
/// it was refused). What was secret in a session stays secret in all that follows in it, replies that echo it included.
///
/// Content is counted, and shown for those who want it, its beginning only.
package struct DialogueRedactor: Sendable {
    /// Who sees a line.
    package enum Audience: Hashable, Sendable {
        case all
        /// Those who want content.
        case content
        /// The others.
        case summary

        /// - Parameter showsContent: whether a trace wants content.
        func includes(showsContent: Bool) -> Bool {
            switch self {
            case .all: true
            case .content: showsContent
            case .summary: !showsContent
            }
        }
    }

    /// What a trace shows for one line.
    package struct Shown: Hashable, Sendable {
        package var text: String
        package var audience = Audience.all
        /// The command; nil for all that is none.
        package var verb: CommandVerb?
        /// The recipient in a RCPT.
        package var recipient: String?
    }

    var secrets: SecretMemory
    var login = LoginReading()
    private var client = LineAssembler()
    private var server = LineAssembler()
    private var content = ContentWindow()
    /// The end of what was dropped last, which may belong to what is dropped next.
    private var unreadTail: [UInt8] = []
    /// Whether a part of the client's line was taken for a response.
    private var isResponse = false

    /// - Parameter budget: the memory for secrets, shared with other sessions.
    init(_ budget: SecretBudget = SecretBudget()) {
        secrets = SecretMemory(budget)
    }

    /// A text that must not be shown, from whoever knows the credentials.
    package mutating func hide(_ secret: String) { secrets.add(secret.utf8) }

    // MARK: The client's octets

    /// Octets of commands.
    package mutating func command(_ octets: UnsafeRawBufferPointer) -> [Shown] { takeClient(octets) }

    /// Octets of responses in a login (RFC 4954 section 4).
    package mutating func response(_ octets: UnsafeRawBufferPointer) -> [Shown] {
        isResponse = true
        defer { isResponse = false }
        return takeClient(octets)
    }

    private mutating func takeClient(_ octets: UnsafeRawBufferPointer) -> [Shown] {
        var lines: [LineAssembler.Line] = []
        client.take(octets) { lines.append($0) }
        return lines.map { isResponse ? shownResponse($0) : shownCommand($0) }
    }

    /// Octets that the session has dropped without looking at them.
    package mutating func unread(_ octets: UnsafeRawBufferPointer) -> [Shown] {
        guard !octets.isEmpty else { return [] }
        let unread = unreadTail + octets.filter { $0 != 0x0D && $0 != 0x0A }
        remember(unread)
        unreadTail = Array(unread.suffix(SecretMemory.window - 1))
        return [Shown(text: "[\(octets.count) octets that are no command]")]
    }

    // MARK: The server's octets

    /// Octets of replies.
    package mutating func reply(_ octets: UnsafeRawBufferPointer) -> [Shown] {
        var lines: [LineAssembler.Line] = []
        server.take(octets) { lines.append($0) }
        return lines.map(shownReply)
    }

    /// The connection has ended amid a reply.
    package mutating func endReply() -> [Shown] { server.takeRest().map { [shownReply($0)] } ?? [] }

    private func shownReply(_ line: LineAssembler.Line) -> Shown {
        let code = line.octets.prefix(4)
        guard code.starts(with: "334".utf8) else { return Shown(text: text(line)) }
        let rest = line.count - code.count
        return Shown(text: rest > 0 ? "334 \(Self.withheld(rest))" : "334")
    }

    // MARK: Content

    /// Octets of content as they were sent.
    ///
    /// - Parameter isWanted: whether anybody wants to see them.
    package mutating func content(_ octets: UnsafeRawBufferPointer, isWanted: Bool) -> [Shown] {
        var lines: [LineAssembler.Line] = []
        content.take(octets) { if isWanted { lines.append($0) } }
        return lines.map { Shown(text: text($0), audience: .content) }
    }

    /// The content is complete, or a part of it that is answered by itself; empty if there was none.
    package mutating func endContent() -> [Shown] {
        guard content.hasBegun else { return [] }
        defer { content = ContentWindow() }
        var shown = content.takeRest().map { [Shown(text: text($0), audience: .content)] } ?? []
        if content.hidden > 0 {
            shown.append(Shown(text: "[... \(content.hidden) octets more of content]", audience: .content))
        }
        return shown + [Shown(text: "[\(content.octets) octets of content]", audience: .summary)]
    }

    // MARK: Everything else

    /// Something that happened, in words that may repeat those of a peer.
    package func note(_ text: String) -> Shown {
        Shown(text: self.text(LineAssembler.Line(octets: Array(text.utf8))))
    }

    /// The session is over: what has come of a last line.
    package mutating func end() -> [Shown] {
        let rest = client.takeRest().map { Shown(text: "[\($0.count) octets of a line without an end]") }
        return endContent() + [rest].compactMap(\.self)
    }

    /// A line without what is secret, and cut.
    func text(_ line: LineAssembler.Line) -> String {
        let hidden = secrets.places(in: line.octets).prefix(Self.longest)
        let text = VisibleText.of(Array(line.octets.prefix(Self.longest)), hiding: Array(hidden))
        return line.count > Self.longest ? "\(text)[... \(line.count - Self.longest) octets more]" : text
    }

    /// Octets of a line that are shown.
    static let longest = 1000

    static func withheld(_ count: Int) -> String { "[\(count) octets of a login]" }
}
