internal import Access
import HTTPTypes
import Hummingbird
internal import Ingress
internal import Mail
internal import NIOCore

/// The route for handing in mail.
struct MessageRoutes: Sendable {
    let ingress: IngressServer

    /// For a failure that passes by itself.
    private static let retryAfter = 10

    func add(to routes: RouteList) {
        routes.on("messages", only: .post, for: .role(.send)) { try await take($0, $1) }
    }

    private func take(_ request: Request, _ context: AdminContext) async throws -> Response {
        let submitter = try submitter(request, context)
        do {
            return try Self.response(try await submit(request, submitter))
        } catch let error as SubmittedEnvelope.Malformed {
            return try Self.refusal(error.reply, error.address)
        } catch SubmissionError.empty {
            throw AdminError(.badRequest, "the body is empty where the message should be")
        } catch is SubmissionError {
            throw HTTPError(
                .serviceUnavailable, headers: [.retryAfter: "\(Self.retryAfter)"],
                message: "no mail is taken now: the relay is starting or stopping")
        }
    }

    private func submit(_ request: Request, _ submitter: Submitter) async throws -> SubmissionResult {
        let kind = try SubmissionKind(request)
        switch kind {
        case .raw:
            let envelope = try SubmissionQuery(request.parameters).envelope()
            return try await ingress.submit(envelope, from: submitter, size: request.contentLength, request.body)
        case .form(let boundary):
            guard request.parameters.isEmpty else {
                throw HTTPError(
                    .conflict, message: "a form has sender and recipients in its part envelope, and none in the query")
            }
            var form = FormReader(boundary: boundary, request.body)
            let envelope = try await form.envelope()
            return try await ingress.submit(envelope, from: submitter, size: nil, form)
        }
    }

    // MARK: Who

    private func submitter(_ request: Request, _ context: AdminContext) throws -> Submitter {
        let client = context.client.flatMap { IPAddress($0) } ?? IPAddress(ipv4: 0x7F00_0001)
        let token: AccessToken? = if case .token(let token) = context.caller { token } else { nil }
        return Submitter(client: client, user: try user(of: token), key: try Self.key(request, token))
    }

    private func user(of token: AccessToken?) throws -> UserSettings? {
        guard let name = token?.user else { return nil }
        guard let user = ingress.directory[name] else {
            throw HTTPError(.forbidden, message: "the user of this token does not exist any more")
        }
        return user
    }

    private static func key(_ request: Request, _ token: AccessToken?) throws -> Submitter.Key? {
        let fields = request.headers[values: .idempotencyKey]
        guard !fields.isEmpty else { return nil }
        let scope = token.map { "token \($0.name)" } ?? "socket"
        guard fields.count == 1, let key = Submitter.Key(scope: scope, text: fields[0]) else {
            throw AdminError(.badRequest, "Idempotency-Key must occur once, with 1 to 256 visible ASCII characters")
        }
        return key
    }

    // MARK: Answers

    private static func response(_ result: SubmissionResult) throws -> Response {
        switch result {
        case .accepted(let id): try .json(ImportDocument(queueID: id), status: .accepted)
        case .refused(let reply, let recipient): try refusal(reply, recipient)
        }
    }

    private static func refusal(_ reply: Reply, _ address: String?) throws -> Response {
        let verdict = SubmissionVerdict(reply)
        var problem = ProblemDocument(
            status: verdict.status.code, title: verdict.status.reasonPhrase,
            detail: address.map { "\($0): \(reply)" } ?? reply.description)
        problem.smtpCode = Int(reply.code)
        problem.smtpReply = reply.description
        problem.address = address
        var response = try Response.json(problem, status: verdict.status)
        response.headers[.contentType] = "application/problem+json"
        if verdict.isTransient { response.headers[.retryAfter] = "\(verdict.wait ?? retryAfter)" }
        return response
    }
}

extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
}

extension Request {
    /// Octets of the body, as its client says; nil if it does not.
    fileprivate var contentLength: Int? { headers[.contentLength].flatMap { Int($0) } }
}
