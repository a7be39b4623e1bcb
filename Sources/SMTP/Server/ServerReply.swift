/// Every reply of the server that is the same each time, with its enhanced status code (RFC 2034, RFC 3463).
///
/// Replies to EHLO and HELO and 354 carry none, as RFC 2034 has it.
package enum ServerReply: Hashable, Sendable, CaseIterable {
    case senderAccepted, recipientAccepted, startData, done, notVerified, help, goodbye
    case stopping, timedOut, tooManyErrors, tooManyCommands, notHTTP
    case spoolFailed, spoolFull, tooManyRecipients, rateLimited
    case unknownCommand, lineMalformed, lineTooLong
    case greetingSyntax, argumentUnexpected, mailSyntax, senderSyntax, recipientSyntax, parameterSyntax
    case rcptSyntax, notImplemented, greetFirst, mailFirst, transactionOpen, noRecipients
    case bareLineEnd, tooLarge, tooManyHops, clientDenied, unknownParameter

    /// The reply as it is sent, with its CRLF.
    package var wire: StaticString {
        switch self {
        case .senderAccepted: "250 2.1.0 Ok\r\n"
        case .recipientAccepted: "250 2.1.5 Ok\r\n"
        case .startData: "354 End data with <CR><LF>.<CR><LF>\r\n"
        case .done: "250 2.0.0 Ok\r\n"
        case .notVerified: "252 2.0.0 Not verified; mail to it is taken and tried\r\n"
        case .help: "214 2.0.0 Commands: EHLO HELO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT\r\n"
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
        case .tooLarge: "552 5.3.4 The message is larger than allowed\r\n"
        case .tooManyHops: "554 5.4.6 Too many hops: the message is in a loop\r\n"
        case .clientDenied: "554 5.7.1 This address may not relay here\r\n"
        case .unknownParameter: "555 5.5.4 Parameter not supported\r\n"
        }
    }

    /// The reply without its line end, for the log.
    package var text: String {
        String(decoding: wire.withUTF8Buffer { $0.dropLast(2).map { $0 } }, as: UTF8.self)
    }

    /// Whether the command was in error in itself, which a client may not repeat without end.
    package var countsAsError: Bool {
        switch self {
        case .unknownCommand, .lineMalformed, .lineTooLong, .greetingSyntax, .argumentUnexpected, .mailSyntax,
            .senderSyntax, .recipientSyntax, .parameterSyntax, .rcptSyntax, .notImplemented, .greetFirst, .mailFirst,
            .transactionOpen, .noRecipients, .unknownParameter:
            true
        case .senderAccepted, .recipientAccepted, .startData, .done, .notVerified, .help, .goodbye, .stopping,
            .timedOut, .tooManyErrors, .tooManyCommands, .notHTTP, .spoolFailed, .spoolFull, .tooManyRecipients,
            .rateLimited,
            .bareLineEnd, .tooLarge, .tooManyHops, .clientDenied:
            false
        }
    }
}
