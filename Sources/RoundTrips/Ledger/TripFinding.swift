/// What a sighting is. Every one but ``foreign`` may be deleted.
package enum TripFinding: Hashable, Sendable {
    /// Before it was lost.
    case arrived(isLate: Bool)
    /// The copy that is known, again.
    case again
    case doubled
    /// After it was lost.
    case returned
    /// So old that nothing is known of it any more.
    case forgotten
    /// Of another mailbox: somebody has forwarded it.
    case foreign
}
