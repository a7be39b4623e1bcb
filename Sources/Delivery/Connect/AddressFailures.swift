internal import NIOCore
internal import SMTP

/// The failures of a name's addresses in one attempt, and their summary.
struct AddressFailures {
    /// Maximum addresses named in the summary.
    static let limit = 3

    private var all: [(address: SocketAddress, failure: SessionFailure)] = []
    private var decisive: SessionFailure?

    mutating func add(_ failure: SessionFailure, at address: SocketAddress) { all.append((address, failure)) }

    /// This failure concerns all addresses.
    mutating func decide(_ failure: SessionFailure) { decisive = decisive ?? failure }

    /// Whether an address was silent.
    var hasSilence: Bool {
        all.contains { if case .noReply = $0.failure.what { true } else { false } }
    }

    /// A single failure stands. Several become one, with the first addresses' reasons and the last reply.
    ///
    /// - Parameter limit: how long a greeting may take.
    func summary(of host: String, greetingLimit limit: Duration) -> SessionFailure {
        if let decisive { return decisive }
        guard let last = all.last else {
            return SessionFailure(.unreachable("\(host): no address has answered in time"), at: .connect)
        }
        guard all.count > 1 else { return last.failure }
        let replied = all.last { $0.failure.reply != nil } ?? last
        var parts = all.prefix(Self.limit).map { "\($0.address.hostAndPort): \($0.failure.reason)" }
        if all.count > Self.limit { parts.append("and \(all.count - Self.limit) more") }
        var summary = SessionFailure(
            .unreachable(parts.joined(separator: "; ")), at: replied.failure.phase, reply: replied.failure.reply)
        summary.hasSlowAddress = all.contains { $0.failure.isSlowGreeting(within: limit) }
        return summary
    }
}
