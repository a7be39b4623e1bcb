/// Every limit that refuses for now; raw values are the keys of relay.conf, and metric labels.
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
    /// `total_connections`; connections wait instead of being refused.
    case totalConnections = "total_connections"
    /// `max_connections` of a listener; connections wait instead of being refused.
    case listenerConnections = "max_connections"
    /// `max_connections_per_client` of a listener.
    case listenerClientConnections = "max_connections_per_client"

    /// Reply code and enhanced status code (RFC 3463 section 3.8: 4.7.x are matters of policy; section 3.4: 4.3.2 is a
    /// system not accepting messages).
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

    /// What exceeds the limit.
    var excess: String {
        switch self {
        case .clientConnections, .listenerClientConnections: "concurrent sessions from your address"
        case .clientConnectionRate: "new sessions from your address"
        case .clientMessageRate: "messages from your address"
        case .clientRecipientRate: "recipients from your address"
        case .clientByteRate: "octets from your address"
        case .userConnections: "concurrent sessions of this user"
        case .userConnectionRate: "new sessions of this user"
        case .userMessageRate: "messages of this user"
        case .userRecipientRate: "recipients of this user"
        case .userByteRate: "octets of this user"
        case .totalConnections, .listenerConnections: "concurrent sessions"
        case .totalMessageRate: "messages for this relay"
        case .totalByteRate: "octets for this relay"
        }
    }
}

/// A limit that was reached.
package struct LimitHit: Hashable, Sendable {
    package let name: LimitName
    /// When there is room again; nil if unknown, because a session has to end first.
    package let wait: Duration?

    /// The reply without its line end: which limit, and when to come back.
    package var reply: String {
        let head = "\(name.code) Too many \(name.excess) (\(name.rawValue))"
        guard let wait else { return head + ", close one first" }
        return head + ", try again in \(max(1, Int((wait / .seconds(1)).rounded(.up)))) s"
    }
}
