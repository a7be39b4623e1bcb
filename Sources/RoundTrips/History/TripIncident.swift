package import Mail

/// A time in which a path was not `ok`.
package struct TripIncident: Hashable, Sendable {
    package let path: TripPath
    package let verdict: TripVerdict
    package let cause: String
    package let began: Timestamp
    /// nil while it lasts.
    package private(set) var ended: Timestamp?

    package init(path: TripPath, verdict: TripVerdict, cause: String, began: Timestamp, ended: Timestamp? = nil) {
        self.path = path
        self.verdict = verdict
        self.cause = cause
        self.began = began
        self.ended = ended
    }

    mutating func end(at moment: Timestamp) { ended = max(began, moment) }
}
