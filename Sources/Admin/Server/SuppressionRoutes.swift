import HTTPTypes
import Hummingbird
internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool
internal import Suppression

/// The routes of the suppression list. A change is on disk before it is answered.
struct SuppressionRoutes: Sendable {
    let sources: AdminServer.Sources
    let desk: SuppressionDesk

    private static let maxBody = 4 << 20
    /// Enough for the addresses of some million suppressions.
    private static let maxFile = 128 << 20
    private static let pageSize = 1000
    /// Problems of a file that are told one by one.
    private static let mostProblems = 1000

    // MARK: Questions

    func list(_ request: Request) throws -> Response {
        let question = try SuppressionQuestion(request.parameters)
        return .lines { [desk] write in
            var (last, rest) = (question.after, question.limit ?? .max)
            repeat {
                let page = try await desk.store.page(after: last, limit: Self.pageSize, question.filter)
                let lines = try page.entries.prefix(rest).map { try AdminJSON.line(SuppressionDocument($0)) }
                rest -= lines.count
                if !lines.isEmpty { try await write(ByteBuffer(string: lines.joined())) }
                last = page.last
            } while last != nil && rest > 0
        }
    }

    func check(_ request: Request) async throws -> Response {
        try QueryParameters.check(request.parameters, optional: "address")
        guard let text = request.parameters.first(where: { $0.name == "address" })?.value, !text.isEmpty else {
            throw AdminError(.badRequest, "address is missing")
        }
        guard let address = EnvelopePath.parse("<\(SuppressionPattern.bare(text))>")?.address else {
            throw AdminError(.badRequest, "\"\(text.prefix(100))\" is not an address")
        }
        return try .json(try await desk.check(address, at: sources.now()))
    }

    // MARK: Changes

    func add(_ request: Request, _ context: AdminContext) async throws -> Response {
        let document = try SuppressionOrderDocument(try await request.body.collect(upTo: Self.maxBody))
        let (patterns, who, now) = (try document.parsedPatterns(), await context.peer(request), sources.now())
        try check(route: document.route)
        let expiresAt = try Self.moment(document.expiresAt, after: now)
        let entries = patterns.map {
            SuppressionEntry(
                SuppressionKey($0, route: document.route), reason: document.reason ?? "", source: .operator,
                addedBy: who, addedAt: now, expiresAt: expiresAt)
        }
        let outcome = SuppressionEntry.state(until: expiresAt)
        let audit = audit("add", who, document.reason, document.route)
        let results = try await carryOut(audit, patterns, outcome, isRehearsal: document.isRehearsal) { isRehearsal in
            try await desk.store.add(entries, isRehearsal: isRehearsal)
        }
        if !document.isRehearsal { report("add", patterns, counts: results.map { _ in 1 }, document, who) }
        return try Self.lines(zip(patterns, results).map { ($0, $1 ? "added" : "replaced") })
    }

    func remove(_ request: Request, _ context: AdminContext) async throws -> Response {
        let document = try SuppressionOrderDocument(try await request.body.collect(upTo: Self.maxBody))
        let who = await context.peer(request)
        let audit = audit("remove", who, document.reason, document.route)
        guard document.patterns != nil else { return try await removeAll(document, audit) }
        guard document.source == nil, document.match == nil, document.since == nil, document.all == nil
        else {
            throw AdminError(.badRequest, "patterns go with route only, not with source, match, since and all")
        }
        let patterns = try document.parsedPatterns()
        let removed = try await carryOut(audit, patterns, "none", isRehearsal: document.isRehearsal) { isRehearsal in
            try await desk.store.remove(patterns, route: document.route, isRehearsal: isRehearsal)
        }
        if !document.isRehearsal { report("remove", patterns, counts: removed.map(\.count), document, who) }
        return try Self.lines(zip(patterns, removed).map { ($0, $1.isEmpty ? "missing" : "removed") })
    }

    private func removeAll(_ document: SuppressionOrderDocument, _ audit: SuppressionAudit) async throws -> Response {
        let filter = try document.filter()
        guard !document.isRehearsal else {
            let count = try await desk.store.removeAll(filter, isRehearsal: true)
            return try .json(SuppressionRemovalDocument(removed: count))
        }
        let orders = audit.orders(about: audit.words(filter), after: "none")
        let count = try await sources.book.carryOut(orders) {
            try await desk.store.removeAll(filter, isRehearsal: false)
        }
        sources.book.conclude(orders, "\(count) removed")
        tell("remove", nil, document.route, count, document.reason, audit.who)
        return try .json(SuppressionRemovalDocument(removed: count))
    }

