internal import SASL

/// With which mechanism sessions log in to one upstream, after what it has refused.
///
/// Servers offer mechanisms that they do not support for an account. All of them carry the same secret, so that a
/// refusal of one says little about the account before another one is refused too.
struct MechanismChoice {
    /// Refused, and no other has been tried since: the session that tries it may be the next one.
    private var refused: SASLMechanism?
    /// What worked after another one was refused.
    private var preferred: SASLMechanism?

    /// - Parameter usable: what both sides support, strongest first.
    /// - Returns: nil if there is nothing.
    func first(of usable: [SASLMechanism]) -> SASLMechanism? {
        if let refused, let other = Self.next(to: refused, of: usable) { return other }
        return preferred.flatMap { usable.contains($0) ? $0 : nil } ?? usable.first
    }

    mutating func worked(_ mechanism: SASLMechanism) {
        if let refused, refused != mechanism { preferred = mechanism }
        refused = nil
    }

    /// - Parameter isFirst: whether it is the session's first refusal.
    /// - Returns: the mechanism to try next; nil if the account is to blame.
    mutating func refused(_ mechanism: SASLMechanism, of usable: [SASLMechanism], isFirst: Bool) -> SASLMechanism? {
        guard isFirst, refused == nil || refused == mechanism, let other = Self.next(to: mechanism, of: usable) else {
            refused = nil
            preferred = nil
            return nil
        }
        refused = mechanism
        return other
    }

    /// SCRAM without its binding tells a server that offers the binding of an attack (RFC 5802 section 6): it comes last.
    private static func next(to mechanism: SASLMechanism, of usable: [SASLMechanism]) -> SASLMechanism? {
        let others = usable.filter { $0 != mechanism }
        return others.first { mechanism != .scramSHA256Plus || $0 != .scramSHA256 } ?? others.first
    }
}
