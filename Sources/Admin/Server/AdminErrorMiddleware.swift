internal import Audit
internal import Mail
import HTTPTypes
import Hummingbird
internal import NIOCore
internal import Spool

/// Turns errors into `{"error": "..."}` with a suitable status.
struct AdminErrorMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            return try .json(ErrorDocument(error.body ?? error.status.reasonPhrase), status: error.status)
        } catch is NIOTooManyBytesError {
            return try .json(ErrorDocument("the body is too large"), status: .contentTooLarge)
        } catch let error as AdminError {
            return try .json(ErrorDocument(error.message), status: .badRequest)
        } catch let error as AuditError {
            return try .json(ErrorDocument(error.refusal), status: .serviceUnavailable)
        } catch let error as SpoolError {
            return try .json(ErrorDocument(error.message), status: .serviceUnavailable)
        }
    }
}

extension AuditError {
    /// Why an order is not carried out, for people.
    var refusal: String {
        code == .closed ? message : "nothing has changed, since the audit log cannot record it: \(message)"
    }
}
