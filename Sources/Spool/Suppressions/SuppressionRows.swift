package import Mail
package import Suppression

/// Where a ``SuppressionStore`` keeps suppressions, and the bounces counted so far. Used by one thread at a time.
package protocol SuppressionRows: AnyObject {
    /// Runs `body` in one transaction, which is durable when this returns.
    ///
    /// - Parameter isRehearsal: whether to take everything back at the end.
    /// - Throws: ``SpoolError``: nothing has changed, unless its code is `unsettled`.
    func transaction<Result>(
        isRehearsal: Bool, _ body: () throws(SpoolError) -> Result
    ) throws(SpoolError) -> Result

    // MARK: Suppressions

    /// Adds or replaces suppressions, in order. Call it in a transaction, as all that changes several rows.
    ///
    /// - Returns: for each, whether it is new.
    func set(_ entries: [SuppressionEntry]) throws(SpoolError) -> [Bool]
    func remove(_ keys: [SuppressionKey]) throws(SpoolError)
    /// Removes the suppressions of patterns, for one route or for all; returns which there were of each.
    func remove(_ patterns: [SuppressionPattern], route: String?) throws(SpoolError) -> [[SuppressionKey]]
    /// Those of these that there are.
    func entries(of keys: [SuppressionKey]) throws(SpoolError) -> [SuppressionKey: SuppressionEntry]
    /// The suppressions of each pattern, for one route or for all.
    func entries(of patterns: [SuppressionPattern], route: String?) throws(SpoolError) -> [[SuppressionEntry]]
    /// Up to `limit` suppressions in the order of their patterns, octet by octet, and routes.
    func entries(after last: SuppressionKey?, limit: Int) throws(SpoolError) -> [SuppressionEntry]
    /// Removes up to `limit` of those that are over; returns which.
    func removeExpired(at now: Timestamp, limit: Int) throws(SpoolError) -> [SuppressionKey]

    // MARK: Bounces

    /// The tallies of these addresses, as far as there are any.
    func tallies(of addresses: [String]) throws(SpoolError) -> [String: BounceTally]
    func set(_ tallies: [BounceCount.Counted]) throws(SpoolError)
    func removeTallies(of addresses: [String]) throws(SpoolError)
    /// Removes up to `limit` tallies without a bounce since then; returns how many.
    func removeTallies(before moment: Timestamp, limit: Int) throws(SpoolError) -> Int
}

extension SuppressionRows {
    package func transaction<Result>(_ body: () throws(SpoolError) -> Result) throws(SpoolError) -> Result {
        try transaction(isRehearsal: false, body)
    }
}

extension SpoolError.Code {
    /// The database went away before it said whether a change was made.
    package static var unsettled: Self { Self(rawValue: "unsettled") }
}
