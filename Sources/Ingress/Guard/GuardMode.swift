/// What happens to the mail of a user who does not behave as usual; raw values are those of relay.conf.
package enum GuardMode: String, Hashable, Sendable, CaseIterable {
    /// Nothing: nobody looks.
    case off
    /// It is taken at the user's usual rate.
    case slow
    /// It is taken, and held until an operator has looked at it.
    case hold
}
