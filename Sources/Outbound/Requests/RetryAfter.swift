internal import Mail

/// The field `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date.
enum RetryAfter {
    /// - Parameter now: by the system's clock; used for a date only.
    static func read(_ value: String, now: Timestamp) -> Duration? {
        let text = value.utf8
        if !text.isEmpty, text.allSatisfy({ (0x30...0x39).contains($0) }) {
            // More digits than a duration has are still a wish for a long time.
            return .seconds(Int32(value) ?? .max)
        }
        return Timestamp(mailDate: text).map { max($0 - now, .zero) }
    }
}
