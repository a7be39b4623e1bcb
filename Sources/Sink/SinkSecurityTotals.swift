/// What a sink has seen of TLS and logins.
package struct SinkSecurityTotals: Hashable, Sendable {
    package var tlsSessions = 0
    /// Those of them that were resumed.
    package var resumedSessions = 0
    /// Handshakes that began and came to nothing.
    package var failedHandshakes = 0
    package var logins = 0
    /// Wrong credentials.
    package var refusedLogins = 0
    /// MAIL commands in clear where TLS was to be had.
    package var plaintextMails = 0

    package init() {}
}

/// Something that `SinkSecurityTotals` counts.
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
