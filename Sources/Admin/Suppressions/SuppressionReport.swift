/// A change of the suppression list by an operator, for the log.
package struct SuppressionReport: Sendable {
    /// `add`, `remove` or `import`.
    package let change: String
    /// The pattern; nil for a change by file or filter.
    package let pattern: String?
    package let route: String?
    /// How many suppressions were added, replaced or removed.
    package let count: Int
    package let reason: String?
    /// Who, such as `uid:0`; nil if that is unknown.
    package let who: String?
}
