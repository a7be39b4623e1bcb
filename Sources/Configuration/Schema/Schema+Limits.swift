internal import Ingress
internal import Mail

extension Schema {
    /// Where the limits of one kind of party are.
    private struct SubjectPaths {
        typealias Path<Value> = any WritableKeyPath<ConfigurationDraft, Value> & Sendable

        let connections: Path<Int>
        let connectionRate, messageRate, recipientRate, byteRate: Path<Rate?>
    }

    static let limits = Section(
        "limits",
        "How much is taken in before clients are told to come back later (4xx). Only total_connections is limited "
            + "unless you say so; 0 is no limit. What a rate allows may come all at once.",
        prototype: ConfigurationDraft(),
        keys: party(
            "client", "one client address; an IPv6 client is its /64",
            SubjectPaths(
                connections: \.limits.client.connections, connectionRate: \.limits.client.connectionRate,
                messageRate: \.limits.client.messageRate, recipientRate: \.limits.client.recipientRate,
                byteRate: \.limits.client.byteRate))
            + party(
                "user", "one user that has authenticated",
                SubjectPaths(
                    connections: \.limits.user.connections, connectionRate: \.limits.user.connectionRate,
                    messageRate: \.limits.user.messageRate, recipientRate: \.limits.user.recipientRate,
                    byteRate: \.limits.user.byteRate)) + total)

    private static func party(_ name: String, _ whose: String, _ paths: SubjectPaths) -> [Key<ConfigurationDraft>] {
        [
            .optional(
                "\(name)_connections", paths.connections, .integer(0...1_000_000),
                "Most sessions at a time of \(whose)."),
            .optional("\(name)_connection_rate", paths.connectionRate, .rate, "Most new sessions of \(whose)."),
            .optional("\(name)_message_rate", paths.messageRate, .rate, "Most messages of \(whose)."),
            .optional("\(name)_recipient_rate", paths.recipientRate, .rate, "Most recipients of \(whose)."),
            .optional("\(name)_byte_rate", paths.byteRate, .byteRate, "Most content of \(whose)."),
        ]
    }

    private static let total: [Key<ConfigurationDraft>] = [
        .optional(
            "total_connections", \.limits.totalConnections, .integer(0...1_000_000),
            "Most sessions at a time over all listeners; more connections wait until one ends."),
        .optional("total_message_rate", \.limits.totalMessageRate, .rate, "Most messages of everybody."),
        .optional("total_byte_rate", \.limits.totalByteRate, .byteRate, "Most content of everybody."),
        .optional(
            "exempt", \.limits.exempt, .networks, "Networks whose clients have no limits of the kind client_*."),
    ]
}
