package import Upstreams

/// What changed at an upstream: the state of its circuit, or the admin state. In a step of the ramp only the share
/// changes, and both states are the same.
package enum UpstreamTransition: Hashable, Sendable {
    case circuit(from: CircuitState, to: CircuitState)
    case admin(from: AdminState, to: AdminState)

    /// The name of the state before, as in the JSON.
    package var from: String {
        switch self {
        case .circuit(let from, _): from.rawValue
        case .admin(let from, _): from.rawValue
        }
    }

    /// The name of the state after, as in the JSON.
    package var to: String {
        switch self {
        case .circuit(_, let to): to.rawValue
        case .admin(_, let to): to.rawValue
        }
    }
}

extension UpstreamTransition {
    /// From the names in the JSON; nil if they are not two states of the same thing.
    package init?(from: String, to: String) {
        if let from = CircuitState(rawValue: from), let to = CircuitState(rawValue: to) {
            self = .circuit(from: from, to: to)
        } else if let from = AdminState(rawValue: from), let to = AdminState(rawValue: to) {
            self = .admin(from: from, to: to)
        } else {
            return nil
        }
    }
}
