import Mail
import NIOCore

/// The replies that a sink knows, apart from the one with a message's number.
enum SinkReply: Int, CaseIterable {
    case greeting
    case extensions
    case name
    case ok
    case senderOK
    case recipientOK
    case beginContent
    case bye
    case tooManyConnections
    case noRecipients
    case unknownCommand
    case unknownParameter
    case badSequence
    case lineTooLong
    case fault
}

/// The wire form of each reply, made once.
struct SinkReplies: Sendable {
    private let wire: [ByteBuffer]
    /// Whether the session ends with a fault's reply (RFC 5321 section 3.8: 421).
    let faultCloses: Bool

    init(_ settings: SinkSettings) {
        wire = SinkReply.allCases.map { ByteBuffer(string: Self.text($0, settings)) }
        faultCloses = settings.faultReply.code == 421
    }

    subscript(reply: SinkReply) -> ByteBuffer { wire[reply.rawValue] }

    private static func text(_ reply: SinkReply, _ settings: SinkSettings) -> String {
        switch reply {
        case .greeting: "220 \(settings.name) ESMTP sink\r\n"
        case .extensions: extensions(settings)
        case .name: "250 \(settings.name)\r\n"
        case .ok: "250 2.0.0 Ok\r\n"
        case .senderOK: "250 2.1.0 Ok\r\n"
        case .recipientOK: "250 2.1.5 Ok\r\n"
        case .beginContent: "354 End data with <CR><LF>.<CR><LF>\r\n"
        case .bye: "221 2.0.0 Bye\r\n"
        case .tooManyConnections: "421 4.7.0 \(settings.name) Too many connections\r\n"
        case .noRecipients: "554 5.5.1 No valid recipients\r\n"
        case .unknownCommand: "500 5.5.2 Unknown command\r\n"
        case .unknownParameter: "555 5.5.4 Unknown parameter\r\n"
        case .badSequence: "503 5.5.1 Bad sequence of commands\r\n"
        case .lineTooLong: "500 5.5.6 Line too long\r\n"
        case .fault: multiline(settings.faultReply)
        }
    }

    private static func extensions(_ settings: SinkSettings) -> String {
        var keywords = [settings.name]
        if settings.offersPipelining { keywords.append("PIPELINING") }
        if settings.offersEightBitMIME { keywords.append("8BITMIME") }
        keywords += ["SIZE", "ENHANCEDSTATUSCODES"]
        return multiline(Reply(250, lines: keywords))
    }

    private static func multiline(_ reply: Reply) -> String {
        reply.lines.enumerated().map { index, line in
            let separator = index + 1 < reply.lines.count ? "-" : " "
            let enhanced = reply.enhancedCode.map { "\($0) " } ?? ""
            return "\(reply.code)\(separator)\(enhanced)\(line)\r\n"
        }.joined()
    }
}
