package import Mail
package import RoundTrips

/// What a report is to be about: the query of `GET /v1/round-trips/report`.
package struct RoundTripQuestion: Hashable, Sendable {
    package enum Format: String, CaseIterable, Sendable {
        case json, csv, html
    }

    package enum Part: String, CaseIterable, Sendable {
        /// The figures of the whole period.
        case summary
        /// Those of each minute, hour or day in it.
        case points
        case incidents
    }

    /// Then or later; nil for a day before ``until``.
    package var since: Timestamp?
    /// Before; nil for now.
    package var until: Timestamp?
    package var filter: TripFilter
    package var format: Format
    package var part: Part

    package init(
        since: Timestamp? = nil, until: Timestamp? = nil, filter: TripFilter = TripFilter(), format: Format = .json,
        part: Part = .summary
    ) {
        (self.since, self.until, self.filter) = (since, until, filter)
        (self.format, self.part) = (format, part)
    }

    /// - Throws: ``AdminError`` for an unknown name, and for an invalid value.
    init(_ query: [(name: String, value: String)]) throws(AdminError) {
        self.init()
        try QueryParameters.check(query.filter { $0.name != "name" && $0.name != "upstream" })
        for (name, value) in query {
            switch name {
            case "since": since = try QueryParameters.time(value, name)
            case "until": until = try QueryParameters.time(value, name)
            case "name": filter.names.append(try Self.word(value, name))
            case "upstream": filter.upstreams.append(try Self.word(value, name))
            case "format": format = try Self.choice(value, name)
            case "part": part = try Self.choice(value, name)
            default:
                throw AdminError(
                    .badRequest, "unknown parameter \(name); there are since, until, name, upstream, format, part")
            }
        }
        guard format != .html || part == .summary else {
            throw AdminError(.badRequest, "format html has all parts: leave part away")
        }
    }

    private static func word(_ value: String, _ name: String) throws(AdminError) -> String {
        guard !value.isEmpty else { throw AdminError(.badRequest, "\(name) is empty") }
        return value
    }

    private static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ word: String, _ name: String
    ) throws(AdminError) -> Choice {
        guard let choice = Choice(rawValue: word) else {
            let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw AdminError(.badRequest, "\(name) must be one of \(words)")
        }
        return choice
    }

    package var query: [(name: String, value: String)] {
        let times = [("since", since), ("until", until)].compactMap { name, time in time.map { (name, $0.rfc3339) } }
        let words = filter.names.map { ("name", $0) } + filter.upstreams.map { ("upstream", $0) }
        let choice = [("format", format.rawValue), ("part", part.rawValue)]
        return times + words + (format == .html ? Array(choice.prefix(1)) : choice)
    }

    /// The period that is meant.
    ///
    /// - Throws: ``AdminError`` if it ends before it begins.
    func period(at now: Timestamp) throws(AdminError) -> (from: Timestamp, until: Timestamp) {
        let end = until ?? now
        let start = since ?? end - .seconds(86_400)
        guard start <= end else { throw AdminError(.badRequest, "since must be before until") }
        return (start, end)
    }
}
