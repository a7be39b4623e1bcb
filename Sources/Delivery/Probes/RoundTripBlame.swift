/// What follows for an upstream whose mail does not arrive.
package enum RoundTripBlame: String, Hashable, Sendable, CaseIterable {
    /// It gets only the first step of its ramp.
    case reduce
    /// Its circuit opens.
    case open
}
