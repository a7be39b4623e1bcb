internal import Mail

/// What a listing or a statistic is asked for: a filter, and how to show what it finds.
package struct ListingQuestion: Hashable, Sendable {
    package var filter: QueueFilter
    package var sort: QueueSort?
    package var isReversed = false
    package var grouping: QueueGrouping?

    package init(_ filter: QueueFilter = QueueFilter()) {
        self.filter = filter
    }

    /// Names and values, as in the query of `GET /v1/queue` and `/v1/queue/stats`.
    package var query: [(name: String, value: String)] {
        let all = [("sort", sort?.rawValue), ("reverse", isReversed ? "true" : nil), ("by", grouping?.rawValue)]
        return filter.query + all.compactMap { name, value in value.map { (name, $0) } }
    }

    /// Parses a query; throws ``AdminError`` describing the problem.
    package init(_ query: [(name: String, value: String)]) throws(AdminError) {
        let own: Set = ["sort", "reverse", "by"]
        self.init(try QueueFilter(query: query.filter { !own.contains($0.name) }))
        for (name, value) in query {
            switch name {
            case "sort": sort = try Self.word(value, name)
            case "reverse": isReversed = try Self.flag(value, name)
            case "by": grouping = try Self.word(value, name)
            default: continue
            }
        }
    }

    private static func flag(_ text: String, _ name: String) throws(AdminError) -> Bool {
        guard text == "true" || text == "false" else { throw AdminError(.badRequest, "\(name) must be true or false") }
        return text == "true"
    }

    private static func word<Word: RawRepresentable<String> & CaseIterable>(
        _ text: String, _ name: String
    ) throws(AdminError) -> Word {
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw AdminError(.badRequest, "\(name) must be one of \(words)")
        }
        return word
    }
}
