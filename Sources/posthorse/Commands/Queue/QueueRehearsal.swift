import Admin
import Console
import Mail
import NIOCore
import Telemetry

/// Prints the messages that a command would change.
struct QueueRehearsal {
    private let isJSON: Bool
    private var output = Output()
    private var table = QueueTable(terminal: .current(), now: EventLog.wallClock())
    private var seen: Set<QueueID> = []
    private(set) var count = 0

    init(isJSON: Bool) {
        self.isJSON = isJSON
    }

    /// - Parameter changes: whether the command would change this message.
    mutating func add(
        _ line: ByteBuffer, isStopped: Bool, where changes: (MessageDocument) -> Bool = { _ in true }
    ) throws {
        let message = try AdminJSON.decode(MessageDocument.self, from: line)
        if let id = QueueID(message.queueID) { seen.insert(id) }
        guard changes(message) else { return }
        count += 1
        table.isStopped = isStopped
        guard !isJSON else {
            output.write(octets: line.readableBytesView)
            return output.write("\n")
        }
        if count == 1 { output.line(table.header) }
        for row in table.rows(of: message) { output.line(row) }
    }

    /// - Parameter phrase: what would be done, such as `hold 3 messages`.
    mutating func end(_ phrase: String) {
        if !isJSON { output.line(count == 0 ? "This would change nothing." : "This would \(phrase).") }
        output.flush()
    }

    /// Those of these that were not among the messages.
    func missing(of ids: [QueueID]) -> Set<QueueID> { Set(ids).subtracting(seen) }
}
