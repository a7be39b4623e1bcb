internal import Mail

/// What became of recipients, and how long it took, by route and upstream.
package struct HistoryStatistics: Sendable {
    package struct Place: Hashable, Comparable, Sendable {
        package let route: String
        /// Nil for recipients that no upstream was tried for.
        package let upstream: String?

        package static func < (left: Place, right: Place) -> Bool {
            (left.route, left.upstream ?? "") < (right.route, right.upstream ?? "")
        }
    }

    package struct Figures: Sendable {
        package var outcomes: [HistoryOutcome: Int] = [:]
        /// From acceptance until an upstream took it; of those delivered.
        package var latency = LatencyHistogram()

        package var recipients: Int { outcomes.values.reduce(0, +) }
    }

    package private(set) var places: [Place: Figures] = [:]

    /// What could not be read, and is not counted.
    package private(set) var problems: Set<String> = []

    package init() {}

    mutating func add(problems: [String]) {
        self.problems.formUnion(problems)
    }

    package mutating func add(_ recipient: RecordView.RecipientView) {
        let place = Place(
            route: String(decoding: recipient.route, as: UTF8.self),
            upstream: recipient.upstream.isEmpty ? nil : String(decoding: recipient.upstream, as: UTF8.self))
        places[place, default: Figures()].outcomes[recipient.outcome, default: 0] += 1
        if recipient.outcome == .delivered { places[place]!.latency.add(recipient.wait) }
    }
}
