internal import Audit
internal import Mail
import HTTPTypes
import Hummingbird
internal import NIOCore
internal import Spool

/// Turns errors into problem details with a suitable status.
struct AdminErrorMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            return try .problem(error.status, error.body ?? error.status.reasonPhrase, error.headers)
        } catch is NIOTooManyBytesError {
            return try .problem(.contentTooLarge, "the body is too large")
        } catch let error as UnusableConfiguration {
            return try .json(error.document, status: .unprocessableContent).asProblem
        } catch let error as AdminError {
            return try .problem(error.code == .unavailable ? .serviceUnavailable : .badRequest, error.message)
        } catch let error as AuditError {
            return try .problem(.serviceUnavailable, error.refusal)
        } catch let error as SpoolError {
            return try .problem(.serviceUnavailable, error.message)
        }
    }
}

extension Response {
    /// With the type of problem details.
    fileprivate var asProblem: Response {
        var response = self
        response.headers[.contentType] = "application/problem+json"
        return response
    }
}

extension AuditError {
    /// Why an order is not carried out, for people.
    var refusal: String {
        code == .closed ? message : "nothing has changed, since the audit log cannot record it: \(message)"
    }
}
