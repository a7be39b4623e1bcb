internal import DequeModule
package import Mail
package import NIOCore

/// The client's side of an SMTP session: which command goes when, and which reply answers which command (RFC 5321
/// section 4.1.4; RFC 2920 for what may go together).
///
/// Replies come in the order of the commands, so the session is a plan with two cursors: what has been written, and
/// what has been answered; `awaited` holds the commands between the two. With PIPELINING the first runs ahead: MAIL, RCPT
/// and DATA go in one write, and behind the final dot of one message the next message's envelope (RFC 2920 section 3.1).
/// Without, the second has to catch up after each command.
///
/// Up to two transactions are in a session: `sending`, from its 354 to the reply to its dot, and `envelope`, from its
/// MAIL to its 354; `queued` is one that waits for its MAIL to be written. Content that goes by BDAT needs no 354: the
/// last reply to RCPT stands in for it.
///
/// Before all that, ``ClientGreeting`` brings the session to where it can take mail.
///
/// Nothing here does IO: octets to be written are appended to the caller's buffer.
package struct ClientSession: ~Copyable {
    /// What the caller does after a reply.
    package enum ReplyAction: Sendable {
        /// Nothing but writing what was appended.
        case none
        /// The greeting, a reset, or a probe is over: mail can be handed over.
        case ready
        /// The server waits for the TLS handshake: ask ``mayUpgrade(unprocessed:)``, insert TLS, and call
        /// ``tlsEstablished(into:)`` when it is there.
        case startTLS
        /// Choose one of the server's mechanisms and call ``authenticate(mechanism:initialResponse:into:)``.
        case authenticate
        /// Call ``respond(_:into:)`` with what the mechanism answers to this.
        case challenge([UInt8])
        /// The server waits for this transaction's content: write it, then call ``finishContent(into:)``.
        case sendContent(token: Int)
        /// The transaction is over, and the session goes on.
        case finished(TransactionResult)
        /// The transaction is over, and so is the session: the server will close it, or has lost its mind.
        case finishedAndClosing(TransactionResult, Reply)
        /// The server will not go on: close, and take the ``unfinished`` elsewhere.
        case refused(ClientPhase, Reply)
        /// The server does not offer what the session needs: close. One line says what.
        case unavailable(ClientPhase, String)
        /// A reply that answers nothing, or cannot answer what it answers: close.
        case confused(ClientPhase, Reply)
        /// QUIT was answered: close.
        case goodbye
    }

    /// A command whose reply has not come.
    private enum Awaited {
        case mail, rcpt(Int), data, dot, emptyDot, rset, noop, quit
    }

    private struct Progress {
        let transaction: ClientTransaction
        var result: TransactionResult
        var accepted = 0
        var mailTaken = false
        var dotWritten = false

        init(_ transaction: ClientTransaction) {
            self.transaction = transaction
            self.result = TransactionResult(token: transaction.token)
        }
    }

    private var greeting: ClientGreeting
    private var awaited: Deque<Awaited> = []
    private var sending: Progress?
    private var envelope: Progress?
    private var queued: Progress?
    private var isQuitting = false

    /// A session whose connection has just been made; the server speaks first, with `implicit` under TLS.
    ///
    /// - Parameter hostname: the relay's own name, for EHLO.
    package init(hostname: String, security: ClientSecurity = .none) {
        self.greeting = ClientGreeting(hostname: hostname, security: security)
    }

    /// The relay's own name.
    package var hostname: String { greeting.hostname }
    /// What the server offers, as far as it has said so.
    package var capabilities: UpstreamCapabilities { greeting.capabilities }
    /// Whether the greeting is over.
    package var isReady: Bool { greeting.isOver }
    /// Whether the session is under TLS.
    package var isEncrypted: Bool { greeting.isEncrypted }

    /// What the session waits for; `content` when the server waits for us.
    package var phase: ClientPhase {
        guard isReady else { return greeting.phase }
        return switch awaited.first {
        case .mail: .mail
        case .rcpt: .rcpt
        case .data: .data
        case .dot, .emptyDot: .dot
        case .rset: .rset
        case .noop: .noop
        case .quit: .quit
        case nil: sending == nil ? .idle : .content
        }
    }

    /// Whether another transaction may be started now.
    package var hasRoom: Bool {
        guard isReady, !isQuitting, queued == nil else { return false }
        guard greeting.capabilities.pipelining || awaited.isEmpty else { return false }
        let busy = (sending == nil ? 0 : 1) + (envelope == nil ? 0 : 1)
        return busy < (greeting.capabilities.pipelining ? 2 : 1)
    }

    package var isIdle: Bool {
        isReady && sending == nil && envelope == nil && queued == nil && awaited.isEmpty
    }

    /// The transactions without a result, oldest first, with how far each had got, and whether its final dot has been
    /// written: from then on the server may have taken it.
    package var unfinished: [UnfinishedTransaction] {
        var list: [UnfinishedTransaction] = []
        if let sending {
            list.append(
                UnfinishedTransaction(
                    token: sending.transaction.token, phase: sending.dotWritten ? .dot : .content,
                    dotWritten: sending.dotWritten, refusals: sending.result.recipientRefusals))
        }
        if let envelope {
            let phase = sending == nil ? phase : .mail
            list.append(UnfinishedTransaction(token: envelope.transaction.token, phase: phase))
        }
        if let queued { list.append(UnfinishedTransaction(token: queued.transaction.token, phase: .mail)) }
        return list
    }

    /// The recipients that were refused of the transaction whose content is being sent.
    package var contentRefusals: [TransactionResult.Refusal] { sending?.result.recipientRefusals ?? [] }

    // MARK: - Wishes

    /// Hands over a transaction; its envelope is written as soon as the protocol allows.
    package mutating func startTransaction(_ transaction: ClientTransaction, into out: inout ByteBuffer) {
        precondition(hasRoom, "a transaction was started in a session without room")
        precondition(canCarry(transaction), "a transaction was started that the server cannot take")
        queued = Progress(transaction)
        writeEnvelopeIfPossible(into: &out)
    }

    /// The server would know neither the parameters nor the commands.
    private func canCarry(_ transaction: ClientTransaction) -> Bool {
        let capabilities = greeting.capabilities
        if transaction.isChunked, !capabilities.chunking || !capabilities.binaryMIME { return false }
        if transaction.options.requiresTLS, !capabilities.requireTLS || !isEncrypted { return false }
        return capabilities.smtpUTF8 || !transaction.hasInternationalAddress
    }

    /// The content of the transaction that was asked for has been written, up to its last CRLF: ends it with the final
    /// dot, after which the server may take it at any moment.
    ///
    /// Content that goes by BDAT ends with its own last octet, which must be in `out`, and not have been sent before.
    package mutating func finishContent(into out: inout ByteBuffer) {
        guard let progress = sending, !progress.dotWritten else {
            preconditionFailure("content was finished that nobody had asked for")
        }
        sending?.dotWritten = true
        if !progress.transaction.isChunked { out.writeStaticString(".\r\n") }
        awaited.append(.dot)
        writeEnvelopeIfPossible(into: &out)
    }

    /// Asks for a sign of life (RFC 5321 section 4.1.1.9); only for a session that is idle.
    package mutating func probe(into out: inout ByteBuffer) {
        guard !isQuitting, isIdle else { return }
        out.writeStaticString("NOOP\r\n")
        awaited.append(.noop)
    }

    /// Says goodbye; only for a session that is idle.
    package mutating func quit(into out: inout ByteBuffer) {
        guard !isQuitting, isIdle else { return }
        isQuitting = true
        out.writeStaticString("QUIT\r\n")
        awaited.append(.quit)
    }

    // MARK: - TLS and AUTH

    /// Whether TLS may begin, after ``ReplyAction/startTLS``.
    ///
    /// - Parameter unprocessed: octets that came behind the reply. With any, the session must be closed: they would be
    ///   taken for what the server said under TLS (RFC 3207 section 6).
    package mutating func mayUpgrade(unprocessed: Int) -> Bool {
        greeting.mayUpgrade(unprocessed: unprocessed)
    }

    /// The handshake is over, and the server's certificate is as good as it has to be.
    package mutating func tlsEstablished(into out: inout ByteBuffer) {
        greeting.tlsEstablished(into: &out)
    }

    /// Begins to authenticate, after ``ReplyAction/authenticate``.
    ///
    /// - Parameters:
    ///   - mechanism: one of the server's.
    ///   - initialResponse: nil where the mechanism lets the server speak first.
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
        guard let command = awaited.popFirst() else {
            return reply.code == 421 ? .refused(phase, reply) : .confused(phase, reply)
        }
        switch command {
        case .mail: return mailReceived(reply, into: &out)
        case .rcpt(let index): return recipientReceived(index, reply, into: &out)
        case .data: return dataReceived(reply, into: &out)
        case .dot: return dotReceived(reply, into: &out)
        case .emptyDot: return envelopeFinished(into: &out)
        case .rset: return reply.kind == .positive ? .ready : .refused(.rset, reply)
        case .noop: return noopReceived(reply)
        case .quit: return .goodbye
        }
    }

    /// Who does not know the command, though every server must (RFC 5321 section 4.5.1), has understood that there was one.
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
        guard !greeting.capabilities.pipelining else { return .none }
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
        guard let progress = envelope else { return .confused(.rcpt, reply) }
        if reply.kind == .positive {
            envelope?.accepted += 1
        } else {
            envelope?.result.recipientRefusals.append(.init(recipient: index, reply: reply))
        }
        guard index + 1 == progress.transaction.recipients.count else {
            if !greeting.capabilities.pipelining { writeRecipient(index + 1, into: &out) }
            return .none
        }
        return recipientsAnswered(into: &out)
    }

    private mutating func recipientsAnswered(into out: inout ByteBuffer) -> ReplyAction {
        guard let progress = envelope else { preconditionFailure("recipients of no envelope were answered") }
        let isChunked = progress.transaction.isChunked
        if greeting.capabilities.pipelining, !isChunked { return .none }
        guard progress.mailTaken, progress.accepted > 0 else { return envelopeFinished(into: &out) }
        guard isChunked else {
            writeData(into: &out)
            return .none
        }
        guard sending == nil else { preconditionFailure("content was asked for while other content is sent") }
        // RFC 3030 section 2: one chunk, the last.
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
        let hasRecipient = progress.mailTaken && progress.accepted > 0
        guard reply.kind == .intermediate else {
            if reply.kind == .positive { return .confused(.data, reply) }
            if hasRecipient { envelope?.result.dataRefusal = reply }
            return envelopeFinished(into: &out)
        }
        guard hasRecipient else {
            // The server takes content for nobody: an empty message ends the wait (RFC 2920 section 3.1).
            out.writeStaticString(".\r\n")
            awaited.append(.emptyDot)
            return .none
        }
        return sendContent(of: progress)
    }

    private mutating func dotReceived(_ reply: Reply, into out: inout ByteBuffer) -> ReplyAction {
        guard var result = sending?.result, reply.kind != .intermediate else { return .confused(.dot, reply) }
        sending = nil
        result.dotReply = reply
        if reply.code == 421 { return .finishedAndClosing(result, reply) }
        writeEnvelopeIfPossible(into: &out)
        return .finished(result)
    }

    /// A transaction that never came to its content is over. Where MAIL had been taken the server still has it open.
    private mutating func envelopeFinished(into out: inout ByteBuffer) -> ReplyAction {
        guard let progress = envelope else { preconditionFailure("an envelope ended that had not begun") }
        envelope = nil
        if progress.mailTaken, progress.result.mailRefusal == nil {
            out.writeStaticString("RSET\r\n")
            awaited.append(.rset)
        }
        writeEnvelopeIfPossible(into: &out)
        return .finished(progress.result)
    }

    // MARK: - Commands

    private mutating func writeEnvelopeIfPossible(into out: inout ByteBuffer) {
        guard let progress = queued, envelope == nil else { return }
        if let sending {
            guard greeting.capabilities.pipelining, sending.dotWritten else { return }
        }
        queued = nil
        envelope = progress
        EnvelopeWriter(capabilities: greeting.capabilities).writeMail(progress.transaction, into: &out)
        awaited.append(.mail)
        guard greeting.capabilities.pipelining else { return }
        for index in progress.transaction.recipients.indices {
            writeRecipient(index, into: &out)
        }
        // BDAT is not written before somebody is there to get the content.
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
