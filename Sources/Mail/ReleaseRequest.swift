/// When a sender wants a message sent (RFC 4865).
public enum ReleaseRequest: Hashable, Sendable, CustomStringConvertible {
    /// After this time from its arrival: HOLDFOR.
    case after(Duration)
    /// At this time, by the system's clock: HOLDUNTIL, or the field `X-Posthorse-Send-At`.
    case at(Timestamp)

    /// The longest that a message can be held, as announced in the reply to EHLO.
    public static let limit = Duration.seconds(30 * 86_400)

    public var description: String {
        switch self {
        case .after(let duration): "after \(duration.wholeMilliseconds) ms"
        case .at(let moment): "at \(moment.rfc3339)"
        }
    }

    /// How long to hold the message; zero or less for one whose time has come.
    ///
    /// - Parameter wall: the system's clock.
    public func wait(at wall: Timestamp) -> Duration {
        switch self {
        case .after(let duration): duration
        case .at(let moment): moment - wall
        }
    }
}
