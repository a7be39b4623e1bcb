internal import Access
import HTTPTypes
import Hummingbird

/// Lets a request in before anything else looks at it, and says what is wrong with its path or method.
struct RouteGuard: RouterMiddleware {
    let gate: RequestGate
    let index: RouteIndex

    func handle(
        _ request: Request, context: AdminContext, next: (Request, AdminContext) async throws -> Response
    ) async throws -> Response {
        let methods = index.methods(at: request.uri.path)
        // Whoever has no token does not learn which paths exist.
        let access = methods?[request.method] ?? .anyToken
        let context = try await gate.admit(request, context, to: Self.access(access, request))
        guard let methods else { throw HTTPError(.notFound, message: "there is no such path") }
        guard methods[request.method] != nil else {
            let names = methods.keys.map(\.rawValue).sorted().joined(separator: ", ")
            throw HTTPError(.methodNotAllowed, headers: [.allow: names], message: "this path supports \(names) only")
        }
        return try await next(request, context)
    }

    /// What everybody may ask, nobody may ask in detail.
    private static func access(_ access: RouteAccess, _ request: Request) -> RouteAccess {
        access == .anyone && request.isVerbose ? .role(.read) : access
    }
}

/// Header fields of every answer.
struct AnswerHeaders<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }
}

extension Request {
    /// Whether details are asked for: `?verbose`, also with a value other than false.
    var isVerbose: Bool {
        uri.queryParameters.contains { $0.key == "verbose" && $0.value != "false" && $0.value != "0" }
    }
}
