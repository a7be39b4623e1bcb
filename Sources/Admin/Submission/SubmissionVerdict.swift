import HTTPTypes
internal import Mail

/// What a reply of SMTP means to a client of HTTP.
struct SubmissionVerdict: Hashable {
    let status: HTTPResponse.Status
    /// Seconds until the client should come back, if the reply says so.
    let wait: Int?

    var isTransient: Bool { status == .tooManyRequests || status == .serviceUnavailable }

    init(_ reply: Reply) {
        wait = Self.wait(in: reply.description)
        switch reply.kind {
        case .transient, .positive, .intermediate:
            status = Self.isLimit(reply) ? .tooManyRequests : .serviceUnavailable
        case .permanent: status = Self.permanent(reply)
        }
    }

    private static func permanent(_ reply: Reply) -> HTTPResponse.Status {
        switch reply.code {
        case 552: .contentTooLarge
        case 530, 535: .forbidden
        default: .unprocessableContent
        }
    }

    /// Whether the client, its user, or all clients sent too much (RFC 3463 section 3.8: x.7.x are matters of policy; x.5.3
    /// are too many recipients).
    private static func isLimit(_ reply: Reply) -> Bool {
        reply.enhancedCode?.subject == 7 || reply.description.contains(" Too many ")
    }

    /// `..., try again in 12 s`.
    private static func wait(in text: String) -> Int? {
        text.firstMatch(of: /try again in ([0-9]{1,6}) s/).flatMap { Int($0.1) }
    }
}
