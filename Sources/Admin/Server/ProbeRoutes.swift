import HTTPTypes
import Hummingbird
internal import NIOCore

/// What a supervisor or a load balancer asks: whether the relay lives, and whether it takes mail.
struct ProbeRoutes: Sendable {
    let readiness: @Sendable () async -> ReadinessDocument

    func add(to routes: RouteList) {
        for method in [HTTPRequest.Method.get, .head] {
            routes.on("livez", only: method, for: .anyone) { _, _ in Self.plain(true) }
            routes.on("readyz", only: method, for: .anyone) { request, _ in try await ready(request) }
        }
    }

    private func ready(_ request: Request) async throws -> Response {
        let document = await readiness()
        guard request.isVerbose else { return Self.plain(document.isReady) }
        return try .json(document, status: document.isReady ? .ok : .serviceUnavailable)
    }

    /// No data: only yes or no.
    private static func plain(_ isGood: Bool) -> Response {
        let text = ByteBuffer(string: isGood ? "ok\n" : "not ready\n")
        return Response(
            status: isGood ? .ok : .serviceUnavailable, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: text))
    }
}
