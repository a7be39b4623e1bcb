/// Totals of a sink about TLS and logins.
package struct SinkSecurityTotals: Hashable, Sendable {
    package var tlsSessions = 0
    /// How many of them were resumed.
    package var resumedSessions = 0
    /// Handshakes that failed.
    package var failedHandshakes = 0
    package var logins = 0
    /// Wrong credentials.
    package var refusedLogins = 0
    /// MAIL commands in clear text although TLS was available.
    package var plaintextMails = 0

    package init() {}
}

/// An event that `SinkSecurityTotals` counts.
enum SinkSecurityEvent {
    case secured(isResumed: Bool)
    case handshakeFailed
    case loggedIn
    case loginRefused
    case plaintextMail
}

extension SinkSecurityTotals {
    mutating func note(_ event: SinkSecurityEvent) {
        switch event {
        case .secured(let isResumed):
            tlsSessions += 1
            if isResumed { resumedSessions += 1 }
        case .handshakeFailed: failedHandshakes += 1
        case .loggedIn: logins += 1
        case .loginRefused: refusedLogins += 1
        case .plaintextMail: plaintextMails += 1
        }
    }
}
