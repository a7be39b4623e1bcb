package import Mail
package import Outbound
package import Spool

/// Sends events to the receiver of one webhook: signature, request, and what the answer means.
package struct WebhookSender: Sendable {
    /// Octets of an answer's body that are shown as a reason.
    private static let shownOctets = 200

    private let settings: WebhookSettings
    private let client: any WebClient
    private let wall: @Sendable () -> Timestamp

    /// - Parameter wall: the system's clock, by which receivers judge the age of a signature.
    package init(_ settings: WebhookSettings, _ client: any WebClient, wall: @escaping @Sendable () -> Timestamp) {
        self.settings = settings
        self.client = client
        self.wall = wall
    }

    package func send(_ entry: OutboxEntry) async -> WebhookAnswer {
        do {
            return Self.answer(try await client.send(try request(for: entry)))
        } catch let error as WebError {
            return .failed(reason: Self.line(error.description), wish: nil)
        } catch {
            return .failed(reason: Self.line("\(error)"), wish: nil)
        }
    }

    /// The secrets are read each time: a new one needs no reload.
    func request(for entry: OutboxEntry) throws(WebError) -> WebRequest {
        let secrets = if let file = settings.secretFile { try SecretFile.read(file) } else { [WebhookSecret]() }
        let seconds = wall().milliseconds / 1000
        let signature = try WebhookSignature.headers(
            id: entry.id, timestamp: seconds, body: entry.payload, secrets: secrets)
        return WebRequest(
            url: settings.url, headers: [("content-type", "application/json")] + signature, body: entry.payload)
    }

    static func answer(_ reply: WebReply) -> WebhookAnswer {
        guard !reply.isSuccess else { return .taken }
        let words = line(String(decoding: reply.body.prefix(shownOctets), as: UTF8.self))
        let reason = words.isEmpty ? "status \(reply.status)" : "status \(reply.status): \(words)"
        return .failed(reason: reason, wish: reply.retryAfter)
    }

    /// On one line, without control characters, and bounded: it goes into the log and into tables.
    private static func line(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : String($0) }
        return scalars.joined().split(separator: " ").joined(separator: " ").prefix(500).description
    }
}
