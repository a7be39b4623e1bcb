internal import DequeModule
package import Mail
package import NIOCore

/// The client side of an SMTP session: which command is sent when, and which reply answers which command (RFC 5321
/// section 4.1.4; RFC 2920 for pipelining).
///
/// Replies arrive in the order of the commands, so the session is a plan with two cursors: what has been written, and
/// what has been answered; `awaited` holds the commands in between. With PIPELINING the first cursor runs ahead: MAIL,
/// RCPT and DATA are sent in one write, and the next message's envelope follows right after the final dot (RFC 2920
/// section 3.1). Without it, the second cursor must catch up after each command.
///
/// A session holds up to two transactions: `sending`, from its 354 to the reply to its dot, and `envelope`, from its
/// MAIL to its 354; `queued` is a third that waits for its MAIL to be written. BDAT content needs no 354: the last
/// reply to RCPT takes its place.
///
/// A pipelined envelope may have its result before its last reply: once its sender or every recipient is refused, what the
/// server says to the commands behind that concerns no message. The result is told at once, and the session is settling:
/// it takes no other transaction until those replies are in.
///
/// A 4yz or 5yz in the middle of the content is the verdict on the message, as if it answered the final dot, which is
/// not written any more: the transaction ends, and so does the session, since nothing but the dot could end the content.
///
/// Before that, ``ClientGreeting`` makes the session ready for mail.
///
/// Performs no IO: octets to write are appended to the caller's buffer.
package struct ClientSession: ~Copyable {
    /// A command awaiting its reply.
    private enum Awaited {
        case mail, rcpt(Int), data, dot, emptyDot, rset, check, noop, quit
    }

    /// Larger content does not reach the server in one piece, which may thus refuse it before it sees its end, and once
    /// more after.
    package static let wholeContent = 32 << 10

    /// Shared by whoever looks at it, since its transaction is much to copy.
    private final class Progress {
        let transaction: ClientTransaction
        var result: TransactionResult
        var accepted = 0
        /// Recipients with a reply.
        var answered = 0
        var mailTaken = false
        var dotWritten = false
        /// Whether the result is told, and replies are still to come.
        var isSettling = false

        /// Whether the server wants the message for somebody.
        var hasRecipient: Bool { mailTaken && accepted > 0 }

        init(_ transaction: ClientTransaction) {
            self.transaction = transaction
            self.result = TransactionResult(token: transaction.token)
        }
    }

    private var greeting: ClientGreeting
    private var pipelines: Bool
    private var awaited: Deque<Awaited> = []
    private var sending: Progress?
    private var envelope: Progress?
    private var queued: Progress?
    /// Whether the envelope was pipelined after another command.
    private var isEnvelopeBehind = false
    /// Whether NOOP was.
    private var isCheckBehind = false
    private var isQuitting = false
    /// Whether each reply is known to answer the command it is taken for. A server that has refused content may have
    /// done so before its end, and reply once more at the dot; the next 354 shows that it has not.
    package private(set) var isInStep = true
    /// Whether nothing may be written any more, since the server would misunderstand it.
    private var isClosing = false

    /// A new session on a fresh connection; the server speaks first, with `implicit` under TLS.
    ///
    /// - Parameters:
    ///   - hostname: the relay's own name, for EHLO.
    ///   - pipelines: as with ``setPipelining(_:)``.
    package init(hostname: String, security: ClientSecurity = .none, pipelines: Bool = true) {
        self.greeting = ClientGreeting(hostname: hostname, security: security)
        self.pipelines = pipelines
    }

    /// The relay's own name.
    package var hostname: String { greeting.hostname }
    /// The server's capabilities, as far as known.
    package var capabilities: UpstreamCapabilities { greeting.capabilities }
    /// Whether commands are sent together.
    package var usesPipelining: Bool { pipelines && greeting.capabilities.pipelining }
    /// Whether the greeting is complete.
    package var isReady: Bool { greeting.isOver }
    /// Whether the session uses TLS.
    package var isEncrypted: Bool { greeting.isEncrypted }

    /// What the session waits for; `content` if the server waits for us.
    package var phase: ClientPhase {
        guard isReady else { return greeting.phase }
        return switch awaited.first {
        case .mail: .mail
        case .rcpt: .rcpt
        case .data: .data
        case .dot, .emptyDot: .dot
        case .rset, .check: .rset
        case .noop: .noop
        case .quit: .quit
        case nil: sending == nil ? .idle : .content
        }
    }

    /// Whether another transaction may be started now.
    package var hasRoom: Bool {
        guard isReady, !isQuitting, !isClosing, !isSettling, queued == nil else { return false }
        guard usesPipelining || awaited.isEmpty else { return false }
        let busy = (sending == nil ? 0 : 1) + (envelope == nil ? 0 : 1)
        return busy < (usesPipelining ? 2 : 1)
    }

    /// The transaction that has its result, and replies still to come; nil if there is none.
    package var settlingToken: Int? {
        guard let envelope, envelope.isSettling else { return nil }
        return envelope.transaction.token
    }
    private var isSettling: Bool { settlingToken != nil }

    /// Whether the awaited reply concerns no message: one behind a result, or that to RSET.
    package var awaitsNoResult: Bool {
        guard isReady else { return false }
        if case .rset = awaited.first { return true }
        return isSettling
    }

    package var isIdle: Bool {
        isReady && !isClosing && sending == nil && envelope == nil && queued == nil && awaited.isEmpty
    }

    /// Whether the server owes the reply to a command that was written behind another one, which it has answered: a
    /// server that drops pipelined commands owes it forever.
    package var isBehindGroup: Bool {
        guard isReady else { return false }
        return switch awaited.first {
        case .rcpt, .data: usesPipelining
        case .mail: usesPipelining && isEnvelopeBehind
        case .noop: isCheckBehind
        case .dot, .emptyDot, .rset, .check, .quit, nil: false
        }
    }

    /// Transactions without a result, oldest first, with their progress and whether the final dot has been written:
    /// from then on the server may have accepted the message.
    package var unfinished: [UnfinishedTransaction] {
        var list: [UnfinishedTransaction] = []
        if let sending {
            list.append(
                UnfinishedTransaction(
                    token: sending.transaction.token, phase: sending.dotWritten ? .dot : .content,
                    dotWritten: sending.dotWritten, refusals: sending.result.recipientRefusals))
        }
        if let envelope, !envelope.isSettling {
            let phase = sending == nil ? phase : .mail
            list.append(
                UnfinishedTransaction(
                    token: envelope.transaction.token, phase: phase, mailRefusal: envelope.result.mailRefusal))
        }
        if let queued { list.append(UnfinishedTransaction(token: queued.transaction.token, phase: .mail)) }
        return list
    }

    /// The transaction that the awaited reply is about; nil if it is about none.
    package var answeredToken: Int? {
        guard isReady else { return nil }
        return switch awaited.first {
        case .mail, .rcpt, .data, .emptyDot: envelope?.transaction.token
        case .dot, nil: sending?.transaction.token
        case .rset, .check, .noop, .quit: nil
        }
    }

    /// The transaction whose commands were written last; nil if there is none.
    package var writtenToken: Int? { envelope?.transaction.token ?? contentToken }
    /// The transaction whose content is being sent, or whose final dot is not answered.
    package var contentToken: Int? { sending?.transaction.token }

    /// How far the recipients of the current envelope have been answered; nil if there is none, or none is due.
    package var envelopeProgress: (answered: Int, recipients: Int)? {
        guard let envelope, envelope.mailTaken else { return nil }
        return (envelope.answered, envelope.transaction.recipients.count)
    }

    /// The refused recipients of the transaction whose content is being sent.
    package var contentRefusals: [TransactionResult.Refusal] { sending?.result.recipientRefusals ?? [] }

    // MARK: - Requests

    /// Starts a transaction; its envelope is written as soon as the protocol allows.
    package mutating func startTransaction(_ transaction: ClientTransaction, into out: inout ByteBuffer) {
        precondition(hasRoom, "a transaction was started in a session without room")
        precondition(canCarry(transaction), "a transaction was started that the server cannot accept")
        queued = Progress(transaction)
        writeEnvelopeIfPossible(into: &out)
    }

    /// Whether the server knows the required parameters and commands.
    private func canCarry(_ transaction: ClientTransaction) -> Bool {
        let capabilities = greeting.capabilities
        if transaction.isChunked, !capabilities.chunking || !capabilities.binaryMIME { return false }
        if transaction.options.requiresTLS, !capabilities.requireTLS || !isEncrypted { return false }
        return capabilities.smtpUTF8 || !transaction.hasInternationalAddress
    }

    /// Ends the content, written up to its last CRLF, with the final dot; from then on the server may accept the
    /// message at any moment.
    ///
    /// BDAT content ends with its own last octet instead, which must be in `out` and must not have been sent before.
    package mutating func finishContent(into out: inout ByteBuffer) {
        guard let progress = sending, !progress.dotWritten else {
            preconditionFailure("content was finished that was not requested")
        }
        progress.dotWritten = true
        if !progress.transaction.isChunked { out.writeStaticString(".\r\n") }
        awaited.append(.dot)
        writeEnvelopeIfPossible(into: &out)
    }

    /// Whether commands of a transaction are sent together from now on, if the server offers that; only for an idle
    /// session.
    package mutating func setPipelining(_ pipelines: Bool) {
        guard isIdle else { return }
        self.pipelines = pipelines
    }

    /// Sends NOOP to check the connection (RFC 5321 section 4.1.1.9); only for an idle session.
    ///
    /// - Parameter isGroup: whether RSET goes before it in the same write, if the server offers PIPELINING. NOOP may only
    ///   be the last command of a group (RFC 2920 section 3.1).
    package mutating func probe(isGroup: Bool = false, into out: inout ByteBuffer) {
        guard !isQuitting, isIdle else { return }
        isCheckBehind = isGroup && greeting.capabilities.pipelining
        if isCheckBehind {
            out.writeStaticString("RSET\r\n")
            awaited.append(.check)
        }
        out.writeStaticString("NOOP\r\n")
        awaited.append(.noop)
    }

    /// Sends NOOP again, where the one behind RSET has been dropped.
    package mutating func repeatProbe(into out: inout ByteBuffer) {
        guard isCheckBehind, case .noop = awaited.first else { return }
        isCheckBehind = false
        out.writeStaticString("NOOP\r\n")
    }

    /// Sends QUIT; only for an idle session.
    package mutating func quit(into out: inout ByteBuffer) {
        guard !isQuitting, isIdle else { return }
        isQuitting = true
        out.writeStaticString("QUIT\r\n")
        awaited.append(.quit)
    }

    // MARK: - TLS and AUTH

    /// Whether TLS may begin, after ``ReplyAction/startTLS``.
    ///
    /// - Parameter unprocessed: octets received after the reply. If there are any, the session must be closed: they
    ///   would be taken for TLS-protected ones (RFC 3207 section 6).
    package mutating func mayUpgrade(unprocessed: Int) -> Bool {
        greeting.mayUpgrade(unprocessed: unprocessed)
    }

    /// The handshake is complete, and the server's certificate passed the required verification.
    package mutating func tlsEstablished(into out: inout ByteBuffer) {
        greeting.tlsEstablished(into: &out)
    }

    /// Starts authentication, after ``ReplyAction/authenticate``.
    ///
    /// - Parameters:
    ///   - mechanism: one the server offers.
    ///   - initialResponse: nil if the server speaks first in this mechanism.
    package mutating func authenticate(
        mechanism: String, initialResponse: [UInt8]?, into out: inout ByteBuffer
    ) {
        greeting.authenticate(mechanism: mechanism, initialResponse: initialResponse, into: &out)
    }

    /// Answers a challenge; nil cancels, which ends the session as a refusal.
    package mutating func respond(_ response: [UInt8]?, into out: inout ByteBuffer) {
        greeting.respond(response, into: &out)
    }

    // MARK: - Replies

    package mutating func replyReceived(_ reply: Reply, into out: inout ByteBuffer) -> ReplyAction {
        guard isReady else { return greeting.replyReceived(reply, into: &out) }
        guard let command = awaited.popFirst() else { return unsolicitedReceived(reply) }
        if !isInStep, let phase = stepLost(command, reply) { return .outOfStep(phase, reply) }
        switch command {
        case .mail: return mailReceived(reply, into: &out)
        case .rcpt(let index): return recipientReceived(index, reply, into: &out)
        case .data: return dataReceived(reply, into: &out)
        case .dot: return dotReceived(reply, into: &out)
        case .emptyDot: return emptyDotReceived(reply, into: &out)
        case .rset: return reply.kind == .positive ? .ready : .refused(.rset, reply)
        case .check: return reply.kind == .positive ? .none : .refused(.rset, reply)
        case .noop: return noopReceived(reply)
        case .quit: return .goodbye
        }
    }

    /// Behind refused content nothing is believed that would decide about the next message.
    ///
    /// - Returns: the phase of the command, if the reply would.
    private func stepLost(_ command: Awaited, _ reply: Reply) -> ClientPhase? {
        switch command {
        case .mail:
            // A reply to BDAT follows those to RCPT without a 354 between.
            return reply.kind == .positive && envelope?.transaction.isChunked == false ? nil : .mail
        case .rcpt(let index):
            let isLast = index + 1 == envelope?.transaction.recipients.count
            let isRefused = isLast && envelope?.accepted == 0 && reply.kind != .positive
            return reply.code == 421 || isRefused && !usesPipelining ? .rcpt : nil
        case .data: return reply.kind == .intermediate ? nil : .data
        case .dot, .emptyDot, .rset, .check, .noop, .quit: return nil
        }
    }

    private mutating func unsolicitedReceived(_ reply: Reply) -> ReplyAction {
        guard let refused = sending, reply.kind == .transient || reply.kind == .permanent else {
            return reply.code == 421 ? .refused(phase, reply) : .confused(phase, reply)
        }
        sending = nil
        isClosing = true
        var result = refused.result
        result.dotReply = reply
        result.isCutShort = true
        return .finishedAndClosing(result, reply)
    }

    /// A server that does not know the command, though every server must (RFC 5321 section 4.5.1), is evidently alive.
    private func noopReceived(_ reply: Reply) -> ReplyAction {
        switch reply.kind {
        case .positive, .permanent: .ready
        case .transient: .refused(.noop, reply)
        case .intermediate: .confused(.noop, reply)
        }
    }

    private mutating func mailReceived(_ reply: Reply, into out: inout ByteBuffer) -> ReplyAction {
        if reply.code == 421 { return .refused(.mail, reply) }
        if reply.kind == .positive {
            envelope?.mailTaken = true
        } else {
            envelope?.result.mailRefusal = reply
        }
        // Behind a 4yz the server may close the session: then that is what it is about.
        if usesPipelining { return reply.kind == .permanent ? settle() : .none }
        if reply.kind == .positive {
            writeRecipient(0, into: &out)
            return .none
        }
        return envelopeFinished(into: &out)
    }

    private mutating func recipientReceived(
        _ index: Int, _ reply: Reply, into out: inout ByteBuffer
    ) -> ReplyAction {
        if reply.code == 421 { return .refused(.rcpt, reply) }
        guard let envelope else { return .confused(.rcpt, reply) }
        envelope.answered += 1
        let isLast = index + 1 == envelope.transaction.recipients.count
        if isSettling { return isLast ? recipientsAnswered(into: &out) : .none }
        if reply.kind == .positive {
            envelope.accepted += 1
        } else {
            envelope.result.recipientRefusals.append(.init(recipient: index, reply: reply))
        }
        guard isLast else {
            if !usesPipelining { writeRecipient(index + 1, into: &out) }
            return envelope.result.mailRefusal == nil ? .none : settle()
        }
        return recipientsAnswered(into: &out)
    }

    private mutating func recipientsAnswered(into out: inout ByteBuffer) -> ReplyAction {
        guard let progress = envelope else { preconditionFailure("a reply to RCPT came without an envelope") }
        let isChunked = progress.transaction.isChunked
        if usesPipelining, !isChunked { return progress.hasRecipient ? .none : settle() }
        guard progress.hasRecipient else { return envelopeFinished(into: &out) }
        guard isChunked else {
            writeData(into: &out)
            return .none
        }
        guard sending == nil else { preconditionFailure("content was requested while other content is being sent") }
        // RFC 3030 section 2: a single chunk, the last.
        out.writeStaticString("BDAT ")
        out.writeString(String(progress.transaction.size))
        out.writeStaticString(" LAST\r\n")
        return sendContent(of: progress)
    }

    private mutating func sendContent(of progress: Progress) -> ReplyAction {
        envelope = nil
        sending = progress
        return .sendContent(token: progress.transaction.token)
    }

    private mutating func dataReceived(_ reply: Reply, into out: inout ByteBuffer) -> ReplyAction {
        if reply.code == 421 { return .refused(.data, reply) }
        guard let progress = envelope, sending == nil else { return .confused(.data, reply) }
        isInStep = true
        guard reply.kind == .intermediate else {
            if reply.kind == .positive { return .confused(.data, reply) }
            if progress.hasRecipient { progress.result.dataRefusal = reply }
            return envelopeFinished(into: &out)
        }
        guard progress.hasRecipient else {
            // The server accepts content for no recipient: an empty message ends the wait (RFC 2920 section 3.1).
            out.writeStaticString(".\r\n")
            awaited.append(.emptyDot)
            return settle()
        }
        return sendContent(of: progress)
    }

    private mutating func dotReceived(_ reply: Reply, into out: inout ByteBuffer) -> ReplyAction {
        guard let answered = sending, reply.kind != .intermediate else { return .confused(.dot, reply) }
        sending = nil
        var result = answered.result
        result.dotReply = reply
        // A server that refused content before it saw its end may answer the dot as well: what it says next would be
        // taken for the reply to the next command.
        isClosing = reply.code == 421 || reply.kind != .positive && answered.transaction.size > Self.wholeContent
        if isClosing { return .finishedAndClosing(result, reply) }
        // With small content it may as well.
        isInStep = reply.kind == .positive
        writeEnvelopeIfPossible(into: &out)
        return .finished(result)
    }

    /// Whatever the server says to an empty message, it has taken nothing.
    private mutating func emptyDotReceived(_ reply: Reply, into out: inout ByteBuffer) -> ReplyAction {
        if reply.code == 421 { return .refused(.dot, reply) }
        return reply.kind == .intermediate ? .confused(.dot, reply) : envelopeFinished(into: &out)
    }

    /// Tells the result of an envelope that nobody wants, while replies to its other commands are still to come. Out of
    /// step, a refusal may not be its own.
    private mutating func settle() -> ReplyAction {
        guard isInStep, let progress = envelope, !progress.isSettling else { return .none }
        envelope?.isSettling = true
        return .finished(progress.result)
    }

    /// Ends a transaction that never reached its content. If MAIL was accepted, the server still has it open.
    private mutating func envelopeFinished(into out: inout ByteBuffer) -> ReplyAction {
        guard let progress = envelope else { preconditionFailure("an envelope ended that was not started") }
        envelope = nil
        if progress.mailTaken, progress.result.mailRefusal == nil {
            out.writeStaticString("RSET\r\n")
            awaited.append(.rset)
        }
        writeEnvelopeIfPossible(into: &out)
        return progress.isSettling ? .ready : .finished(progress.result)
    }

    // MARK: - Commands

    private mutating func writeEnvelopeIfPossible(into out: inout ByteBuffer) {
        guard let progress = queued, envelope == nil else { return }
        if let sending {
            guard usesPipelining, sending.dotWritten else { return }
        }
        queued = nil
        envelope = progress
        EnvelopeWriter(capabilities: greeting.capabilities).writeMail(progress.transaction, into: &out)
        isEnvelopeBehind = !awaited.isEmpty
        awaited.append(.mail)
        guard usesPipelining else { return }
        for index in progress.transaction.recipients.indices {
            writeRecipient(index, into: &out)
        }
        // BDAT is not written until there is a recipient for the content.
        if !progress.transaction.isChunked { writeData(into: &out) }
    }

    private mutating func writeRecipient(_ index: Int, into out: inout ByteBuffer) {
        guard let transaction = envelope?.transaction else { return }
        EnvelopeWriter(capabilities: greeting.capabilities).writeRecipient(index, of: transaction, into: &out)
        awaited.append(.rcpt(index))
    }

    private mutating func writeData(into out: inout ByteBuffer) {
        out.writeStaticString("DATA\r\n")
        awaited.append(.data)
    }
}
