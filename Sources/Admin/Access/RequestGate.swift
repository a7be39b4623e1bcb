internal import Access
import HTTPTypes
import Hummingbird
internal import Ingress
internal import Mail
internal import NIOCore

/// Lets requests in, or refuses them: from the socket all, from TCP those with the right token, name and origin.
struct RequestGate: Sendable {
    /// nil for the socket.
    let control: AccessControl?
    /// Whether the connections are by TLS.
    var isEncrypted = false

    /// A request may be answered.
    ///
    /// - Returns: the same context with its caller.
    /// - Throws: ``HTTPError``.
    func admit(_ request: Request, _ context: AdminContext, to access: RouteAccess) async throws -> AdminContext {
        var context = context
        context.isEncrypted = isEncrypted
        guard let control else {
            try Self.checkBrowser(request)
            context.caller = .socket
            return context
        }
        let client = try client(of: request, context, control)
        context.client = client.description
        if let peer = context.peerAddress, control.rules.isProxy(peer) {
            context.isEncrypted = isEncrypted || request.isForwardedEncrypted
        }
        let refuse = Refusal(control: control, client: client.description)
        let host = try host(of: request, refuse)
        guard access != .anyone else {
            try meter(control.strangers, client.description, refuse)
            return context
        }
        try check(host, of: request, context, control.rules, refuse)
        let token = try await token(of: request, control, refuse)
        context.caller = .token(token)
        if access != .role(.send) { try meter(control.holders, token.name, refuse, token: token.name) }
        try checkRole(of: token, access, refuse)
        context.permit = AccessPermit(
            control: control, client: client, token: token, session: Self.session(in: request.headers), access: access)
        return context
    }

    /// The system knows who has opened the socket, not which page made that browser send this.
    private static func checkBrowser(_ request: Request) throws {
        do throws(BrowserCheck.Refusal) {
            try BrowserCheck.check(request.head)
        } catch {
            switch error {
            case .host:
                throw HTTPError(.misdirectedRequest, message: "by the socket, browsers must use localhost as the host")
            case .origin: throw HTTPError(.forbidden, message: "a page of another site may not use the API")
            }
        }
    }

    private func checkRole(of token: AccessToken, _ access: RouteAccess, _ refuse: Refusal) throws {
        guard case .role(let role) = access, !token.role.allows(role) else { return }
        throw refuse(
            .role, .forbidden, "the role of this token is \(token.role.rawValue); this needs \(role.rawValue)",
            token: token.name)
    }

    private func client(of request: Request, _ context: AdminContext, _ control: AccessControl) throws -> IPAddress {
        let (rules, peer) = (control.rules, context.peerAddress)
        let fields = request.headers[values: .forwardedFor]
        guard let peer, let client = rules.client(peer, forwarded: fields) else {
            throw HTTPError(.badRequest, message: "X-Forwarded-For must be a list of IP addresses")
        }
        guard rules.admits(client) else {
            let refuse = Refusal(control: control, client: client.description)
            throw refuse(.network, .forbidden, "\(client) is in no network of [admin] allow")
        }
        return client
    }

    /// Whoever asks: two servers could take a request without one, or with two, for different ones.
    private func host(of request: Request, _ refuse: Refusal) throws -> String {
        guard let host = request.head.authority, request.headers[.host] == nil else {
            throw refuse(.host, .badRequest, "a request must have one Host")
        }
        return host
    }

    private func check(
        _ host: String, of request: Request, _ context: AdminContext, _ rules: AccessRules, _ refuse: Refusal
    ) throws {
        guard rules.isOurs(host, at: context.localAddress) else {
            throw refuse(.host, .misdirectedRequest, "the host is not one of this relay; [admin] hosts can name it")
        }
        for origin in request.headers[values: .origin] where !rules.isOurs(origin: origin, at: context.localAddress) {
            throw refuse(.origin, .forbidden, "a page of another site may not use the API")
        }
    }

    private func meter(
        _ meter: RequestMeter, _ name: String, _ refuse: Refusal, token: String? = nil
    ) throws {
        guard let wait = meter.take(name) else { return }
        throw refuse(.rate, .tooManyRequests, "too many requests", [.retryAfter: "\(wait)"], token: token)
    }

    private func token(
        of request: Request, _ control: AccessControl, _ refuse: Refusal
    ) async throws -> AccessToken {
        guard let presented = Self.bearer(request.headers[values: .authorization]) else {
            if let token = try session(of: request, control, refuse) { return token }
            try meter(control.strangers, refuse.client, refuse)
            throw refuse(.noToken, .unauthorized, "a token is needed: Authorization: Bearer TOKEN", Self.challenge)
        }
        if let token = control.tokens.token(presented) { return token }
        try meter(control.strangers, refuse.client, refuse)
        guard await control.brake.hold() else {
            throw refuse(.token, .tooManyRequests, "too many wrong tokens at a time", [.retryAfter: "1"])
        }
        throw refuse(.token, .unauthorized, "the token is not valid", Self.invalidToken)
    }

    /// The token that the session of a browser stands for; nil without one that is valid.
    private func session(of request: Request, _ control: AccessControl, _ refuse: Refusal) throws -> AccessToken? {
        guard let secret = Self.session(in: request.headers),
            let token = control.sessions.token(secret, in: control.tokens)
        else { return nil }
        guard !SessionCookie.couldBeForged(request.head) else {
            throw refuse(
                .origin, .forbidden,
                "with a session, a request that changes something needs Origin or X-Posthorse-Request",
                token: token.name)
        }
        return token
    }

    /// The secret of a session, which counts only where nothing else says who asks.
    private static func session(in fields: HTTPFields) -> String? {
        fields[values: .authorization].isEmpty ? SessionCookie.secret(in: fields) : nil
    }

    /// RFC 6750 section 3.
    static let challenge: HTTPFields = [.wwwAuthenticate: "Bearer realm=\"posthorse\""]
    private static let invalidToken: HTTPFields = [
        .wwwAuthenticate: "Bearer realm=\"posthorse\", error=\"invalid_token\""
    ]

    /// The token of the one field `Bearer TOKEN`; nil for none, for another scheme, and for several fields.
    private static func bearer(_ fields: [String]) -> String? {
        guard fields.count == 1 else { return nil }
        let words = fields[0].split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
        return String(words[1])
    }
}

/// Reports a refusal, and makes the error for the client.
private struct Refusal {
    let control: AccessControl
    let client: String

    func callAsFunction(
        _ reason: AccessRefusal, _ status: HTTPResponse.Status, _ message: String, _ headers: HTTPFields = [:],
        token: String? = nil
    ) -> HTTPError {
        control.report(.refused(reason, client: client, token: token))
        return HTTPError(status, headers: headers, message: message)
    }
}

extension Request {
    /// Whether a proxy says that its client came by TLS.
    fileprivate var isForwardedEncrypted: Bool {
        headers[values: .forwardedProtocol].map { $0.lowercased() } == ["https"]
    }
}

extension HTTPField.Name {
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
    static let forwardedProtocol = HTTPField.Name("X-Forwarded-Proto")!
    static let host = HTTPField.Name("Host")!
}