    func take(_ request: Request, _ context: AdminContext) async throws -> Response {
        let order = try SuppressionImportOrder(request.parameters)
        try check(route: order.route)
        let (who, now) = (await context.peer(request), sources.now())
        var defaults = SuppressionImport.Defaults(now: now, routes: Set(desk.routes))
        (defaults.reason, defaults.route, defaults.who) = (order.reason ?? "", order.route, who)
        defaults.expiresAt = try Self.moment(order.expiresAt, after: now)
        let file = Array(try await request.body.collect(upTo: Self.maxFile).readableBytesView)
        let result = try await take(file, defaults, order, who)
        guard result.problems.isEmpty else {
            throw HTTPError(.conflict, message: Self.words(about: result.problems))
        }
        return try .json(SuppressionImportDocument(result))
    }

    private func take(
        _ file: [UInt8], _ defaults: SuppressionImport.Defaults, _ order: SuppressionImportOrder, _ who: String?
    ) async throws -> SuppressionImportResult {
        guard !order.isRehearsal else { return try await desk.store.take(file, defaults, isRehearsal: true) }
        let audit = audit("import", who, order.reason, order.route)
        let orders = audit.orders(
            about: "file of \(file.count) octets", after: SuppressionEntry.state(until: defaults.expiresAt))
        let result = try await sources.book.carryOut(orders) {
            try await desk.store.take(file, defaults, isRehearsal: false)
        }
        guard result.problems.isEmpty else {
            sources.book.conclude(orders, "not carried out: problems in the file: \(result.problems.count)")
            return result
        }
        sources.book.conclude(orders, "\(result.added) added, \(result.replaced) replaced")
        tell("import", nil, order.route, result.added + result.replaced, order.reason, who)
        return result
    }

    // MARK: The audit log

    private func audit(_ order: String, _ who: String?, _ reason: String?, _ route: String?) -> SuppressionAudit {
        SuppressionAudit(book: sources.book, order: order, who: who, reason: reason, route: route)
    }

    /// A change of named patterns, recorded first unless it is a rehearsal.
    private func carryOut<Result>(
        _ audit: SuppressionAudit, _ patterns: [SuppressionPattern], _ after: String, isRehearsal: Bool,
        _ body: (Bool) async throws -> Result
    ) async throws -> Result {
        guard !isRehearsal, sources.book.log != nil else { return try await body(isRehearsal) }
        let before =
            patterns.count <= SuppressionAudit.fewest
            ? try await desk.store.entries(of: patterns, route: audit.route) : [:]
        return try await sources.book.carryOut(audit.orders(about: patterns, before: before, after: after)) {
            try await body(false)
        }
    }

    // MARK: Parts of an order

    private func check(route: String?) throws(AdminError) {
        guard let route, !desk.routes.contains(route) else { return }
        throw AdminError(
            .badRequest, "no route \(route) in relay.conf; there are \(desk.routes.joined(separator: ", "))")
    }

    private static func moment(_ text: String?, after now: Timestamp) throws(AdminError) -> Timestamp? {
        guard let text else { return nil }
        let moment = try QueryParameters.time(text, "expires_at")
        guard moment > now else { throw AdminError(.badRequest, "expires_at is over already") }
        return moment
    }

    private static func words(about problems: [SuppressionImport.Problem]) -> String {
        let more = problems.count - mostProblems
        let lines =
            problems.prefix(mostProblems).map { String($0.description.prefix(300)) }
            + (more > 0 ? ["and \(more) more"] : [])
        return lines.joined(separator: "\n")
    }

    private static func lines(_ results: [(SuppressionPattern, String)]) throws -> Response {
        let lines = try results.map { pattern, result in
            try AdminJSON.line(SuppressionResultDocument(pattern: pattern.text, result: result))
        }
        return .lines(ResponseBody(byteBuffer: ByteBuffer(string: lines.joined())))
    }

    // MARK: The log

    private func report(
        _ change: String, _ patterns: [SuppressionPattern], counts: [Int], _ document: SuppressionOrderDocument,
        _ who: String?
    ) {
        for (pattern, count) in zip(patterns, counts) where count > 0 {
            tell(change, pattern.text, document.route, count, document.reason, who)
        }
    }

    private func tell(
        _ change: String, _ pattern: String?, _ route: String?, _ count: Int, _ reason: String?, _ who: String?
    ) {
        sources.report(
            .suppressions(
                SuppressionReport(
                    change: change, pattern: pattern, route: route, count: count, reason: reason, who: who)))
    }
}
