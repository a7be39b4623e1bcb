package import Mail

/// Which records are wanted: those that meet every condition.
package struct AuditFilter: Hashable, Sendable {
    package var since: Timestamp?
    /// Not at this time or later.
    package var until: Timestamp?
    /// Texts to be found in the record, ignoring case.
    package var who: String?
    package var what: String?
    package var subject: String?
    /// Keyed hashes of the subject, if it is an address: a record that has one of them is about it, too.
    package var subjectHashes: [String] = []
    /// Only records with lower numbers: those of earlier pages have this one and higher ones.
    package var before: Int?
    /// The last ones, at most this many.
    package var limit: Int?

    package init() {}

    package func matches(_ record: AuditRecord) -> Bool {
        if let since, record.at < since { return false }
        if let until, record.at >= until { return false }
        return Self.find(who, in: record.who) && Self.find(what, in: record.what)
            && (Self.find(subject, in: record.subject) || subjectHashes.contains { record.subject.contains($0) })
    }

    private static func find(_ text: String?, in place: String) -> Bool {
        guard let text, !text.isEmpty else { return true }
        return place.lowercased().contains(text.lowercased())
    }
}
