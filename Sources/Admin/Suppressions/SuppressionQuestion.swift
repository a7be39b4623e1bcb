internal import Mail
internal import Suppression

/// The query of `GET /v1/suppressions`.
struct SuppressionQuestion {
    var filter = SuppressionFilter()
    var limit: Int?
    /// The last one of the page before.
    var after: SuppressionKey?

    init(_ query: [(name: String, value: String)]) throws(AdminError) {
        try QueryParameters.check(query)
        for (name, value) in query {
            switch name {
            case "source": filter.source = try SuppressionOrderDocument.source(value)
            case "route": filter.route = value
            case "match": filter.text = value.lowercased()
            case "since": filter.since = try SuppressionOrderDocument.since(value)
            case "after": after = try Self.key(value)
            case "limit": limit = try QueueFilter.limit(value)
            default:
                throw AdminError(
                    .badRequest,
                    "unknown name \(name); expected source, route, match, since, after, limit")
            }
        }
    }

    /// A pattern, and the route after a space if it is for one only.
    private static func key(_ text: String) throws(AdminError) -> SuppressionKey {
        do throws(SuppressionError) {
            return SuppressionKey(try SuppressionPattern(text))
        } catch {
            guard let space = text.lastIndex(of: " "), let pattern = try? SuppressionPattern(String(text[..<space]))
            else {
                throw AdminError(.badRequest, "after: \(error.message)")
            }
            return SuppressionKey(pattern, route: String(text[text.index(after: space)...]))
        }
    }
}
