package import Delivery
internal import Mail
package import Upstreams

/// One upstream as in `upstream list --json`; property names match the JSON.
package struct UpstreamDocument: Hashable, Sendable, Codable {
    package var name: String
    /// Position in the list, from 1.
    package var priority: Int
    /// `host:port`.
    package var address: String
    package var circuit: CircuitState
    /// Whether its circuit is not closed, but it answers again, and gets the next message as its trial.
    package var awaitsTrial: Bool
    package var adminState: AdminState
    /// The operator's reason.
    package var adminReason: String?
    /// RFC 3339; when it is enabled again automatically.
    package var adminUntil: String?
    /// 0 to 1.
    package var share: Double
    /// Messages per second currently allowed; nil for no limit.
    package var rate: Double?
    /// In the order of relay.conf; empty without any.
    package var quotas: [QuotaDocument]
    package var connections: Int
    /// The most that there may be now.
    package var connectionLimit: Int
    /// Whether the relay looks for the best number.
    package var searchesConnections: Bool
    package var inFlight: Int
    package var deliveredTotal: Int
    package var failedTotal: Int
    package var latencyP50Milliseconds: Double?
    package var latencyP95Milliseconds: Double?
    /// Messages that it takes in a session, as far as the relay has learned.
    package var messagesPerSession: Int?
    /// Sessions that it allows at a time, likewise.
    package var sessionsAllowed: Int?
    /// Recipients that it takes in a transaction, likewise.
    package var recipientsPerTransaction: Int?
    /// Whether it gets one command at a time, since it has dropped some that were sent together.
    package var isInLockStep: Bool
    package var lastError: String?
    /// RFC 3339.
    package var since: String

    package enum CodingKeys: String, CodingKey {
        case name, priority, address, circuit, share, rate, quotas, connections, since
        case awaitsTrial = "awaits_trial"
        case adminState = "admin_state"
        case adminReason = "admin_reason"
        case adminUntil = "admin_until"
        case connectionLimit = "connection_limit"
        case searchesConnections = "connection_limit_auto"
        case inFlight = "in_flight"
        case deliveredTotal = "delivered_total"
        case failedTotal = "failed_total"
        case latencyP50Milliseconds = "latency_p50_ms"
        case latencyP95Milliseconds = "latency_p95_ms"
        case messagesPerSession = "messages_per_session"
        case sessionsAllowed = "sessions_allowed"
        case recipientsPerTransaction = "recipients_per_transaction"
        case isInLockStep = "lock_step"
        case lastError = "last_error"
    }

    package init(_ status: UpstreamStatus) {
        name = status.name
        priority = status.priority
        address = status.address
        circuit = status.circuit
        awaitsTrial = status.awaitsTrial
        adminState = status.adminOverride.state
        adminReason = status.adminOverride.reason
        adminUntil = status.adminOverride.until?.rfc3339
        share = status.share
        rate = status.rate?.roundedForReading
        quotas = status.quotas.map { QuotaDocument($0) }
        connections = status.connections
        connectionLimit = status.connectionLimit
        searchesConnections = status.searchesConnections
        inFlight = status.inFlight
        deliveredTotal = status.deliveredTotal
        failedTotal = status.failedTotal
        latencyP50Milliseconds = status.latencyP50.map(Self.milliseconds)
        latencyP95Milliseconds = status.latencyP95.map(Self.milliseconds)
        messagesPerSession = status.messagesPerSession
        sessionsAllowed = status.sessionsAllowed
        recipientsPerTransaction = status.recipientsPerTransaction
        isInLockStep = status.isInLockStep
        lastError = status.lastError
        since = status.since.rfc3339
    }

    /// Whether new mail may go there now.
    package var takesMail: Bool { adminState == .enabled && circuit == .closed && share > 0 }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(priority, forKey: .priority)
        try container.encode(address, forKey: .address)
        try container.encode(circuit, forKey: .circuit)
        try container.encode(awaitsTrial, forKey: .awaitsTrial)
        try container.encode(adminState, forKey: .adminState)
        try container.encode(adminReason, forKey: .adminReason)
        try container.encode(adminUntil, forKey: .adminUntil)
        try container.encode(share, forKey: .share)
        try container.encode(rate, forKey: .rate)
        try container.encode(quotas, forKey: .quotas)
        try container.encode(connections, forKey: .connections)
        try container.encode(connectionLimit, forKey: .connectionLimit)
        try container.encode(searchesConnections, forKey: .searchesConnections)
        try container.encode(inFlight, forKey: .inFlight)
        try container.encode(deliveredTotal, forKey: .deliveredTotal)
        try container.encode(failedTotal, forKey: .failedTotal)
        try container.encode(latencyP50Milliseconds, forKey: .latencyP50Milliseconds)
        try container.encode(latencyP95Milliseconds, forKey: .latencyP95Milliseconds)
        try container.encode(messagesPerSession, forKey: .messagesPerSession)
        try container.encode(sessionsAllowed, forKey: .sessionsAllowed)
        try container.encode(recipientsPerTransaction, forKey: .recipientsPerTransaction)
        try container.encode(isInLockStep, forKey: .isInLockStep)
        try container.encode(lastError, forKey: .lastError)
        try container.encode(since, forKey: .since)
    }

    /// Milliseconds with one decimal.
    static func milliseconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        let tenths = seconds * 10_000 + attoseconds / 100_000_000_000_000
        return Double(tenths) / 10
    }
}
