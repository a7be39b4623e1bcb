internal import Mail

/// The fields of a suppression in files and in JSON.
package enum SuppressionField: String, CaseIterable, Sendable {
    case pattern, reason, source, addedAt = "added_at", expiresAt = "expires_at", route, addedBy = "added_by"
}

/// The fields of one line of a file, as text; what is missing is nil.
struct SuppressionFields {
    private var values: [SuppressionField: String] = [:]

    init() {}

    subscript(field: SuppressionField) -> String? {
        get { values[field] }
        set { values[field] = newValue.flatMap { $0.isEmpty ? nil : $0 } }
    }

    /// - Throws: ``SuppressionError`` with the first thing that is wrong.
    func entry(_ defaults: SuppressionImport.Defaults) throws(SuppressionError) -> SuppressionEntry {
        guard let given = self[.pattern] else { throw SuppressionError(.badPattern, "the address is missing") }
        let pattern = try SuppressionPattern(given)
        let route = self[.route] ?? defaults.route
        if let route, !defaults.routes.contains(route) {
            throw SuppressionError(.badValue, "there is no route \"\(Self.shown(route))\"")
        }
        return SuppressionEntry(
            SuppressionKey(pattern, route: route), reason: self[.reason] ?? defaults.reason, source: try source(),
            addedBy: self[.source] == nil ? defaults.who : self[.addedBy],
            addedAt: min(try moment(.addedAt) ?? defaults.now, defaults.now),
            expiresAt: try moment(.expiresAt) ?? defaults.expiresAt)
    }

    private func source() throws(SuppressionError) -> SuppressionSource {
        guard let word = self[.source] else { return .import }
        guard let source = SuppressionSource(rawValue: word) else {
            let words = SuppressionSource.allCases.map(\.rawValue).joined(separator: ", ")
            throw SuppressionError(.badValue, "source \"\(Self.shown(word))\" is none of \(words)")
        }
        return source
    }

    private func moment(_ field: SuppressionField) throws(SuppressionError) -> Timestamp? {
        guard let text = self[field] else { return nil }
        guard let moment = Timestamp(dateTime: text.utf8), moment.milliseconds > 0 else {
            throw SuppressionError(
                .badValue, "\(field.rawValue) \"\(Self.shown(text))\" is not a time such as 2026-11-21T10:00:00Z")
        }
        return moment
    }

    private static func shown(_ text: String) -> String { String(text.prefix(60)) }
}
