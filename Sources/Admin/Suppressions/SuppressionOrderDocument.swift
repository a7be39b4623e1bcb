internal import Mail
package import NIOCore
internal import Suppression

/// The body of `POST /v1/suppressions/add` and `/v1/suppressions/remove`; property names match the JSON.
package struct SuppressionOrderDocument: Sendable, Codable {
    package var patterns: [String]?
    /// For `remove`, instead of patterns: `operator`, `import`, `hard_bounces` or `soft_bounces`.
    package var source: String?
    /// For `remove`, instead of patterns: part of a pattern.
    package var match: String?
    /// For `remove`, instead of patterns: RFC 3339; those added then or later.
    package var since: String?
    /// For `remove`, instead of all else: everything.
    package var all: Bool?
    /// The only route it is for.
    package var route: String?
    package var reason: String?
    /// For `add`: RFC 3339; nil for never.
    package var expiresAt: String?
    /// Whether to change nothing.
    package var dryRun: Bool?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case patterns, source, match, since, all, route, reason
        case expiresAt = "expires_at"
        case dryRun = "dry_run"
    }

    /// Most patterns that can be named; files have no such limit.
    package static let mostPatterns = 10_000

    package init() {}

    var isRehearsal: Bool { dryRun ?? false }

    /// Parses a body. Throws ``AdminError`` describing the problem.
    package init(_ body: ByteBuffer) throws(AdminError) {
        self = try AdminJSON.order(
            Self.self, from: body, known: CodingKeys.allCases.map(\.rawValue),
            example: #"{"patterns":["bob@example.com"],"reason":"asked us to stop"}"#)
        reason = try QueueOrderDocument.checked(reason: reason)
        // What a variable without a value leaves behind must not mean every suppression.
        for (name, value) in [("match", match), ("route", route)] where value?.isEmpty ?? false {
            throw AdminError(.badRequest, "\(name) is empty")
        }
    }

    /// The patterns, each once. Throws ``AdminError`` with everything that is wrong with them.
    func parsedPatterns() throws(AdminError) -> [SuppressionPattern] {
        guard let patterns, !patterns.isEmpty else { throw AdminError(.badRequest, "patterns are missing") }
        guard patterns.count <= Self.mostPatterns else {
            throw AdminError(.badRequest, "at most \(Self.mostPatterns) patterns; import a file of more")
        }
        var (parsed, known, problems) = ([SuppressionPattern](), Set<SuppressionPattern>(), [String]())
        for text in patterns {
            do throws(SuppressionError) {
                let pattern = try SuppressionPattern(text)
                if known.insert(pattern).inserted { parsed.append(pattern) }
            } catch {
                problems.append(error.message)
            }
        }
        guard problems.isEmpty else { throw AdminError(.badRequest, problems.joined(separator: "\n")) }
        return parsed
    }

    /// What is to be removed without patterns. Throws ``AdminError``.
    func filter() throws(AdminError) -> SuppressionFilter {
        let filter = SuppressionFilter(
            source: try Self.source(source), route: route, text: match, since: try Self.since(since))
        guard !filter.isEmpty || all == true else {
            throw AdminError(.badRequest, "the body must have patterns, source, match, since, route, or all")
        }
        return filter
    }

    static func since(_ text: String?) throws(AdminError) -> Timestamp? {
        guard let text else { return nil }
        return try QueryParameters.time(text, "since")
    }

    static func source(_ word: String?) throws(AdminError) -> SuppressionSource? {
        guard let word else { return nil }
        guard let source = SuppressionSource(rawValue: word) else {
            let words = SuppressionSource.allCases.map(\.rawValue).joined(separator: ", ")
            throw AdminError(.badRequest, "source must be one of \(words)")
        }
        return source
    }
}
