package import Mail

/// What is measured of the spool's commits.
package struct SpoolMeter: Sendable {
    /// Time of a commit, with the sync that makes it durable.
    package let time: Histogram
    /// Operations that share it.
    package let operations: Histogram

    package init(time: Histogram, operations: Histogram) {
        self.time = time
        self.operations = operations
    }

    /// Measures for nobody.
    package static let unused = SpoolMeter(time: Histogram([]), operations: Histogram([]))
}
