internal import SMTP
internal import Upstreams

extension ClientPhase {
    /// The step if it comes before any mail; nil if it is about a message, which mail that waits has no part in.
    var beforeMail: ClientPhase? {
        switch self {
        case .connect, .banner, .ehlo, .startTLS, .tls, .auth: self
        case .mail, .rcpt, .data, .content, .dot, .rset, .noop, .quit, .idle: nil
        }
    }

    /// The step as far as outcomes care; nil if no mail depends on the reply.
    var outcomePhase: OutcomePhase? {
        switch self {
        case .connect, .banner, .ehlo, .startTLS, .tls: .greeting
        case .auth: .auth
        case .mail: .mail
        case .rcpt: .rcpt
        case .data, .content: .data
        case .dot: .dot
        case .rset, .noop, .quit, .idle: nil
        }
    }
}
