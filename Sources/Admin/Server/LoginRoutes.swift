internal import Access
import HTTPTypes
import Hummingbird
internal import Mail
internal import NIOCore
internal import TLS

/// Sessions of browsers: begun with a token, and kept in a cookie that no script can read.
struct LoginRoutes: Sendable {
    let sessions: SessionDirectory

    func add(to routes: RouteList) {
        routes.on("session", only: .post, for: .anyToken) { try begin($0, $1) }
        routes.on("session", only: .get, for: .anyToken) { _, context in try Self.show(context) }
        routes.on("session", only: .delete, for: .anyToken) { request, _ in end(request) }
    }

    private func begin(_ request: Request, _ context: AdminContext) throws -> Response {
        let token = try Self.token(context)
        // A stolen cookie could otherwise be renewed for ever.
        guard !request.headers[values: .authorization].isEmpty else {
            throw HTTPError(
                .unauthorized, headers: RequestGate.challenge,
                message: "a session begins with a token: Authorization: Bearer TOKEN")
        }
        var response = try Self.answer(token, status: .created)
        response.headers[.setCookie] = Self.cookie(
            try secret(for: token), age: SessionDirectory.lifetime, isEncrypted: context.isEncrypted)
        return response
    }

    private func secret(for token: AccessToken) throws -> String {
        do throws(TLSError) {
            return try sessions.begin(token)
        } catch {
            throw HTTPError(.serviceUnavailable, message: "\(error)")
        }
    }

    private static func show(_ context: AdminContext) throws -> Response { try answer(try token(context), status: .ok) }

    private func end(_ request: Request) -> Response {
        if let secret = SessionCookie.secret(in: request.headers) { sessions.end(secret) }
        return Response(
            status: .noContent, headers: [.setCookie: Self.cookie("", age: .zero, isEncrypted: false)])
    }

    private static func token(_ context: AdminContext) throws -> AccessToken {
        guard case .token(let token) = context.caller else {
            throw HTTPError(.conflict, message: "the socket needs no session: the system knows who asks")
        }
        return token
    }

    private static func answer(_ token: AccessToken, status: HTTPResponse.Status) throws -> Response {
        try .json(LoginDocument(name: token.name, role: token.role.rawValue), status: status)
    }

    /// RFC 6265 section 4.1.
    private static func cookie(_ secret: String, age: Duration, isEncrypted: Bool) -> String {
        let secure = isEncrypted ? "; Secure" : ""
        return "\(SessionCookie.name)=\(secret); Path=/; Max-Age=\(age.components.seconds); HttpOnly; SameSite=Strict"
            + secure
    }
}

/// Who is logged in; property names match the JSON.
package struct LoginDocument: Hashable, Sendable, Codable {
    /// Of the token.
    package var name: String
    package var role: String
}
