import Admin
import Console
import Mail

/// A trace for people: each session has a line that says with whom it is, before its first line.
struct TraceText {
    private let terminal: Terminal
    private var introduced: Set<UInt64> = []
    /// Sessions that are remembered; after as many, each is introduced once more.
    private static let mostIntroduced = 10_000

    init(terminal: Terminal) {
        self.terminal = terminal
    }

    /// - Parameter document: of one line.
    mutating func lines(of document: TraceDocument) -> [String] {
        let session = document.session.map { "#\($0)" } ?? ""
        let line = "\(Self.time(document.at)) \(session) \(Self.arrow(document.direction)) \(coloured(document))"
        if introduced.count == Self.mostIntroduced { introduced = [] }
        guard let number = document.session, introduced.insert(number).inserted else { return [line] }
        return [terminal.coloured("\(session) \(Self.party(document))", .bold), line]
    }

    /// `upstream primary at 192.0.2.1:25`.
    private static func party(_ document: TraceDocument) -> String {
        let name = document.upstream.map { " \($0)" } ?? ""
        return Printable.line("\(document.side ?? "")\(name) at \(document.peer ?? "?")")
    }

    /// The local time of day, with milliseconds.
    private static func time(_ text: String) -> String {
        guard let moment = Timestamp(dateTime: text.utf8) else { return text }
        let milliseconds = String(moment.milliseconds % 1000)
        return "\(LocalClock.time(of: moment)).\(String(repeating: "0", count: 3 - milliseconds.count))\(milliseconds)"
    }

    /// What the relay has sent, what has come, and what has happened.
    private static func arrow(_ direction: String) -> String {
        switch direction {
        case "sent": "->"
        case "received": "<-"
        default: "**"
        }
    }

    private func coloured(_ document: TraceDocument) -> String {
        let text = Printable.line(document.text)
        return terminal.coloured(text, colour(document))
    }

    /// Refusals are red, whoever refuses.
    private func colour(_ document: TraceDocument) -> Terminal.Colour? {
        guard document.direction != "note" else { return .dim }
        let isReply = (document.side == "upstream") == (document.direction == "received")
        return isReply && (document.text.hasPrefix("4") || document.text.hasPrefix("5")) ? .red : nil
    }
}
