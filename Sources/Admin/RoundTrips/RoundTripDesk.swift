package import Mail
package import RoundTrips

/// What the admin interface knows of round trips, and can order.
package struct RoundTripDesk: Sendable {
    /// A line for each path, in order.
    let list: @Sendable () async -> [TripListing]
    /// Sends a probe now on each of these paths, besides those that are due, and waits that long for them.
    ///
    /// - Returns: a result for each path, as soon as it is known; then the end.
    let run: @Sendable ([TripPath], Duration) async -> AsyncStream<TripRun>
    /// From, until, and which paths.
    let report: @Sendable (Timestamp, Timestamp, TripFilter) async -> TripReport

    package init(
        list: @escaping @Sendable () async -> [TripListing],
        run: @escaping @Sendable ([TripPath], Duration) async -> AsyncStream<TripRun>,
        report: @escaping @Sendable (Timestamp, Timestamp, TripFilter) async -> TripReport
    ) {
        (self.list, self.run, self.report) = (list, run, report)
    }
}
