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
        let result = await sources.resolve(id, order.recipients?.map { Address(unchecked: $0) }, answer)
        guard case .resolved(let addresses) = result else {
            let words = result.words(about: id)
            throw HTTPError(words.status, message: words.text)
        }
        var words = QueueOrderDocument()
        words.reason = order.reason
        sources.report(.ordered([id], await report(words, context)))
        return try .json(ResolutionDocument(answer, recipients: addresses.map(\.text), queueID: id))
    }

    private func report(_ document: QueueOrderDocument, _ context: AdminContext) async -> QueueOrderReport {
        QueueOrderReport(order: "resolve", document, who: await context.peer())
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
        let (resolve, tell, report) = (sources.resolve, sources.report, await report(document, context))
        return .lines { write in
            var (done, others) = (0, 0)
            defer { tell(.orderEnded(report, done: done, others: others)) }
            try await listing.forEachPageOfMatches { page in
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
                "the route of recipient \(address) has no upstream but the one that may have it; resolve it with retry"
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
