import Admin
import Console
import FoundationEssentials

/// What `events` prints of a stream.
struct EventPage {
    let isJSON: Bool
    let terminal: Terminal

    /// The line for an event of the relay; nil for anything else, of which standard error has what matters.
    func line(_ event: StreamedEvent) -> String? {
        switch event.name {
        case nil: return nil
        case "missed", "dropped":
            if let note = Self.note(event) { Failure.report(note) }
            return nil
        case .some: return isJSON ? event.data : terminal.coloured(Printable.line(event.data), colour(event.data))
        }
    }

    /// By the level, the second word of a line of the log.
    private func colour(_ line: String) -> Terminal.Colour? {
        switch line.split(separator: " ", maxSplits: 2).dropFirst().first {
        case "warning": .yellow
        case "error": .red
        default: nil
        }
    }

    /// What the relay says about the stream itself.
    static func note(_ event: StreamedEvent) -> String? {
        if event.name == "dropped" {
            return "the relay has dropped this reader, since it reads too slowly; going on after what was read"
        }
        guard let missed = try? JSONDecoder().decode(MissedDocument.self, from: Data(event.data.utf8)) else {
            return nil
        }
        switch missed.reason {
        case .restart: return "the relay has no events of the time before its last start"
        case .gone:
            let which = missed.count.map { Quantity.count($0, "older event") } ?? "older events"
            return "\(which) cannot be shown: the relay keeps only the last ones"
        }
    }
}
