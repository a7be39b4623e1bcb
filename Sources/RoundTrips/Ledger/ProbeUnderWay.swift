internal import Mail

/// A probe without a verdict. Times are those of the steady clock.
struct ProbeUnderWay: Hashable, Sendable {
    let number: UInt64
    /// By the system's clock, as in its token.
    let sentAt: Timestamp
    let acceptedAt: Timestamp
    var handedOverAt: Timestamp?
    /// When an upstream took it; nil before.
    var tookAt: Timestamp?
    var upstream: String?
    /// Whether it is known to be under way; otherwise it may have ended unnoticed while a relay was killed.
    var isCertain = true
}
