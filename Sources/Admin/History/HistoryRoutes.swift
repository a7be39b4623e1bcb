package import History
import Hummingbird
package import Mail
internal import NIOCore
internal import Spool
internal import Suppression

/// The routes about mail that has left.
struct HistoryRoutes: Sendable {
    let sources: AdminServer.Sources
    let access: AdminServer.Sources.History

    /// Without a limit.
    private static let pageSize = 200
    private static let maxBody = 64 << 10

    func add(to routes: RouteList) {
        routes.on("history", only: .get) { request, _ in try await page(request) }
        routes.on("history/stats", only: .get) { request, _ in try await statistics(request) }
        routes.on("history/{id}", only: .get) { _, context in try await show(context) }
        routes.on("history/{id}/content", only: .get) { _, context in try await content(context) }
        routes.on("history/erase", only: .post) { request, context in try await erase(request, context) }
    }

    private func page(_ request: Request) async throws -> Response {
        let question = try HistoryQuestion(query: request.parameters)
        let page = try await access.source.page(
            try question.filter(at: sources.now()), before: question.after,
            limit: min(question.limit ?? Self.pageSize, Self.pageSize))
        return try .json(HistoryPageDocument(page))
    }

    private func show(_ context: AdminContext) async throws -> Response {
        let id = try QueueFilter.queueID(context.parameters.require("id"))
        guard let document = try await access.source.document(of: id) else {
            throw HTTPError(.notFound, message: "no message \(id) in the history")
        }
        return try .json(document)
    }

    private func content(_ context: AdminContext) async throws -> Response {
        let id = try QueueFilter.queueID(context.parameters.require("id"))
        let source = access.source
        guard let document = try await source.document(of: id) else {
            throw HTTPError(.notFound, message: "no message \(id) in the history")
        }
        guard let reader = try await source.openContent(of: document.cursor) else {
            throw HTTPError(.notFound, message: HistoryDocument.noContent(id))
        }
        let body = ResponseBody { writer in
            var output = writer
            try await source.forEachPart(of: reader) { try await output.write($0) }
            try await output.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "message/rfc822"], body: body)
    }

    private func statistics(_ request: Request) async throws -> Response {
        let question = try HistoryQuestion(query: request.parameters)
        guard question.limit == nil, question.after == nil else {
            throw AdminError(.badRequest, "limit and after are not for statistics: they count all that match")
        }
        let (filter, source) = (try question.filter(at: sources.now()), access.source)
        return .lines { write in
            let statistics = try await source.statistics(filter) { progress in
                try await write(ByteBuffer(string: try AdminJSON.line(HistoryProgressDocument(progress: progress))))
            }
            for problem in statistics.problems.sorted() {
                try await write(ByteBuffer(string: try AdminJSON.line(HistoryProblemDocument(problem: problem))))
            }
            for document in HistoryStatisticsDocument.all(statistics) {
                try await write(ByteBuffer(string: try AdminJSON.line(document)))
            }
        }
    }

    private func erase(_ request: Request, _ context: AdminContext) async throws -> Response {
        var order = try Self.order(try await request.body.collect(upTo: Self.maxBody))
        order.reason = try QueueOrderDocument.checked(reason: order.reason)
        let (isRehearsal, who) = (order.dryRun ?? false, await context.peer(request))
        if !isRehearsal {
            // By its hash: the audit log must forget the address too.
            try await sources.book.record(
                AuditedOrder(
                    who: who, what: "history erase", subject: access.hashed(order.recipient), reason: order.reason))
        }
        let count = try await access.erase(order.recipient, isRehearsal)
        if !isRehearsal { sources.report(.erased(count, who: who, reason: order.reason)) }
        order.recipients = count
        return try .json(order)
    }

    private static func order(_ body: ByteBuffer) throws(AdminError) -> HistoryErasureDocument {
        var order = try document(body)
        order.recipient = SuppressionPattern.bare(order.recipient)
        guard !order.recipient.isEmpty, order.recipient.utf8.contains(UInt8(ascii: "@")), !order.recipient.contains("*")
        else { throw AdminError(.badRequest, "recipient must be one whole address") }
        return order
    }

    private static func document(_ body: ByteBuffer) throws(AdminError) -> HistoryErasureDocument {
        try AdminJSON.order(
            HistoryErasureDocument.self, from: body, known: ["recipient", "reason", "dry_run"],
            example: #"{"recipient":"ann@example.com","reason":"asked to be forgotten"}"#)
    }
}

extension HistorySource {
    /// The message with this queue ID; nil if there is none.
    ///
    /// - Throws: ``SpoolError`` `corrupt` if it may be in what cannot be read.
    package func document(of id: QueueID) async throws -> HistoryDocument? {
        var filter = HistoryFilter()
        filter.queueID = id
        var (next, problem) = (Int?.none, String?.none)
        repeat {
            let page = try await page(filter, before: next, limit: 1)
            if let (number, record) = page.records.first { return HistoryDocument(record, number: number) }
            problem = problem ?? page.problems.first
            next = page.next
        } while next != nil
        guard let problem else { return nil }
        throw SpoolError(.corrupt, "no message \(id) in what can be read of the history: \(problem)")
    }

    /// Figures of all that matches.
    ///
    /// - Parameter progress: told now and then how far it is, from 0 to 1.
    package func statistics(
        _ filter: HistoryFilter, progress: (Double) async throws -> Void
    ) async throws -> HistoryStatistics {
        var (statistics, next) = (HistoryStatistics(), Int?.none)
        while true {
            let part = try await add(filter, before: next, to: statistics)
            statistics = part.statistics
            guard let (number, done) = part.next else { return statistics }
            next = number
            try await progress(done)
        }
    }
}
