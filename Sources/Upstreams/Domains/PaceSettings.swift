package import Mail

/// One `[[pace]]` of relay.conf: how fast mail may go to each domain that it is about, over all upstreams.
package struct PaceSettings: Hashable, Sendable {
    /// At least one.
    package var subjects: [PaceSubject]
    /// Recipients in a given time; nil for no limit.
    package var maxRate: Rate?
    /// Messages that upstreams may have at a time; nil for any number.
    package var maxConnections: Int?
    /// Whether replies that ask for less lower the rate.
    package var isAdaptive = true

    package init(_ subjects: [PaceSubject]) {
        self.subjects = subjects
    }

    /// What listings and metrics call it: its domains, as written.
    package var name: String { subjects.map(\.text).joined(separator: ",") }

    /// Recipients per second; nil for no limit.
    package var limit: Double? { maxRate.map { Double($0.count) * 1e9 / Double($0.per.wholeNanoseconds) } }
}
