/// What a look has found about one subject.
package enum AlertObservation: Hashable, Sendable {
    /// It is as the alert says.
    case holds(AlertReport)
    /// It is not; a sentence that says how it is instead.
    case clear(String)
    /// Nobody knows: whatever was so before is taken to be so still.
    case unknown
}

/// What an alert says about a subject.
package struct AlertReport: Hashable, Sendable {
    /// A sentence for people.
    package var text: String
    /// For programs.
    package var labels: [String: String]

    package init(_ text: String, _ labels: [String: String] = [:]) {
        (self.text, self.labels) = (text, labels)
    }
}
