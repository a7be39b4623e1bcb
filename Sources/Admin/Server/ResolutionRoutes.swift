internal import Audit
internal import Delivery
import HTTPTypes
import Hummingbird
internal import Mail
internal import NIOCore
internal import Spool

/// The route for resolving doubts.
struct ResolutionRoutes: Sendable {
    let sources: AdminServer.Sources

    /// Enough for the recipients of one message, and more.
    private static let maxBody = 4 << 20

    func resolve(_ request: Request, _ id: QueueID, _ context: AdminContext) async throws -> Response {
        let order = try ResolutionDocument(try await request.body.collect(upTo: Self.maxBody))
        let answer = try order.answer()
        var words = QueueOrderDocument()
        (words.reason, words.resolution) = (order.reason, answer.rawValue)
        let report = await report(words, request, context)
        let audit = ResolutionAudit(book: sources.book, report: report)
        let message = try await sources.queue.message(id)
        if let message { try await audit.willResolve(message, order.recipients) }
        let result = await sources.resolve(id, order.recipients?.map { Address(unchecked: $0) }, answer)
        guard case .resolved(let addresses) = result else {
            let words = result.words(about: id)
            // One that was not there has no record.
            if message != nil { audit.hasNotResolved(id, words.text) }
            throw HTTPError(words.status, message: words.text)
        }
        sources.report(.ordered([id], report))
        return try .json(ResolutionDocument(answer, recipients: addresses.map(\.text), queueID: id))
    }

    /// What cannot be recorded is not resolved.
    private static func refused(
        _ page: [(id: QueueID, addresses: [String])], _ answer: InDoubtResolution, _ error: AuditError
    ) throws -> ByteBuffer {
        let lines = try page.map { try AdminJSON.line(ResolutionLine($0.id, answer, unaudited: error.refusal)) }
        return ByteBuffer(string: lines.joined())
    }

    private func report(
        _ document: QueueOrderDocument, _ request: Request, _ context: AdminContext
    ) async -> QueueOrderReport {
        QueueOrderReport(order: "resolve", document, who: await context.peer(request))
    }

    /// The doubts that a filter selects: of each message, those of the recipients that match.
    func resolveAll(_ request: Request, _ context: AdminContext) async throws -> Response {
        let document = try QueueOrderDocument(try await request.body.collect(upTo: Self.maxBody))
        guard document.bounce == nil, document.to == nil, document.ids == nil, var filter = document.filter else {
            throw AdminError(
                .badRequest, "the body must have resolution and filter; a filter {} means everything in doubt")
        }
        let answer = try ResolutionDocument(document.resolution).answer()
        let inDoubt = Recipient.State.inDoubt.rawValue
        guard filter.state ?? inDoubt == inDoubt else {
            throw AdminError(.badRequest, "only what is in doubt can be resolved: state must be \(inDoubt)")
        }
        filter.state = inDoubt
        let listing = try QueueListing(filter, in: sources.queue, now: sources.now())
        let (resolve, tell, report) = (sources.resolve, sources.report, await report(document, request, context))
        let (whole, audit) = (sources.audit(of: report), ResolutionAudit(book: sources.book, report: report))
        try await whole.begin()
        return .lines { write in
            var (done, others) = (0, 0)
            defer {
                whole.end(done: done, others: others)
                tell(.orderEnded(report, done: done, others: others))
            }
            try await listing.forEachPageOfMatches { page in
                do throws(AuditError) {
                    try await audit.willResolve(page)
                } catch {
                    others += page.count
                    return try await write(try Self.refused(page, answer, error))
                }
                for (id, addresses) in page {
                    let result = await resolve(id, addresses.map { Address(unchecked: $0) }, answer)
                    if case .resolved = result {
                        done += 1
                        tell(.ordered([id], report))
                    } else {
                        others += 1
                    }
                    try await write(ByteBuffer(string: try AdminJSON.line(ResolutionLine(id, answer, result))))
                }
            }
        }
    }
}

extension InDoubtResolutionResult {
    /// Why nothing is resolved, or not for good, for people; and the status for programs.
    fileprivate func words(about id: QueueID) -> (status: HTTPResponse.Status, text: String) {
        switch self {
        case .resolved: (.ok, "")
        case .noSuchMessage: (.notFound, "no message \(id) in the queue")
        case .notInDoubt(nil): (.conflict, "no recipient of message \(id) is in doubt")
        case .notInDoubt(let address?): (.conflict, "recipient \(address) of message \(id) is not in doubt")
        case .noSuchRecipient(let address): (.conflict, "message \(id) has no recipient \(address)")
        case .noOtherUpstream(let address):
            (
                .conflict,
                "recipient \(address) has no upstream but the one that may have it already; use retry"
            )
        case .busy:
            (.serviceUnavailable, "an attempt of message \(id) is in progress; try again when it has ended")
        case .stopping: (.serviceUnavailable, "the relay is stopping; try again when it is running")
        case .unreadable(let reason): (.serviceUnavailable, "nothing has changed: \(reason)")
        case .unrecorded(let reason):
            (.serviceUnavailable, "resolved, but not on disk until the spool can be written: \(reason)")
        }
    }

    /// As in ``QueueOrderLine``.
    fileprivate var word: String {
        switch self {
        case .resolved: "done"
        case .noSuchMessage: "missing"
        case .notInDoubt, .noSuchRecipient, .noOtherUpstream: "unchanged"
        case .busy: "busy"
        case .stopping: "stopping"
        case .unreadable: "unreadable"
        case .unrecorded: "unrecorded"
        }
    }
}

extension ResolutionLine {
    fileprivate init(_ id: QueueID, _ answer: InDoubtResolution, unaudited reason: String) {
        (queueID, resolution, recipients, result, self.reason) = (
            id.description, answer.rawValue, [], "unrecorded", "\(id): \(reason)"
        )
    }

    fileprivate init(_ id: QueueID, _ answer: InDoubtResolution, _ result: InDoubtResolutionResult) {
        queueID = id.description
        resolution = answer.rawValue
        self.result = result.word
        if case .resolved(let addresses) = result {
            (recipients, reason) = (addresses.map(\.text), nil)
        } else {
            (recipients, reason) = ([], result.words(about: id).text)
        }
    }
}
