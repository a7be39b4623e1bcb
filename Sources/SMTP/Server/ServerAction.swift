/// What the owner of a ``ServerSession`` must do next.
package enum ServerAction: Hashable, Sendable {
    /// Nothing until more octets arrive, or until the pending question (``begin``, ``message``, ``startTLS``,
    /// ``authenticate``, ``authenticationResponse``) is answered.
    case wait
    /// Nothing; take the next step.
    case proceed
    /// Send this.
    case reply(ServerReply)
    /// EHLO (or HELO, if not extended) was accepted: discard what was kept of a message, and send the greeting; the
    /// client's name is in the session.
    case greet(extended: Bool)
    /// MAIL is valid: find out whether mail is welcome now, and call ``ServerSession/begin(refusal:)``.
    case begin
    /// RCPT is valid, and its recipient is the last of the envelope: send ``ServerReply/recipientAccepted``, or refuse it
    /// and call ``ServerSession/withdrawRecipient()``. Only if the session is to ask.
    case recipient
    /// The octets consumed by this step are content in wire form: keep them.
    case content
    /// The octets consumed by this step are content before dot stuffing: stuff its dots (``DotStuffer``) and keep it.
    case chunk
    /// A chunk of this many octets has been received, and more will follow: send ``ServerReply/chunkTaken(_:)``.
    case chunkTaken(Int)
    /// The content is complete and valid: terminate its last line if ``ServerSession/lacksLineEnd``, make the message
    /// durable, send the reply, then call ``ServerSession/finish(accepted:)``.
    case message
    /// The content is unacceptable or was abandoned: discard what was kept, and send this.
    case discard(ServerReply)
    /// STARTTLS is valid: call ``ServerSession/answerStartTLS(available:)``, send the reply and, if it is a 220, begin
    /// the handshake with the client's next octets.
    case startTLS
    /// AUTH is valid: start ``ServerSession/mechanism`` with ``ServerSession/response``, and answer with a challenge or
    /// a result.
    case authenticate
    /// A response has arrived: continue with ``ServerSession/response``, and answer with a challenge or a result.
    case authenticationResponse
    /// The exchange ended without a result: discard it, and send this.
    case authenticationEnded(ServerReply)
    /// Send this and close the connection; discard whatever was kept of a message or an exchange.
    case close(ServerReply)
}

/// One step of a ``ServerSession``.
package struct ServerStep: Hashable, Sendable {
    /// Number of octets consumed; pass the others again.
    package let consumed: Int
    package let action: ServerAction
}
