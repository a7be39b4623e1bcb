package import Mail
package import Spool

/// One message with all details, as in `queue show --json`: the fields of ``MessageDocument``, and `origin`, `body`,
/// `parameters`, `expires_at`, `cycles`, `attempt`, `ledger`.
package struct MessageDetailDocument: Hashable, Sendable, Codable {
    package var message: MessageDocument
    /// Name and address of the client that sent it.
    package var origin: String
    /// `7BIT`, `8BITMIME` or `BINARYMIME`.
    package var body: String
    /// Other options requested at MAIL, as written there; empty if none.
    package var parameters: String
    /// RFC 3339; when the recipients expire that still wait by then; nil if none waits, or the relay is not running.
    package var expiresAt: String?
    /// Incomplete delivery cycles.
    package var cycles: Int
    /// The current attempt.
    package var attempt: OpenAttemptDocument?
    /// Completed attempts, oldest first.
    package var ledger: [AttemptDocument]

    private enum CodingKeys: String, CodingKey {
        case origin, body, parameters, cycles, attempt, ledger
        case expiresAt = "expires_at"
    }

    package init(
        _ message: SpooledMessage, ledger: [AttemptRecord], outlook: QueueOutlook = .unknown,
        places: QueuePlaces = .unknown, expiry: Timestamp? = nil
    ) {
        let addresses = message.recipients.map(\.address.text)
        self.message = MessageDocument(message, outlook: outlook, places: places)
        origin = message.origin
        body = message.body.rawValue
        parameters = message.options.parameters
        expiresAt = expiry?.rfc3339
        cycles = message.cycles
        attempt = message.openAttempt.map { OpenAttemptDocument($0, addresses: addresses) }
        self.ledger = ledger.map { AttemptDocument($0, addresses: addresses) }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        message = try MessageDocument(from: decoder)
        origin = try container.decode(String.self, forKey: .origin)
        body = try container.decode(String.self, forKey: .body)
        parameters = try container.decode(String.self, forKey: .parameters)
        expiresAt = try container.decode(String?.self, forKey: .expiresAt)
        cycles = try container.decode(Int.self, forKey: .cycles)
        attempt = try container.decode(OpenAttemptDocument?.self, forKey: .attempt)
        ledger = try container.decode([AttemptDocument].self, forKey: .ledger)
    }

    package func encode(to encoder: any Encoder) throws {
        try message.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(origin, forKey: .origin)
        try container.encode(body, forKey: .body)
        try container.encode(parameters, forKey: .parameters)
        try container.encode(expiresAt, forKey: .expiresAt)
        try container.encode(cycles, forKey: .cycles)
        try container.encode(attempt, forKey: .attempt)
        try container.encode(ledger, forKey: .ledger)
    }
}
