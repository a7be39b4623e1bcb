package import Mail
internal import Spool

/// The messages that `queue list` shows.
package struct QueueFilter: Hashable, Sendable {
    /// A recipient is in this state, one of ``MessageDocument/states``.
    package var state: String?
    /// Part of the sender's address, case-insensitive.
    package var sender: String?
    /// Part of a recipient's address, likewise.
    package var recipient: String?
    /// The upstream of a recipient's current or last attempt.
    package var upstream: String?
    /// Maximum number of messages.
    package var limit: Int?
    /// Only messages with a greater queue ID.
    package var after: QueueID?

    package init() {}

    /// Whether the sender matches, and a single recipient matches all conditions on recipients.
    package func matches(_ document: MessageDocument) -> Bool {
        if let sender, !Self.contains(document.sender, sender) { return false }
        if state == nil, recipient == nil, upstream == nil { return true }
        return document.recipients.contains { matches($0) }
    }

    private func matches(_ candidate: RecipientDocument) -> Bool {
        if let state, candidate.state != state { return false }
        if let upstream, candidate.upstream != upstream { return false }
        if let recipient, !Self.contains(candidate.address, recipient) { return false }
        return true
    }

    private static func contains(_ text: String, _ part: String) -> Bool {
        part.isEmpty || text.lowercased().contains(part.lowercased())
    }
}

extension QueueFilter {
    /// Number of messages read from the spool at a time.
    package static let pageSize = 500

    /// Number of all matching messages, regardless of the listing's start and limit.
    package func count(in source: any QueueSource, at now: Timestamp) async throws -> Int {
        var whole = self
        (whole.limit, whole.after) = (nil, nil)
        guard whole != QueueFilter() else { return try await source.statistics(at: now).messages }
        var count = 0
        try await whole.forEachPage(in: source) { count += $0.count }
        return count
    }

    /// Reads the spool page by page and passes on matching messages, by queue ID.
    package func forEachPage(
        in source: any QueueSource, _ body: ([MessageDocument]) async throws -> Void
    ) async throws {
        var last = after
        var left = limit ?? Int.max
        let outlook = await source.outlook()
        while left > 0 {
            let page = try await source.list(after: last, limit: Self.pageSize)
            guard let end = page.last else { return }
            last = end.id
            let found = page.lazy.map { MessageDocument($0, outlook: outlook) }.filter { matches($0) }.prefix(left)
            let documents = Array(found)
            left -= documents.count
            if !documents.isEmpty { try await body(documents) }
        }
    }
}
