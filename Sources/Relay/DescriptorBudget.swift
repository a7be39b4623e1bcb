/// How the descriptors of the process are shared out: sessions of clients leave enough for everything else.
struct DescriptorBudget: Equatable {
    /// The spool, event loops, listeners, the admin socket, secrets that are read.
    private static let base = 96
    private static let perThread = 4

    /// Sessions of clients that may exist at the same time.
    let connections: Int
    /// Whether relay.conf allows more.
    let isShort: Bool

    /// - Parameters:
    ///   - limit: descriptors that the process may have.
    ///   - totalConnections: of relay.conf; 0 is no limit.
    ///   - upstreamSessions: maximum that deliveries may open, for all upstreams.
    init(limit: Int, totalConnections: Int, upstreamSessions: Int, threads: Int) {
        let others = Self.base + Self.perThread * threads + upstreamSessions
        // Where little is left for clients, deliveries do not get all they could use.
        let most = max(1, limit - others, limit / 4)
        isShort = totalConnections > most
        connections = totalConnections == 0 ? most : min(totalConnections, most)
    }
}
