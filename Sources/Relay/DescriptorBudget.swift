/// How the descriptors of the process are shared out: sessions of clients leave enough for everything else.
struct DescriptorBudget: Equatable {
    /// The spool, event loops, listeners, the admin socket, secrets that are read.
    private static let base = 96
    private static let perThread = 4
    private static let mostAPIConnections = 2048
    private static let mostEventReaders = 1024

    /// Sessions of clients that may exist at the same time.
    let connections: Int
    /// Connections to the API over TCP that may exist at the same time.
    let apiConnections: Int
    /// Readers of events that may exist at the same time, at the admin socket and over TCP.
    let eventReaders: Int
    /// Whether relay.conf allows more sessions.
    let isShort: Bool

    /// - Parameters:
    ///   - limit: descriptors that the process may have.
    ///   - totalConnections: of relay.conf; 0 is no limit.
    ///   - upstreamSessions: maximum that deliveries may open, for all upstreams.
    ///   - webhookRequests: that may be under way at the same time.
    ///   - servesAPI: whether the API is served over TCP.
    init(
        limit: Int, totalConnections: Int, upstreamSessions: Int, threads: Int, webhookRequests: Int = 0,
        servesAPI: Bool = false
    ) {
        apiConnections = servesAPI ? min(Self.mostAPIConnections, max(32, limit / 8)) : 0
        eventReaders = min(Self.mostEventReaders, max(4, limit / 16))
        let others =
            Self.base + Self.perThread * threads + upstreamSessions + webhookRequests + apiConnections + eventReaders
        // Where little is left for clients, deliveries do not get all they could use.
        let most = max(1, limit - others, limit / 4)
        isShort = totalConnections > most
        connections = totalConnections == 0 ? most : min(totalConnections, most)
    }
}
