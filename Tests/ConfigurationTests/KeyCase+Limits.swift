import Ingress
import Mail

@testable import Configuration

extension KeyCase {
    static let limits: [KeyCase] = [
        connections("client_connections", default: "0") { $0.ingress.limits.client.connections },
        rate("client_connection_rate") { $0.ingress.limits.client.connectionRate },
        rate("client_message_rate") { $0.ingress.limits.client.messageRate },
        rate("client_recipient_rate") { $0.ingress.limits.client.recipientRate },
        byteRate("client_byte_rate") { $0.ingress.limits.client.byteRate },
        connections("user_connections", default: "0") { $0.ingress.limits.user.connections },
        rate("user_connection_rate") { $0.ingress.limits.user.connectionRate },
        rate("user_message_rate") { $0.ingress.limits.user.messageRate },
        rate("user_recipient_rate") { $0.ingress.limits.user.recipientRate },
        byteRate("user_byte_rate") { $0.ingress.limits.user.byteRate },
        connections("total_connections", default: "20000") { $0.ingress.limits.totalConnections },
        rate("total_message_rate") { $0.ingress.limits.totalMessageRate },
        byteRate("total_byte_rate") { $0.ingress.limits.totalByteRate },
        KeyCase(
            "limits.exempt", default: "", good: ("[\"10.0.0.0/8\", \"192.0.2.7\"]", "10.0.0.0/8 192.0.2.7/32"),
            wrongType: (
                "\"10.0.0.0/8\"",
                "\"10.0.0.0/8\" is not a list of networks; write for example [\"10.0.0.0/8\", \"192.0.2.7\"]"
            ),
            outOfBounds: [("[10]", "10 is not a network; write for example \"10.0.0.0/8\"")]
        ) { $0.ingress.limits.exempt.joined(separator: " ") },
    ]

    private static func connections(
        _ key: String, default fallback: String, _ read: @escaping @Sendable (RelayConfiguration) -> Int
    ) -> KeyCase {
        KeyCase(
            "limits." + key, default: fallback, good: ("7", "7"),
            wrongType: ("\"four\"", "\"four\" is not a whole number; write a whole number from 0 to 1000000"),
            outOfBounds: [
                ("-1", "-1 is too small; write a whole number from 0 to 1000000"),
                ("1000001", "1000001 is too large; write a whole number from 0 to 1000000"),
            ]
        ) { String(read($0)) }
    }

    private static func rate(
        _ key: String, _ read: @escaping @Sendable (RelayConfiguration) -> Rate?
    ) -> KeyCase {
        KeyCase(
            "limits." + key, default: "none", good: ("\"600/m\"", "600 in 60.0 seconds"),
            wrongType: ("600", "600 is not a rate; write for example \"600/m\", or 0 for no limit"),
            outOfBounds: ["600", "600/", "/m", "600/x", "0/m", "-1/m", "1.5/m", "6KiB/m", "600/0s", "600/m/m"].map {
                ("\"\($0)\"", "\"\($0)\" is not a rate; write for example \"600/m\", or 0 for no limit")
            } + [("\"1/31d\"", "\"1/31d\" has too long a period; write at most 30d")]
        ) { text(read($0)) }
    }

    private static func byteRate(
        _ key: String, _ read: @escaping @Sendable (RelayConfiguration) -> Rate?
    ) -> KeyCase {
        KeyCase(
            "limits." + key, default: "none", good: ("\"1.5MiB/10s\"", "1572864 in 10.0 seconds"),
            wrongType: ("600", "600 is not a rate; write for example \"100MiB/m\", or 0 for no limit"),
            outOfBounds: [("\"1MiX/m\"", "\"1MiX/m\" is not a rate; write for example \"100MiB/m\", or 0 for no limit")]
        ) { text(read($0)) }
    }

    private static func text(_ rate: Rate?) -> String {
        rate.map { "\($0.count) in \($0.per)" } ?? "none"
    }
}
