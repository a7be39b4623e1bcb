package import Mail

/// What is measured of one route, likewise.
package final class RouteMeter: Sendable {
    /// From acceptance, or from the time that a message was scheduled for, to its first attempt.
    package let wait: Histogram
    /// From the same to the acceptance by an upstream.
    package let acceptToTaken: Histogram

    package init(wait: Histogram, acceptToTaken: Histogram) {
        self.wait = wait
        self.acceptToTaken = acceptToTaken
    }

    /// Measures for nobody.
    package static let unused = RouteMeter(wait: Histogram([]), acceptToTaken: Histogram([]))
}
