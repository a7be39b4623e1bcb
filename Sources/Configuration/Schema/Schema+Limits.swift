internal import Ingress
internal import Mail

extension Schema {
    /// Where the limits of one kind of subject are.
    private struct SubjectPaths {
        typealias Path<Value> = any WritableKeyPath<ConfigurationDraft, Value> & Sendable

        let connections: Path<Int>
        let connectionRate, messageRate, recipientRate, byteRate: Path<Rate?>
    }

    static let limits = Section(
        "limits",
        "How much is accepted before clients are told to come back later (4xx). By default only "
            + "total_connections is limited; 0 is no limit. What a rate allows may come all at once.",
        prototype: ConfigurationDraft(),
        keys: party(
            "client", "one client address; an IPv6 client is its /64",
            SubjectPaths(
                connections: \.limits.client.connections, connectionRate: \.limits.client.connectionRate,
                messageRate: \.limits.client.messageRate, recipientRate: \.limits.client.recipientRate,
                byteRate: \.limits.client.byteRate))
            + party(
                "user", "one logged-in user",
                SubjectPaths(
                    connections: \.limits.user.connections, connectionRate: \.limits.user.connectionRate,
                    messageRate: \.limits.user.messageRate, recipientRate: \.limits.user.recipientRate,
                    byteRate: \.limits.user.byteRate)) + total)

    private static func party(_ name: String, _ whose: String, _ paths: SubjectPaths) -> [Key<ConfigurationDraft>] {
        [
            .optional(
                "\(name)_connections", paths.connections, .integer(0...1_000_000),
                "Concurrent sessions of \(whose)."),
            .optional(
                "\(name)_connection_rate", paths.connectionRate, .rate, "Rate limit for new sessions of \(whose)."),
            .optional("\(name)_message_rate", paths.messageRate, .rate, "Rate limit for messages of \(whose)."),
            .optional("\(name)_recipient_rate", paths.recipientRate, .rate, "Rate limit for recipients of \(whose)."),
            .optional("\(name)_byte_rate", paths.byteRate, .byteRate, "Rate limit for content of \(whose)."),
        ]
    }

    private static let total: [Key<ConfigurationDraft>] = [
        .optional(
            "total_connections", \.limits.totalConnections, .integer(0...1_000_000),
            "Concurrent sessions over all listeners; further connections wait until one ends."),
        .optional("total_message_rate", \.limits.totalMessageRate, .rate, "Rate limit for messages in total."),
        .optional("total_byte_rate", \.limits.totalByteRate, .byteRate, "Rate limit for content in total."),
        .optional(
            "exempt", \.limits.exempt, .networks, "Networks whose clients are exempt from client_* limits."),
    ]
}
