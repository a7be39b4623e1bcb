import Admin
import Configuration
import Mail
import NIOCore
import Spool

/// What the commands `queue …` ask: the running relay, or the spool of a stopped one.
struct QueueReader {
    private let client: AdminClient
    private let config: String
    private let spool: SpoolSettings
    private let doubts: InDoubtPolicies

    init(_ options: ConfigOption) throws {
        let configuration = try options.load()
        client = AdminClient(socketPath: configuration.adminSocket)
        config = options.path
        spool = configuration.spool
        doubts = InDoubtPolicies(configuration.delivery)
    }

    /// The messages that fit, by queue ID: each as a line of JSON without its end.
    func forEachLine(_ filter: QueueFilter, _ body: (ByteBuffer) throws -> Void) async throws {
        try await ask { client in
            try await client.forEachLine(at: AdminPath.queue(filter), body)
        } orRead: { source in
            try await filter.forEachPage(in: source) { page in
                for document in page { try body(ByteBuffer(bytes: AdminJSON.data(document))) }
            }
        }
    }

    /// One message with all that is known of it.
    func message(_ id: QueueID) async throws -> MessageDetailDocument {
        try await ask { client in
            try await client.document(MessageDetailDocument.self, at: AdminPath.message(id.description))
        } orRead: { source in
            guard let message = try await source.message(id) else { throw Self.noSuchMessage(id) }
            return MessageDetailDocument(message, ledger: try await source.attempts(of: id))
        }
    }

    /// The octets of a message, part by part.
    func forEachPart(of id: QueueID, _ body: (ByteBuffer) throws -> Void) async throws {
        try await ask { client in
            try await client.forEachPart(at: AdminPath.content(id.description), body)
        } orRead: { source in
            guard let reader = try await source.openContent(of: id) else { throw Self.noSuchMessage(id) }
            try await source.forEachPart(of: reader) { try body($0) }
        }
    }

    func statistics(at now: Timestamp) async throws -> StatisticsDocument {
        try await ask { client in
            try await client.document(StatisticsDocument.self, at: AdminPath.statistics)
        } orRead: { source in
            StatisticsDocument(try await source.statistics(at: now), at: now)
        }
    }

    private func ask<Answer>(
        _ relay: (AdminClient) async throws -> Answer, orRead stopped: (any QueueSource) async throws -> Answer
    ) async throws -> Answer {
        do {
            do {
                return try await relay(client)
            } catch AdminClientError.notRunning(let socket) {
                return try await stopped(try stoppedQueue(notRunningAt: socket))
            }
        } catch let error as AdminClientError {
            throw Failure(error, config: config)
        } catch let error as SpoolError {
            throw Failure(error)
        }
    }

    private func stoppedQueue(notRunningAt socket: String) throws -> StoppedQueue {
        do throws(SpoolError) {
            return try StoppedQueue(spool, doubts: doubts)
        } catch {
            guard error.code == .missing else { throw error }
            throw AdminClientError.notRunning(socket: socket)
        }
    }

    private static func noSuchMessage(_ id: QueueID) -> Failure {
        Failure(.noSuchMessage, "no message \(id) in the queue")
    }
}
