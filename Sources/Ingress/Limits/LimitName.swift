/// Every limit that says "not now"; the raw values are the keys of relay.conf, and labels of the metrics.
package enum LimitName: String, Hashable, Sendable, CaseIterable {
    case clientConnections = "client_connections"
    case clientConnectionRate = "client_connection_rate"
    case clientMessageRate = "client_message_rate"
    case clientRecipientRate = "client_recipient_rate"
    case clientByteRate = "client_byte_rate"
    case userConnections = "user_connections"
    case userConnectionRate = "user_connection_rate"
    case userMessageRate = "user_message_rate"
    case userRecipientRate = "user_recipient_rate"
    case userByteRate = "user_byte_rate"
    case totalMessageRate = "total_message_rate"
    case totalByteRate = "total_byte_rate"
    /// `total_connections`; nobody is refused, connections wait.
    case totalConnections = "total_connections"
    /// `max_connections` of a listener; nobody is refused, connections wait.
    case listenerConnections = "max_connections"
    /// `max_connections_per_client` of a listener.
    case listenerClientConnections = "max_connections_per_client"

    /// Reply code and enhanced status code (RFC 3463 section 3.8: 4.7.x are matters of policy; section 3.4: 4.3.2 is
    /// a system that takes nothing now).
    var code: String {
        switch self {
        case .clientConnections, .clientConnectionRate, .userConnections, .userConnectionRate, .totalConnections,
            .listenerConnections, .listenerClientConnections:
            "421 4.7.0"
        case .clientMessageRate, .clientRecipientRate, .clientByteRate, .userMessageRate, .userRecipientRate,
            .userByteRate:
            "450 4.7.1"
        case .totalMessageRate, .totalByteRate: "451 4.3.2"
        }
    }

    /// What there is too much of.
    var excess: String {
        switch self {
        case .clientConnections, .listenerClientConnections: "sessions at a time from your address"
        case .clientConnectionRate: "new sessions from your address"
        case .clientMessageRate: "messages from your address"
        case .clientRecipientRate: "recipients from your address"
        case .clientByteRate: "octets from your address"
        case .userConnections: "sessions of this user at a time"
        case .userConnectionRate: "new sessions of this user"
        case .userMessageRate: "messages of this user"
        case .userRecipientRate: "recipients of this user"
        case .userByteRate: "octets of this user"
        case .totalConnections, .listenerConnections: "sessions at a time"
        case .totalMessageRate: "messages for this relay"
        case .totalByteRate: "octets for this relay"
        }
    }
}

/// A limit that was met.
package struct LimitHit: Hashable, Sendable {
    package let name: LimitName
    /// When there is room again; nil where nobody can know, since a session has to end first.
    package let wait: Duration?

    /// What the client is told, without its line end: which limit, and when to come back.
    package var reply: String {
        let head = "\(name.code) Too many \(name.excess) (\(name.rawValue))"
        guard let wait else { return head + ", close one first" }
        return head + ", try again in \(max(1, Int((wait / .seconds(1)).rounded(.up)))) s"
    }
}
