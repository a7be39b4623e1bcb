internal import Mail

/// When something is to be done about a message that waits, by the steady clock.
struct DueTimes: Equatable {
    /// Its next attempt.
    let attempt: Timestamp
    /// Its expiry, or the notice of its delay, whichever is first; nil if neither can come while it waits.
    let deadline: Timestamp?
}
