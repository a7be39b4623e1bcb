/// Who has named a stream.
package enum StreamNamer: Hashable, Sendable {
    /// relay.conf, by a user or a route, or an operator.
    case configuration
    /// A user's mail.
    case user(String)
    /// Mail without a login.
    case anybody
}

/// How many streams may be kept apart, and how many of them one client may name: invented names are not to push out those
/// of others. A value.
struct StreamRoom {
    /// What has to happen before one more stream has room.
    enum Need: Hashable {
        /// It has room.
        case none
        /// Another one that the same client has named must leave.
        case ofItsOwn
        /// Another one must leave.
        case ofAnybody
        /// None could leave when it was tried a moment ago.
        case noRoom
    }

    /// Most streams that are kept apart, besides paused ones.
    static let limit = 1000
    /// Most of them that one user's mail has named, or all mail without a login.
    static let limitPerClient = 250
    /// As many leave at once, so that many new names cost little each.
    static let leaving = limitPerClient / 10
    /// How often nothing is looked for after nothing was found.
    private static let patience = 100

    private var counts: [StreamNamer: Int] = [:]
    private var count = 0
    private var patience = 0

    mutating func entered(_ namer: StreamNamer) {
        counts[namer, default: 0] += 1
        count += 1
    }

    mutating func left(_ namer: StreamNamer) {
        let rest = (counts[namer] ?? 0) - 1
        counts[namer] = rest > 0 ? rest : nil
        count -= 1
        patience = 0
    }

    /// - Parameter paused: number of paused streams. They have room beside the others, up to as much again.
    func has(for namer: StreamNamer, paused: Int) -> Bool { !isClientFull(namer) && !isFull(paused) }

    /// Each answer but ``Need/none`` is followed by a search.
    mutating func need(for namer: StreamNamer, paused: Int) -> Need {
        let need: Need = isClientFull(namer) ? .ofItsOwn : isFull(paused) ? .ofAnybody : .none
        guard need != .none else { return .none }
        guard patience == 0 else {
            patience -= 1
            return .noRoom
        }
        patience = Self.patience
        return need
    }

    private func isClientFull(_ namer: StreamNamer) -> Bool {
        namer != .configuration && counts[namer] ?? 0 >= Self.limitPerClient
    }

    private func isFull(_ paused: Int) -> Bool { count - min(paused, Self.limit) >= Self.limit }
}
