package import Delivery
package import Mail
internal import Synchronization

/// Documents in the table `document`.
///
/// Each version has a later time than the one before it, whatever the clock says: a statement that was held up on a lost
/// connection does not replace what was written since.
package final class PostgresDocuments: DocumentStore {
    private static let read = PostgresStatement(
        "document_read",
        """
        SELECT octet_length(content), changed_at, CASE WHEN octet_length(content) <= $2::bigint THEN content END
        FROM document WHERE name = $1::text
        """)
    private static let replace = PostgresStatement(
        "document_replace",
        """
        INSERT INTO document (name, content, changed_at) VALUES ($1::text, $2::bytea, $3::bigint)
        ON CONFLICT (name) DO UPDATE SET content = excluded.content, changed_at = excluded.changed_at
        WHERE document.changed_at < excluded.changed_at
        """)
    private static let version = PostgresStatement(
        "document_version", "SELECT changed_at FROM document WHERE name = $1::text")
    private static let remove = PostgresStatement(
        "document_remove", "DELETE FROM document WHERE name = $1::text")
    private static let rename = PostgresStatement(
        "document_rename", "UPDATE document SET name = $2::text WHERE name = $1::text")

    private let source: any PostgresSource
    private let now: @Sendable () -> Timestamp
    /// Times of the versions read or written last.
    private let versions = Mutex<[String: Int]>([:])

    package init(_ source: any PostgresSource, now: @escaping @Sendable () -> Timestamp) {
        (self.source, self.now) = (source, now)
    }

    package func read(_ name: String, limit: Int) throws(SystemFileError) -> [UInt8]? {
        let rows = try run("read", name, [PostgresQuery(Self.read, [.text(name), .integer(limit)])])[0]
        guard rows.count > 0 else { return nil }
        note(rows.integer(0, 1), of: name)
        guard !rows.isNull(0, 2) else { throw .tooLong(limit: limit) }
        return rows.bytes(0, 2)
    }

    package func replace(_ name: String, with octets: [UInt8]) throws(SystemFileError) {
        while true {
            let version = nextVersion(of: name)
            let rows = try run(
                "write", name,
                [
                    PostgresQuery(Self.replace, [.text(name), .bytes(octets), .integer(version)]),
                    PostgresQuery(Self.version, [.text(name)]),
                ])
            let stored = rows[1].count > 0 ? rows[1].integer(0, 0) : version
            note(stored, of: name)
            // The answer to the first of two tries may have been lost.
            if rows[0].affected > 0 || stored == version { return }
        }
    }

    package func setAside(_ name: String) -> String? {
        let kept = "\(name).broken"
        let rows = try? run(
            "rename", name,
            [
                PostgresQuery(Self.remove, [.text(kept)]),
                PostgresQuery(Self.rename, [.text(name), .text(kept)]),
            ])
        return rows != nil ? describe(kept) : nil
    }

    package func describe(_ name: String) -> String { "\(name) in the database" }

    private func note(_ version: Int, of name: String) {
        versions.withLock { $0[name] = max(version, $0[name] ?? .min) }
    }

    /// Later than any other, if no other relay has written it.
    private func nextVersion(of name: String) -> Int {
        let now = Int(now().milliseconds)
        return versions.withLock { versions in
            let version = max(now, (versions[name] ?? 0) + 1)
            versions[name] = version
            return version
        }
    }

    private func run(
        _ doing: String, _ name: String, _ queries: [PostgresQuery]
    ) throws(SystemFileError) -> [any PostgresRows] {
        do throws(PostgresError) {
            return try source.repeatable(queries)
        } catch {
            throw .database("cannot \(doing) \(describe(name)): \(error.message)")
        }
    }
}
