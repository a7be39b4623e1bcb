internal import Mail

extension EventLog {
    /// Maximum addresses per line; further recipients get lines of their own, so that every address can be found.
    static let addressesPerLine = 50

    /// Writes one line per ``addressesPerLine`` addresses: `id`, `to`, then the other fields.
    func log(
        _ level: LogLevel, _ event: StaticString, _ id: QueueID, to recipients: [Address],
        _ fields: (inout LogLine) -> Void
    ) {
        guard isEnabled(level) else { return }
        var rest = recipients[...]
        repeat {
            let group = rest.prefix(Self.addressesPerLine)
            rest = rest.dropFirst(Self.addressesPerLine)
            log(level, event) { line in
                line.field("id", id)
                line.field("to", group)
                fields(&line)
            }
        } while !rest.isEmpty
    }
}
