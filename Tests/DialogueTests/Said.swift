@testable import Dialogue

/// Feeds a redactor with texts, however they are split.
struct Said {
    var redactor = DialogueRedactor()
    private(set) var lines: [DialogueRedactor.Shown] = []
    /// Octets of one part; 0 for all at once.
    var step = 0

    var texts: [String] { lines.map(\.text) }

    mutating func client(_ text: String) { each(text) { $0.command($1) } }
    mutating func response(_ text: String) { each(text) { $0.response($1) } }
    mutating func server(_ text: String) { each(text) { $0.reply($1) } }
    mutating func unread(_ text: String) { each(text) { $0.unread($1) } }

    mutating func content(_ text: String, isWanted: Bool) { each(text) { $0.content($1, isWanted: isWanted) } }

    mutating func endContent() { lines += redactor.endContent() }
    mutating func note(_ text: String) { lines.append(redactor.note(text)) }
    mutating func end() { lines += redactor.end() }

    private mutating func each(
        _ text: String, _ body: (inout DialogueRedactor, UnsafeRawBufferPointer) -> [DialogueRedactor.Shown]
    ) {
        let octets = Array(text.utf8)
        let step = step == 0 ? max(1, octets.count) : step
        for start in stride(from: 0, to: octets.count, by: step) {
            octets[start..<min(start + step, octets.count)].withUnsafeBytes { lines += body(&redactor, $0) }
        }
    }
}
