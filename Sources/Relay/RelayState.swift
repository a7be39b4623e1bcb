/// How far the relay is between its start and its end.
enum RelayState: Hashable, Sendable {
    /// Listeners are not open yet. Next: `ready`, `stopping`.
    case starting
    /// Mail comes in. Next: `stopping`.
    case ready
    /// A stop has begun.
    case stopping

    /// Why mail is not taken; nil if it is.
    var problem: String? {
        switch self {
        case .starting: "the relay is starting"
        case .ready: nil
        case .stopping: "the relay is stopping"
        }
    }
}
