import FoundationEssentials

/// One line of the relay's log in JSON, as the demo shows it.
struct DemoLine {
    let text: String
    let event: String
    /// The address of an event `listening`.
    let address: String?

    /// Whether the line is of no interest to somebody who tries things out.
    var isOfStartOrEnd: Bool {
        ["starting", "spool_opened", "ready", "stopping", "stopped"].contains(event)
    }

    /// - Parameter line: a line of the log; what is not JSON (a crash) is shown as it is.
    init(_ line: String, terminal: Terminal) {
        guard let fields = try? JSONDecoder().decode(Fields.self, from: Data(line.utf8)) else {
            event = ""
            address = nil
            text = Printable.line(line)
            return
        }
        event = fields.event
        address = fields.address
        let clock = fields.time.dropFirst(11).prefix(8)
        let name = event + String(repeating: " ", count: max(1, 10 - event.count))
        text =
            "\(clock)  \(terminal.coloured(name, Self.colour(fields.level, event))) "
            + Printable.line(Self.words(of: fields, line))
    }

    private struct Fields: Decodable {
        var time: String
        var level: String
        var event: String
        var id: String?
        var from: String?
        var recipients: Int?
        var size: Int?
        var to: [String]?
        var upstream: String?
        var reply: String?
        var took_ms: Double?
        var next: String?
        var retry_at: String?
        var old: String?
        var new: String?
        var cause: String?
        var address: String?
    }

    private static func words(of fields: Fields, _ line: String) -> String {
        let id = fields.id ?? ""
        let to = (fields.to ?? []).map { "<\($0)>" }.joined(separator: ", ")
        let upstream = fields.upstream ?? "-"
        let reply = fields.reply ?? ""
        switch fields.event {
        case "accepted":
            return "\(id) from <\(fields.from ?? "")>, \(Quantity.count(fields.recipients ?? 0, "recipient")), "
                + "\(fields.size ?? 0) octets"
        case "delivered":
            return "\(id) to \(to) through \(upstream) in \(Quantity.latency(fields.took_ms)) ms: \(reply)"
        case "deferred":
            let then =
                fields.next.map { "now to \($0)" } ?? "again at \(fields.retry_at?.dropFirst(11).prefix(8) ?? "-")"
            return "\(id) not through \(upstream), \(then): \(reply)"
        case "circuit":
            return "\(upstream): \(fields.old ?? "-") → \(fields.new ?? "-"): \(fields.cause ?? "")"
        case "listening":
            return fields.address ?? ""
        default:
            return Self.rest(of: line)
        }
    }

    /// The fields after time, level and event, as they are.
    private static func rest(of line: String) -> String {
        let parts = line.dropFirst().dropLast().split(separator: ",", maxSplits: 3)
        return parts.count > 3 ? String(parts[3]).replacing("\":", with: "=").replacing("\"", with: "") : ""
    }

    private static func colour(_ level: String, _ event: String) -> Terminal.Colour? {
        switch level {
        case "error", "warning": .red
        case "notice": event == "deferred" ? .yellow : .cyan
        default: event == "delivered" ? .green : .dim
        }
    }
}
