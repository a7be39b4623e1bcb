/// All constant replies of the server, with their enhanced status codes (RFC 2034, RFC 3463).
///
/// Replies to EHLO and HELO and the 354 carry no enhanced code, as RFC 2034 requires.
package enum ServerReply: Hashable, Sendable, CaseIterable {
    case senderAccepted, recipientAccepted, startData, done, notVerified, help, goodbye
    case stopping, timedOut, tooManyErrors, tooManyCommands, notHTTP
    case spoolFailed, spoolFull, tooManyRecipients, rateLimited
    case unknownCommand, lineMalformed, lineTooLong
    case greetingSyntax, argumentUnexpected, mailSyntax, senderSyntax, recipientSyntax, parameterSyntax
    case rcptSyntax, notImplemented, greetFirst, mailFirst, transactionOpen, noRecipients
    case bareLineEnd, hiddenEnd, badKey, usedKey, tooLarge, tooManyHops, clientDenied, unknownParameter
    case startTLS, tlsUnavailable, tlsActive, encryptFirst, plaintextBehindStartTLS
    case authenticated, authenticationUnavailable, authenticateFirst, authenticationFailed, authenticationCancelled
    case authenticatedAlready, unknownMechanism, mechanismNeedsTLS, badBase64, exchangeLineTooLong
    case tooManyAuthenticationFailures
    case chunkSyntax, chunksBegun, chunksOnly, headerTooLarge, tooManyTransactions
    case badSendAt, sendAtTooLate, releaseTooLate, badPriority
    case senderNotAllowed
    case priorityLowered, senderNeedsUTF8, recipientNeedsUTF8, nameNeedsUTF8, nameMissing

    /// The reply as sent, with its CRLF.
    package var wire: StaticString {
        switch self {
        case .senderAccepted: "250 2.1.0 Ok\r\n"
        case .recipientAccepted: "250 2.1.5 Ok\r\n"
        case .startData: "354 End data with <CR><LF>.<CR><LF>\r\n"
        case .done: "250 2.0.0 Ok\r\n"
        case .notVerified: "252 2.0.0 Not verified; mail to it is accepted and delivery attempted\r\n"
        case .help:
            "214 2.0.0 Commands: EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT\r\n"
        case .goodbye: "221 2.0.0 Bye\r\n"
        case .stopping: "421 4.3.2 The relay is stopping, try again later\r\n"
        case .timedOut: "421 4.4.2 Timeout, closing the connection\r\n"
        case .tooManyErrors: "421 4.7.0 Too many errors, closing the connection\r\n"
        case .tooManyCommands: "421 4.7.0 Too many commands without a message, closing the connection\r\n"
        case .notHTTP: "421 4.7.0 This is a mail server, it does not speak HTTP\r\n"
        case .spoolFailed: "451 4.3.0 The message cannot be stored now, try again later\r\n"
        case .spoolFull: "452 4.3.1 Insufficient storage, try again later\r\n"
        case .tooManyRecipients: "452 4.5.3 Too many recipients, send to the others in another transaction\r\n"
        case .rateLimited: "450 4.7.1 Too much in a short time, try again later\r\n"
        case .unknownCommand: "500 5.5.1 Command unrecognized\r\n"
        case .lineMalformed: "500 5.5.2 A line ends with CR LF and holds no other control character\r\n"
        case .lineTooLong: "500 5.5.2 Line too long\r\n"
        case .greetingSyntax: "501 A name or an address literal must follow\r\n"
        case .argumentUnexpected: "501 5.5.4 No argument is allowed\r\n"
        case .mailSyntax: "501 5.5.2 Syntax: MAIL FROM:<address>\r\n"
        case .senderSyntax: "501 5.1.7 Bad syntax of the sender address\r\n"
        case .recipientSyntax: "501 5.1.3 Bad syntax of the recipient address\r\n"
        case .parameterSyntax: "501 5.5.4 Bad or repeated parameter\r\n"
        case .rcptSyntax: "501 5.5.2 Syntax: RCPT TO:<address>\r\n"
        case .notImplemented: "502 5.5.1 Command not implemented\r\n"
        case .greetFirst: "503 5.5.1 Send EHLO first\r\n"
        case .mailFirst: "503 5.5.1 Send MAIL first\r\n"
        case .transactionOpen: "503 5.5.1 A transaction is open already\r\n"
        case .noRecipients: "554 5.5.1 No valid recipients\r\n"
        case .bareLineEnd: "550 5.6.0 The message has a CR or LF alone; a line ends with CR LF\r\n"
        case .hiddenEnd: "550 5.6.0 The message has a line of a dot and NULs, which some would take for its end\r\n"
        case .badKey: "554 5.6.0 Idempotency-Key must occur once, with 1 to 256 visible ASCII characters\r\n"
        case .usedKey: "554 5.6.0 This Idempotency-Key was used for another message\r\n"
        case .badSendAt: "554 5.6.0 X-Posthorse-Send-At must be one date: RFC 3339 or RFC 5322, with its zone\r\n"
        case .sendAtTooLate: "554 5.6.0 X-Posthorse-Send-At is more than 30 days ahead\r\n"
        case .badPriority: "554 5.6.0 X-Posthorse-Priority must occur once: high, normal or bulk\r\n"
        case .releaseTooLate: "501 5.5.4 Mail is held for at most 30 days\r\n"
        case .tooLarge: "552 5.3.4 The message is larger than allowed\r\n"
        case .tooManyHops: "554 5.4.6 Too many hops: the message is in a loop\r\n"
        case .clientDenied: "554 5.7.1 This address may not relay here\r\n"
        case .unknownParameter: "555 5.5.4 Parameter not supported\r\n"
        case .startTLS: "220 2.0.0 Ready to start TLS\r\n"
        case .tlsUnavailable: "454 4.7.0 TLS is not available now\r\n"
        case .tlsActive: "503 5.5.1 TLS is active already\r\n"
        case .encryptFirst: "530 5.7.0 Must issue a STARTTLS command first\r\n"
        case .plaintextBehindStartTLS: "554 5.5.1 Nothing may follow STARTTLS before its reply, closing\r\n"
        case .authenticated: "235 2.7.0 Authentication succeeded\r\n"
        case .authenticationUnavailable: "454 4.7.0 Temporary authentication failure\r\n"
        case .authenticateFirst: "530 5.7.0 Authentication required\r\n"
        case .authenticationFailed: "535 5.7.8 Authentication credentials invalid\r\n"
        case .authenticationCancelled: "501 5.7.0 Authentication cancelled\r\n"
        case .authenticatedAlready: "503 5.5.1 Authenticated already\r\n"
        case .unknownMechanism: "504 5.5.4 Authentication mechanism not offered\r\n"
        case .mechanismNeedsTLS: "538 5.7.11 Encryption required for authentication\r\n"
        case .badBase64: "501 5.5.2 Not in base 64\r\n"
        case .exchangeLineTooLong: "500 5.5.6 Authentication exchange line is too long\r\n"
        case .tooManyAuthenticationFailures: "421 4.7.0 Too many failed authentications, closing the connection\r\n"
        case .chunkSyntax: "501 5.5.4 Syntax: BDAT size [LAST]; cannot tell what follows, closing\r\n"
        case .chunksBegun: "503 5.5.1 The content has begun with BDAT; go on with BDAT or RSET\r\n"
        case .chunksOnly: "503 5.5.1 Content of BODY=BINARYMIME comes by BDAT\r\n"
        case .headerTooLarge: "552 5.3.4 The header is larger than allowed\r\n"
        case .tooManyTransactions: "421 4.5.3 Enough messages for one session, open another\r\n"
        case .senderNotAllowed: "550 5.7.1 This sender is not among those that you may use\r\n"
        case .priorityLowered: "250 2.3.6 0 is the new priority assigned to the message; you may not raise it\r\n"
        case .senderNeedsUTF8: "553 5.6.7 A sender beyond ASCII needs SMTPUTF8\r\n"
        case .recipientNeedsUTF8: "553 5.6.7 A recipient beyond ASCII needs SMTPUTF8 at MAIL\r\n"
        case .nameNeedsUTF8: "553 5.6.7 A name beyond ASCII needs SMTPUTF8\r\n"
        case .nameMissing: "501 5.5.4 A name must follow\r\n"
        }
    }

    /// The reply without its line end, for the log.
    package var text: String {
        String(decoding: wire.withUTF8Buffer { $0.dropLast(2).map { $0 } }, as: UTF8.self)
    }

    /// Whether the command itself was in error; a session tolerates a limited number of these.
    package var countsAsError: Bool {
        switch self {
        case .unknownCommand, .lineMalformed, .lineTooLong, .greetingSyntax, .argumentUnexpected, .mailSyntax,
            .senderSyntax, .recipientSyntax, .parameterSyntax, .rcptSyntax, .notImplemented, .greetFirst, .mailFirst,
            .transactionOpen, .noRecipients, .unknownParameter, .tlsActive, .encryptFirst, .authenticateFirst,
            .authenticationFailed, .authenticationCancelled, .authenticatedAlready, .unknownMechanism,
            .mechanismNeedsTLS, .badBase64, .exchangeLineTooLong, .chunkSyntax, .chunksBegun, .chunksOnly,
            .senderNeedsUTF8, .recipientNeedsUTF8, .nameNeedsUTF8, .nameMissing:
            true
        case .senderAccepted, .recipientAccepted, .startData, .done, .notVerified, .help, .goodbye, .stopping,
            .timedOut, .tooManyErrors, .tooManyCommands, .notHTTP, .spoolFailed, .spoolFull, .tooManyRecipients,
            .bareLineEnd, .hiddenEnd, .badKey, .usedKey, .tooLarge, .tooManyHops, .clientDenied, .startTLS,
            .tlsUnavailable,
            .plaintextBehindStartTLS, .authenticated, .authenticationUnavailable, .tooManyAuthenticationFailures,
            .headerTooLarge, .tooManyTransactions, .priorityLowered, .rateLimited, .badSendAt, .sendAtTooLate,
            .releaseTooLate, .badPriority, .senderNotAllowed:
            false
        }
    }

    /// Whether the reply refuses a sender, a recipient, or mail as a whole, other than by a limit that the owner enforces.
    package var refusesMail: Bool {
        switch self {
        case .tooManyRecipients, .mailSyntax, .senderSyntax, .recipientSyntax, .parameterSyntax, .rcptSyntax,
            .unknownParameter, .tooLarge, .encryptFirst, .authenticateFirst, .senderNeedsUTF8, .recipientNeedsUTF8,
            .releaseTooLate:
            true
        case .senderAccepted, .recipientAccepted, .startData, .done, .notVerified, .help, .goodbye, .stopping,
            .timedOut, .tooManyErrors, .tooManyCommands, .notHTTP, .spoolFailed, .spoolFull, .rateLimited,
            .unknownCommand, .lineMalformed, .lineTooLong, .greetingSyntax, .argumentUnexpected, .notImplemented,
            .greetFirst, .mailFirst, .transactionOpen, .noRecipients, .bareLineEnd, .hiddenEnd, .badKey, .usedKey,
            .tooManyHops, .clientDenied, .startTLS, .tlsUnavailable, .tlsActive, .plaintextBehindStartTLS,
            .authenticated, .authenticationUnavailable, .authenticationFailed, .authenticationCancelled,
            .authenticatedAlready, .unknownMechanism, .mechanismNeedsTLS, .badBase64, .exchangeLineTooLong,
            .tooManyAuthenticationFailures, .chunkSyntax, .chunksBegun, .chunksOnly, .headerTooLarge,
            .tooManyTransactions, .priorityLowered, .nameNeedsUTF8, .nameMissing, .badSendAt, .sendAtTooLate,
            .badPriority, .senderNotAllowed:
            false
        }
    }

    /// The reply to a chunk of this many octets other than the last, as sent (RFC 3030 section 2).
    package static func chunkTaken(_ octets: Int) -> String {
        "250 2.0.0 \(octets) octets received\r\n"
    }
}
