internal import Dialogue
import HTTPTypes
import Hummingbird
internal import NIOCore

/// The route of traces. One is recorded before anything of it is shown.
struct TraceRoutes: Sendable {
    let sources: AdminServer.Sources
    let hub: TraceHub

    func follow(_ request: Request, _ context: AdminContext) async throws -> Response {
        let question = try TraceQuestion(query: request.parameters)
        try await check(question.order.filter)
        let audit = TraceAudit(book: sources.book, who: await context.peer(request), question: question)
        let reading = TraceReading(question.order, at: hub) { [book = sources.book] in book.add([audit.end($0)]) }
        guard let reading else {
            guard !hub.isStopped else { throw HTTPError(.serviceUnavailable, message: "the relay is stopping") }
            throw HTTPError(
                .tooManyRequests,
                message: "\(TraceHub.most) traces are on, and no more may be: end one of them first")
        }
        try await sources.book.record(audit.start)
        return Response(
            status: .ok,
            headers: [.contentType: EventStream.mediaType, .cacheControl: "no-store", .accelBuffering: "no"],
            body: ResponseBody { writer in
                var output = writer
                try await reading.write(to: TraceOutlet(context)) {
                    try await output.write($0)
                } end: {
                    try await output.finish(nil)
                }
            })
    }

    private func check(_ filter: TraceFilter) async throws {
        switch filter {
        case .upstream(let name):
            guard await sources.detail(name) == nil else { return }
            throw await UpstreamControlRoutes(sources: sources).noSuchUpstream(name)
        case .client, .recipient: return
        }
    }
}
