package import NIOCore

/// An event of a stream of server-sent events.
package struct StreamedEvent: Hashable, Sendable {
    /// The id of this event, or of the last one that had one.
    package var id: String?
    /// nil for what only brings an id, such as a heartbeat.
    package var name: String?
    package var data = ""

    package init(id: String? = nil) {
        self.id = id
    }
}

/// Reads server-sent events, in whatever parts they come, as far as a relay sends them (HTML Living Standard, section
/// 9.2.6).
package struct EventStreamParser {
    private var lines = LineSplitter()
    private var event = StreamedEvent()

    package init() {}

    /// The events that are complete with this part.
    package mutating func events(in part: ByteBuffer) -> [StreamedEvent] {
        var (whole, complete) = ([String](), [StreamedEvent]())
        lines.forEachLine(in: part) { whole.append(String(buffer: $0)) }
        for line in whole {
            guard line.isEmpty else {
                take(line)
                continue
            }
            complete.append(event)
            event = StreamedEvent(id: event.id)
        }
        return complete
    }

    private mutating func take(_ line: String) {
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return }
        let value = String(parts[1].hasPrefix(" ") ? parts[1].dropFirst() : parts[1])
        switch parts[0] {
        case "id": event.id = value
        case "event": event.name = value
        case "data": event.data += event.data.isEmpty ? value : "\n" + value
        default: break
        }
    }
}
