/// What the owner of a ``ServerSession`` has to do next.
package enum ServerAction: Hashable, Sendable {
    /// Nothing, until more octets come, or until the open question (``begin``, ``message``, ``startTLS``,
    /// ``authenticate``, ``authenticationResponse``) is answered.
    case wait
    /// Nothing; go on with the next step.
    case proceed
    /// Send this.
    case reply(ServerReply)
    /// EHLO, or HELO if not extended, was accepted: forget what was kept of a message, and send the greeting; the name is
    /// in the session.
    case greet(extended: Bool)
    /// MAIL is in order: find out whether mail is welcome now, and call ``ServerSession/begin(refusal:)``.
    case begin
    /// The octets consumed by this step are content, in wire form: keep them.
    case content
    /// The octets consumed by this step are content as it is meant: stuff its dots (``DotStuffer``) and keep it.
    case chunk
    /// A chunk of so many octets has come, and more chunks will: send ``ServerReply/chunkTaken(_:)``.
    case chunkTaken(Int)
    /// The content has come and all of it is in order: end its last line if ``ServerSession/lacksLineEnd``, make the
    /// message durable, send the reply, then call ``ServerSession/finish(accepted:)``.
    case message
    /// The content will not do, or was given up: forget what was kept, and send this.
    case discard(ServerReply)
    /// STARTTLS is in order: call ``ServerSession/answerStartTLS(available:)``, send the reply and, where it is a 220,
    /// begin the handshake with the next octets of the client's.
    case startTLS
    /// AUTH is in order: begin ``ServerSession/mechanism`` with ``ServerSession/response``, and answer by a challenge or
    /// a result.
    case authenticate
    /// A response has come: go on with ``ServerSession/response``, and answer by a challenge or a result.
    case authenticationResponse
    /// The exchange is over without a result: forget it, and send this.
    case authenticationEnded(ServerReply)
    /// Send this and close the connection; whatever was kept of a message or an exchange is void.
    case close(ServerReply)
}

/// One step of a ``ServerSession``.
package struct ServerStep: Hashable, Sendable {
    /// So many octets of those given are dealt with; the others are to be given again.
    package let consumed: Int
    package let action: ServerAction
}
