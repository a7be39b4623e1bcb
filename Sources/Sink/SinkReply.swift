internal import Mail
internal import NIOCore
internal import SASL

/// The sink's replies, except the one with a message's number.
enum SinkReply: Int, CaseIterable {
    case greeting
    case extensions
    /// Over TLS 1.2.
    case extensionsOverTLS
    /// Over TLS 1.3, which offers a channel binding for logins (RFC 9266 section 3).
    case extensionsOverTLS13
    case name
    case ok
    case startTLS
    /// Sent in place of a handshake.
    case noTLS
    case mustSecure
    case mustLogIn
    case loggedIn
    case loginRefused
    case loginMalformed
    case loginCancelled
    case loginUnavailable
    case unknownMechanism
    case senderOK
    case recipientOK
    case chunkOK
    case beginContent
    case bye
    case tooManyConnections
    case tooManyMessages
    case tooManyRecipients
    case addressNotASCII
    case noRecipients
    case unknownCommand
    case unknownParameter
    case badSequence
    case lineTooLong
    case fault
}

/// The wire form of each reply, built once.
struct SinkReplies: Sendable {
    private let wire: [ByteBuffer]
    /// Whether a fault's reply ends the session (RFC 5321 section 3.8: 421).
    let faultCloses: Bool

    init(_ settings: SinkSettings) {
        wire = SinkReply.allCases.map { ByteBuffer(string: Self.text($0, settings)) }
        faultCloses = settings.faultReply.code == 421
    }

    subscript(reply: SinkReply) -> ByteBuffer { wire[reply.rawValue] }

    private static func text(_ reply: SinkReply, _ settings: SinkSettings) -> String {
        switch reply {
        case .greeting: "220 \(settings.name) ESMTP sink\r\n"
        case .extensions: extensions(settings, isSecure: false, binding: false)
        case .extensionsOverTLS: extensions(settings, isSecure: true, binding: false)
        case .extensionsOverTLS13: extensions(settings, isSecure: true, binding: true)
        case .name: "250 \(settings.name)\r\n"
        case .ok: "250 2.0.0 Ok\r\n"
        case .startTLS:
            "220 2.0.0 Ready to start TLS\r\n" + (settings.injectsAfterSTARTTLS ? multiline(settings.faultReply) : "")
        case .noTLS: "This is not TLS.\r\n"
        case .mustSecure: "530 5.7.0 Must issue a STARTTLS command first\r\n"
        case .mustLogIn: "530 5.7.0 Authentication required\r\n"
        case .loggedIn: "235 2.7.0 Authentication succeeded\r\n"
        case .loginRefused: "535 5.7.8 Authentication credentials invalid\r\n"
        case .loginMalformed: "501 5.5.2 Cannot decode response\r\n"
        case .loginCancelled: "501 5.7.0 Authentication cancelled\r\n"
        case .loginUnavailable: "454 4.7.0 Temporary authentication failure\r\n"
        case .unknownMechanism: "504 5.5.4 Unrecognized authentication type\r\n"
        case .senderOK: "250 2.1.0 Ok\r\n"
        case .recipientOK: "250 2.1.5 Ok\r\n"
        case .chunkOK: "250 2.0.0 Chunk taken\r\n"
        case .beginContent: "354 End data with <CR><LF>.<CR><LF>\r\n"
        case .bye: "221 2.0.0 Bye\r\n"
        case .tooManyConnections: "421 4.7.0 \(settings.name) Too many connections\r\n"
        case .tooManyMessages: "421 4.7.0 \(settings.name) Too many messages\r\n"
        case .tooManyRecipients: "452 4.5.3 Too many recipients\r\n"
        case .addressNotASCII: "553 5.6.7 Address has characters beyond ASCII\r\n"
        case .noRecipients: "554 5.5.1 No valid recipients\r\n"
        case .unknownCommand: "500 5.5.2 Unknown command\r\n"
        case .unknownParameter: "555 5.5.4 Unknown parameter\r\n"
        case .badSequence: "503 5.5.1 Bad sequence of commands\r\n"
        case .lineTooLong: "500 5.5.6 Line too long\r\n"
        case .fault: multiline(settings.faultReply)
        }
    }

    private static func extensions(_ settings: SinkSettings, isSecure: Bool, binding: Bool) -> String {
        var keywords = [settings.name]
        if settings.offersPipelining { keywords.append("PIPELINING") }
        if settings.offersEightBitMIME { keywords.append("8BITMIME") }
        keywords += ["SIZE", "ENHANCEDSTATUSCODES"]
        keywords += SinkExtension.allCases.filter(settings.extensions.contains).flatMap { Self.keywords($0, isSecure) }
        keywords += limits(settings)
        // TLS is offered once (RFC 3207 section 4.2).
        if settings.tls != nil, !isSecure { keywords.append("STARTTLS") }
        if let login = settings.login, isSecure || login.isAllowedInClear {
            keywords.append("AUTH " + login.offered(binding: binding).map(\.rawValue).joined(separator: " "))
        }
        return multiline(Reply(250, lines: keywords))
    }

    private static func keywords(_ extension: SinkExtension, _ isSecure: Bool) -> [String] {
        switch `extension` {
        case .smtpUTF8: ["SMTPUTF8"]
        case .dsn: ["DSN"]
        case .chunking: ["CHUNKING", "BINARYMIME"]
        case .requireTLS: isSecure ? ["REQUIRETLS"] : []
        case .mtPriority: ["MT-PRIORITY"]
        }
    }

    private static func limits(_ settings: SinkSettings) -> [String] {
        let limits = [
            settings.maxMessages.map { "MAILMAX=\($0)" }, settings.maxRecipients.map { "RCPTMAX=\($0)" },
        ].compactMap(\.self)
        return limits.isEmpty ? [] : [(["LIMITS"] + limits).joined(separator: " ")]
    }

    private static func multiline(_ reply: Reply) -> String {
        reply.lines.enumerated().map { index, line in
            let separator = index + 1 < reply.lines.count ? "-" : " "
            let enhanced = reply.enhancedCode.map { "\($0) " } ?? ""
            return "\(reply.code)\(separator)\(enhanced)\(line)\r\n"
        }.joined()
    }
}
