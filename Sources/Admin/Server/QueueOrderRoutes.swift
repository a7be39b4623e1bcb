internal import Delivery
import HTTPTypes
import Hummingbird
internal import Mail
internal import NIOCore

/// The routes for orders about messages.
struct QueueOrderRoutes: Sendable {
    let sources: AdminServer.Sources
    let carryOut: AdminServer.Sources.Order

    /// Enough for the IDs of a million messages.
    private static let maxBody = 32 << 20

    /// An order about one message, named in the path.
    func order(_ verb: QueueVerb, _ id: QueueID, _ request: Request, _ context: AdminContext) async throws -> Response {
        let document = try await document(request)
        guard document.ids == nil, document.filter == nil else {
            throw AdminError(
                .badRequest, "the path names the message: ids and filter are for /v1/queue/\(verb.rawValue)")
        }
        let run = try await run(verb, document, request, context)
        var answer = ByteBuffer()
        try await run.run([id]) { answer.writeImmutableBuffer($0) }
        let line = try AdminJSON.decode(QueueOrderLine.self, from: answer)
        guard line.result != "done" else { return .lines(ResponseBody(byteBuffer: answer)) }
        throw HTTPError(Self.status(of: line.result), message: line.reason ?? line.result)
    }

    private static func status(of result: String) -> HTTPResponse.Status {
        switch result {
        case "missing": .notFound
        case "unchanged": .conflict
        default: .serviceUnavailable
        }
    }

    /// An order about the messages that the body names, or selects.
    func order(_ verb: QueueVerb, _ request: Request, _ context: AdminContext) async throws -> Response {
        let document = try await document(request)
        let run = try await run(verb, document, request, context)
        switch (document.ids, document.filter) {
        case (let ids?, nil): return answer { try await run.run(ids, $0) }
        case (nil, let filter?):
            let listing = try QueueListing(filter, in: sources.queue, now: sources.now())
            try await run.audit.begin()
            return answer { try await run.run(listing, $0) }
        case (nil, nil), (.some, .some):
            throw AdminError(.badRequest, "the body must have either ids or filter; a filter {} means every message")
        }
    }

    private func document(_ request: Request) async throws -> QueueOrderDocument {
        try QueueOrderDocument(try await request.body.collect(upTo: Self.maxBody))
    }

    private func run(
        _ verb: QueueVerb, _ document: QueueOrderDocument, _ request: Request, _ context: AdminContext
    ) async throws -> QueueOrderRun {
        if document.resolution != nil {
            throw AdminError(.badRequest, "resolution is for resolve, not for \(verb.rawValue)")
        }
        let order = try verb.order(notify: document.bounce, to: document.to)
        if let name = document.to { try await checkUpstream(name) }
        let report = QueueOrderReport(verb, document, who: await context.peer(request))
        return QueueOrderRun(
            order: order, wait: document.wait, report: report, carryOut: carryOut, tell: sources.report,
            audit: sources.audit(of: report))
    }

    private func checkUpstream(_ name: String) async throws {
        let names = await sources.upstreams().map(\.name)
        guard !names.contains(name) else { return }
        let list = names.joined(separator: ", ")
        throw HTTPError(.notFound, message: "no upstream \(name) in relay.conf; there are \(list)")
    }

    /// The order is carried out while its answer is written. A client that goes away ends it: the answer tells what is done.
    private func answer(
        _ body: @escaping @Sendable ((ByteBuffer) async throws -> Void) async throws -> Void
    ) -> Response {
        .lines(writing: body)
    }
}
