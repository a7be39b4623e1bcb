import Console
import FoundationEssentials
import Mail

/// One JSON line of the relay's log, as shown by the demo: the local time, the event, and a sentence.
struct DemoLine {
    let text: String
    let event: String
    /// The address of an event `listening`.
    let address: String?
    /// Whether it is about a probe of a round trip that an upstream took, of which there are many.
    let isOfProbe: Bool

    /// Under the event, as wide as the time before it.
    private static let indent = "          "

    /// Whether the line is irrelevant to somebody trying things out.
    var isOfStartOrEnd: Bool {
        [
            "starting", "configuration_warning", "descriptors_short", "spool_opened", "audit_begun", "ready",
            "stopping", "stopped",
        ].contains(event)
    }

    /// - Parameters:
    ///   - line: a log line; anything that is not JSON (a crash) is shown unchanged.
    ///   - localTime: formats a timestamp as local time.
    init(_ line: String, terminal: Terminal, localTime: @escaping (Timestamp) -> String = LocalClock.time(of:)) {
        guard let fields = try? JSONDecoder().decode(DemoFields.self, from: Data(line.utf8)) else {
            event = ""
            address = nil
            isOfProbe = false
            text = Printable.line(line)
            return
        }
        event = fields.event
        address = fields["address"]
        isOfProbe = event == "delivered" && fields["probe"] != nil
        let name = event + String(repeating: " ", count: max(1, 10 - event.count))
        let sentence = DemoSentence(fields, time: { Timestamp(rfc3339: $0).map(localTime) ?? $0 }).text
        text =
            "\(Timestamp(rfc3339: fields.time).map(localTime) ?? fields.time)  "
            + "\(terminal.coloured(name, Self.colour(fields.level, event))) \(Printable.line(sentence))"
    }

    /// Shown when a test upstream has ended.
    static func sinkStopped(_ name: String, restart command: String) -> String {
        "\(indent)The \(name) has stopped. To start it again, in a terminal of its own:\n  \(command)"
    }

    private static func colour(_ level: String, _ event: String) -> Terminal.Colour? {
        switch level {
        case "error", "warning": .red
        case "notice": event == "deferred" ? .yellow : .cyan
        default: event == "delivered" ? .green : .dim
        }
    }
}
