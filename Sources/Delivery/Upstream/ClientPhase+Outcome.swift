internal import SMTP
internal import Upstreams

extension ClientPhase {
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
