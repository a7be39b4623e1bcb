import Admin
import Configuration
import Console
import History
import Mail
import NIOCore
import Spool
import Telemetry

/// Source of the `history …` commands: the running relay, or the data directory of a stopped one.
struct HistoryReader {
    private let client: RelayClient
    private let isPlaceGiven: Bool

    /// - Throws: ``Failure`` if nothing says where the relay is.
    init(_ options: RelayOptions) throws(Failure) {
        client = try RelayClient(options)
        isPlaceGiven = options.location.isGiven
    }

    /// The messages asked for, newest first.
    ///
    /// - Parameters:
    ///   - progress: told how far the search is, from 0 to 1, where that takes time.
    ///   - problem: told what could not be read.
    /// - Returns: whether there may be more of them than were asked for.
    func search(
        _ question: HistoryQuestion, progress: (Double) -> Void, problem: (String) -> Void,
        _ body: (_ message: HistoryDocument, _ matching: [Int]?) throws -> Void
    ) async throws -> Bool {
        var (question, left) = (question, question.limit ?? .max)
        while true {
            question.limit = left == .max ? nil : left
            let page = try await page(question)
            for text in page.problems { problem(text) }
            for (index, record) in page.records.enumerated() {
                let matching = page.matching ?? []
                try body(record, matching.indices.contains(index) ? matching[index] : nil)
            }
            left -= left == .max ? 0 : page.records.count
            guard let next = page.next else { return false }
            guard left > 0 else { return true }
            if let done = page.progress { progress(done) }
            question.after = next
        }
    }

    private func page(_ question: HistoryQuestion) async throws -> HistoryPageDocument {
        try await ask { client in
            try await client.document(HistoryPageDocument.self, at: AdminPath.history(question))
        } orRead: { source in
            let page = try await source.page(
                try question.filter(at: EventLog.wallClock()), before: question.after, limit: question.limit ?? 200)
            return HistoryPageDocument(page)
        }
    }

    /// One message.
    ///
    /// - Throws: ``Failure`` if it is not there.
    func message(_ id: QueueID) async throws -> HistoryDocument {
        try await ask { client in
            try await client.document(HistoryDocument.self, at: AdminPath.historyEntry(id.description))
        } orRead: { source in
            guard let document = try await source.document(of: id) else { throw Self.noSuchMessage(id) }
            return document
        }
    }

    /// The octets of a message, part by part.
    ///
    /// - Throws: ``Failure`` if it is not there, or its content is not kept.
    func forEachPart(of id: QueueID, _ body: (ByteBuffer) throws -> Void) async throws {
        try await ask { client in
            try await client.forEachPart(at: AdminPath.historyContent(id.description), body)
        } orRead: { source in
            guard let document = try await source.document(of: id) else { throw Self.noSuchMessage(id) }
            guard let reader = try await source.openContent(of: document.cursor) else {
                throw Failure(.noSuchMessage, HistoryDocument.noContent(id))
            }
            try await source.forEachPart(of: reader) { try body($0) }
        }
    }

    private static func noSuchMessage(_ id: QueueID) -> Failure {
        Failure(.noSuchMessage, "no message \(id) in the history")
    }

    /// Figures by route and upstream.
    func statistics(
        _ question: HistoryQuestion, progress: (Double) -> Void, problem: (String) -> Void
    ) async throws -> [HistoryStatisticsDocument] {
        try await ask { client in
            var documents: [HistoryStatisticsDocument] = []
            try await client.forEachLine(at: AdminPath.historyStatistics(question)) { line in
                if let done = try? AdminJSON.decode(HistoryProgressDocument.self, from: line) {
                    progress(done.progress)
                } else if let found = try? AdminJSON.decode(HistoryProblemDocument.self, from: line) {
                    problem(found.problem)
                } else {
                    documents.append(try AdminJSON.decode(HistoryStatisticsDocument.self, from: line))
                }
            }
            return documents
        } orRead: { source in
            let statistics = try await source.statistics(try question.filter(at: EventLog.wallClock())) { progress($0) }
            for text in statistics.problems.sorted() { problem(text) }
            return HistoryStatisticsDocument.all(statistics)
        }
    }

    private func ask<Answer>(
        _ relay: (AdminClient) async throws -> Answer, orRead stopped: (any HistorySource) async throws -> Answer
    ) async throws -> Answer {
        do {
            return try await client.ask(isPatient: true, relay)
        } catch let failure as Failure where failure.status == .notRunning {
            guard !isPlaceGiven, let configuration = client.place.readable else { throw failure }
            do {
                let history = try StoppedHistory(
                    path: configuration.spool.path, keep: configuration.history.keep,
                    addresses: configuration.history.addresses, now: EventLog.wallClock())
                return try await stopped(history)
            } catch let error as SpoolError {
                throw error.code == .missing ? failure : Failure(error)
            }
        }
    }
}
