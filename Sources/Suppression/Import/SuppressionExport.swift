internal import Mail

/// Suppressions as lines of a file that ``SuppressionImport`` reads back as they are.
package enum SuppressionExport {
    /// The first line of CSV, with its end.
    package static let header = SuppressionField.allCases.map(\.rawValue).joined(separator: ",") + "\n"

    /// A line of CSV, with its end.
    package static func csv(_ entry: SuppressionEntry) -> String {
        SuppressionField.allCases.map { quoted(entry[$0] ?? "") }.joined(separator: ",") + "\n"
    }

    /// A value that a spreadsheet would take for a formula is still that value here: only what reads it back counts.
    private static func quoted(_ value: String) -> String {
        let needsQuotes =
            value.utf8.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D }
            || value.utf8.first == 0x20 || value.utf8.last == 0x20
        return needsQuotes ? "\"\(value.replacing("\"", with: "\"\""))\"" : value
    }
}

extension SuppressionEntry {
    /// The value of a field as text; nil if it has none.
    package subscript(field: SuppressionField) -> String? {
        switch field {
        case .pattern: key.pattern.written
        case .reason: reason
        case .source: source.rawValue
        case .addedAt: addedAt.rfc3339
        case .expiresAt: expiresAt?.rfc3339
        case .route: key.route
        case .addedBy: addedBy
        }
    }
}
