import Admin
import Configuration
import Console
import Mail
import NIOCore
import Spool
import Telemetry

/// Source of the `queue …` commands: the running relay, or the spool of a stopped one.
struct QueueReader {
    private let client: RelayClient
    private let isPlaceGiven: Bool

    /// - Throws: ``Failure`` if nothing says where the relay is.
    init(_ options: RelayOptions) throws(Failure) {
        client = try RelayClient(options)
        isPlaceGiven = options.location.isGiven
    }

    /// Who answered.
    enum Source {
        case relay
        /// The relay is not running: its spool was read.
        case spool
    }

    /// The messages asked for: each as a line of JSON without its end, and who answered.
    func forEachLine(_ question: ListingQuestion, _ body: (ByteBuffer, Source) throws -> Void) async throws {
        try await ask { client in
            try await client.forEachLine(at: AdminPath.queue(question)) { try body($0, .relay) }
        } orRead: { source in
            var lines = LineSplitter()
            try await listing(question, source).forEachPage(sorted: question.sort, isReversed: question.isReversed) {
                try lines.forEachLine(in: $0) { try body($0, .spool) }
            }
        }
    }

    /// Number of matching messages, from the listing's start and up to its limit.
    func count(_ question: ListingQuestion) async throws -> Int {
        try await ask(isPatient: true) { client in
            try await client.document(CountDocument.self, at: AdminPath.queueCount(question)).messages
        } orRead: { source in
            try await listing(question, source).count()
        }
    }

    /// Matching messages by group, the largest first.
    func groups(_ question: ListingQuestion, by grouping: QueueGrouping) async throws -> [GroupDocument] {
        var question = question
        question.grouping = grouping
        return try await ask(isPatient: true) { [question] client in
            var groups: [GroupDocument] = []
            try await client.forEachLine(at: AdminPath.statistics(question)) {
                groups.append(try AdminJSON.decode(GroupDocument.self, from: $0))
            }
            return groups
        } orRead: { source in
            try await listing(question, source).breakdown(by: grouping, at: EventLog.wallClock()).documents
        }
    }

    /// Totals of the matching messages.
    func statistics(_ question: ListingQuestion, at now: Timestamp) async throws -> StatisticsDocument {
        try await ask { client in
            try await client.document(StatisticsDocument.self, at: AdminPath.statistics(question))
        } orRead: { source in
            StatisticsDocument(try await listing(question, source).statistics(), at: now)
        }
    }

    /// A message as an exported file, part by part.
    ///
    /// - Returns: false if there is no such message.
    func export(_ id: QueueID, _ body: (ByteBuffer) throws -> Void) async throws -> Bool {
        do {
            return try await ask(isPatient: true) { client in
                try await client.forEachPart(at: AdminPath.export(id.description), body)
                return true
            } orRead: { source in
                try await MessageExport.forEachPart(of: id, in: source) { try body($0) }
            }
        } catch let failure as Failure where failure.status == .noSuchMessage {
            return false
        }
    }

    private func listing(_ question: ListingQuestion, _ source: any QueueSource) throws -> QueueListing {
        try QueueListing(question.filter, in: source, now: EventLog.wallClock())
    }

    /// One message with all details.
    func message(_ id: QueueID) async throws -> MessageDetailDocument {
        try await ask { client in
            try await client.document(MessageDetailDocument.self, at: AdminPath.message(id.description))
        } orRead: { source in
            guard let message = try await source.message(id) else { throw Self.noSuchMessage(id) }
            let outlook = await source.outlook()
            return MessageDetailDocument(
                message, ledger: try await source.attempts(of: id), outlook: outlook, places: source.places)
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

    private func ask<Answer>(
        isPatient: Bool = false, _ relay: (AdminClient) async throws -> Answer,
        orRead stopped: (any QueueSource) async throws -> Answer
    ) async throws -> Answer {
        do {
            return try await client.ask(isPatient: isPatient, relay)
        } catch let failure as Failure where failure.status == .notRunning {
            guard let queue = try stoppedQueue() else { throw failure }
            do {
                return try await stopped(queue)
            } catch let error as SpoolError {
                throw Failure(error)
            }
        }
    }

    /// The spool named by relay.conf; nil if there is none, or if another relay was meant.
    private func stoppedQueue() throws -> StoppedQueue? {
        guard !isPlaceGiven, let configuration = client.place.readable else { return nil }
        do throws(SpoolError) {
            return try StoppedQueue(configuration.spool, doubts: InDoubtPolicies(configuration.delivery))
        } catch {
            guard error.code == .missing else { throw Failure(error) }
            return nil
        }
    }

    private static func noSuchMessage(_ id: QueueID) -> Failure {
        Failure(.noSuchMessage, "no message \(id) in the queue")
    }
}
