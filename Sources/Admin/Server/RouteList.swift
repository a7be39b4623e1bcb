internal import Access
import HTTPTypes
import Hummingbird

/// The routes of the API, each with who may use it. Filled once, before the first request.
final class RouteList {
    typealias Answer = @Sendable (Request, AdminContext) async throws -> Response

    struct Route: Sendable {
        let method: HTTPRequest.Method
        /// `/v1/queue/{id}`.
        let path: String
        let access: RouteAccess
        let answer: Answer

        /// `GET /v1/queue/{id}`.
        var key: String { "\(method.rawValue) \(path)" }
    }

    private(set) var routes: [Route] = []
    private let prefix: String

    /// - Parameter prefix: what comes before every path, without a slash at its end.
    init(prefix: String = "") {
        self.prefix = prefix
    }

    /// Adds a route.
    ///
    /// - Parameters:
    ///   - path: without a slash at its beginning.
    ///   - access: nil for the usual one: `read` for GET, `operate` for everything else.
    func on(
        _ path: String, only method: HTTPRequest.Method, for access: RouteAccess? = nil, _ answer: @escaping Answer
    ) {
        let usual = RouteAccess.role(method == .get ? .read : .operate)
        routes.append(Route(method: method, path: "\(prefix)/\(path)", access: access ?? usual, answer: answer))
    }

    /// Adds the routes of another list.
    func add(_ other: RouteList) {
        routes += other.routes
    }
}

extension [RouteList.Route] {
    /// A router for connections that this gate lets in.
    func router(behind gate: RequestGate) -> Router<AdminContext> {
        let router = Router(context: AdminContext.self)
        router.add(middleware: AnswerHeaders())
        router.add(middleware: AdminErrorMiddleware())
        router.add(middleware: RouteGuard(gate: gate, index: RouteIndex(self)))
        for route in self { router.on(RouterPath(route.path), method: route.method, use: route.answer) }
        return router
    }
}
