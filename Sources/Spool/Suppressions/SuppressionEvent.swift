package import Suppression

/// Events of the suppression list for the operator.
package enum SuppressionEvent: Sendable {
    /// - Parameters:
    ///   - entries: how many there are.
    ///   - took: the time to read them.
    case opened(entries: Int, took: Duration)
    /// The relay has suppressed an address by itself, with this bounce.
    case added(SuppressionEntry, Bounce)
    /// This many suppressions have expired.
    case expired(Int)
    /// Bounces could not be counted.
    case uncounted(Int, SpoolError)
}
