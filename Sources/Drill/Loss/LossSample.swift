import Admin
import Delivery
import Mail

/// The relay of a drill of lost mail at one moment.
package struct LossSample: Sendable {
    /// A round trip: a line of `round-trip list`.
    package struct Trip: Hashable, Sendable, Codable {
        package var upstream: String?
        /// Nil before the first verdict.
        package var state: String?

        package init(upstream: String?, state: String?) {
            self.upstream = upstream
            self.state = state
        }
    }

    var at: Timestamp
    var trips: [Trip]
    /// Of the circuit of the upstream that loses mail, oldest first.
    var history: [ChangeDocument]

    package init(at: Timestamp, trips: [Trip], history: [ChangeDocument]) {
        self.at = at
        self.trips = trips
        self.history = history
    }
}
