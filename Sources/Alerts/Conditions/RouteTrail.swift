internal import Mail

/// What a route has been through, as far as its way back is concerned.
package struct RouteTrail: Hashable, Sendable {
    /// How long a return counts as news.
    package static let news = Duration.seconds(600)

    /// Whether its mail has gone elsewhere, and not come back.
    var isAway = false
    /// When it came back.
    var returnedAt: Timestamp?

    /// - Returns: whether something has changed.
    mutating func look(_ carrier: RouteFacts.Carrier, now: Timestamp) -> Bool {
        let before = self
        switch carrier {
        case .fallback: (isAway, returnedAt) = (true, nil)
        case .usual where isAway: (isAway, returnedAt) = (false, now)
        case .usual, .trial, .nobody, .unknown: break
        }
        if let moment = returnedAt, now - moment >= Self.news { returnedAt = nil }
        return self != before
    }

    func hasJustReturned(now: Timestamp) -> Bool { returnedAt.map { now - $0 < Self.news } ?? false }
}
