/// Tables as text (RFC 4180).
enum CSVText {
    static func table(_ names: [String], _ lines: [[String]]) -> String {
        ([names] + lines).map { $0.map(field).joined(separator: ",") + "\r\n" }.joined()
    }

    /// Quoted where it must be. A text that a spreadsheet would take for a formula gets an apostrophe in front: it may
    /// be a stranger's.
    private static func field(_ text: String) -> String {
        let isFormula = text.unicodeScalars.first.map { "=+-@\t\r".unicodeScalars.contains($0) } ?? false
        let safe = isFormula ? "'\(text)" : text
        guard safe.utf8.contains(where: { [0x22, 0x2C, 0x0D, 0x0A].contains($0) }) else { return safe }
        return "\"" + String(safe.unicodeScalars.flatMap { $0 == "\"" ? ["\"", "\""] : [Character($0)] }) + "\""
    }
}
