internal import NIOCore
internal import SMTP

/// The failures of a name's addresses in one attempt, and their summary.
struct AddressFailures {
    /// Maximum addresses named in the summary.
    static let limit = 3

    private var all: [(address: SocketAddress, failure: SessionFailure)] = []
    private var decisive: SessionFailure?
    /// Of an address that allows no further session.
    private(set) var crowded: SessionFailure?

    mutating func add(_ failure: SessionFailure, at address: SocketAddress) { all.append((address, failure)) }

    /// The address works, and allows no further session.
    mutating func add(crowded failure: SessionFailure, at address: SocketAddress) {
        add(failure, at: address)
        crowded = failure
    }

    /// This failure concerns all addresses.
    mutating func decide(_ failure: SessionFailure) { decisive = decisive ?? failure }

    /// Whether an address was silent.
    var hasSilence: Bool {
        all.contains { if case .noReply = $0.failure.what { true } else { false } }
    }

    /// A single failure stands. Several become one, with the first addresses' reasons and the last reply, or that of an
    /// address which works: the upstream has not failed then.
    ///
    /// - Parameter limit: how long a greeting may take.
    func summary(of host: String, greetingLimit limit: Duration) -> SessionFailure {
        if let decisive { return decisive }
        guard let last = all.last else {
            return SessionFailure(.unreachable("\(host): no address has answered in time"), at: .connect)
        }
        guard all.count > 1 else { return last.failure }
        let replied = crowded ?? all.last { $0.failure.reply != nil }?.failure ?? last.failure
        var parts = all.prefix(Self.limit).map { "\($0.address.hostAndPort): \($0.failure.reason)" }
        if all.count > Self.limit { parts.append("and \(all.count - Self.limit) more") }
        var summary = SessionFailure(
            .unreachable(parts.joined(separator: "; ")), at: replied.phase, reply: replied.reply)
        summary.isConnectionRefused = all.allSatisfy(\.failure.isConnectionRefused)
        summary.hasSlowAddress = all.contains { $0.failure.isSlowGreeting(within: limit) }
        return summary
    }
}
