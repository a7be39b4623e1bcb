/// What the owner of a ``ServerSession`` has to do next.
package enum ServerAction: Hashable, Sendable {
    /// Nothing, until more octets come, or until the open question (``begin``, ``message``) is answered.
    case wait
    /// Send this.
    case reply(ServerReply)
    /// EHLO, or HELO if not extended, was accepted: send the greeting; the name is in the session.
    case greet(extended: Bool)
    /// MAIL is in order: find out whether mail is welcome now, and call ``ServerSession/begin(refusal:)``.
    case begin
    /// The octets consumed by this step are content, in wire form: keep them.
    case content
    /// The final dot has come and all the content is in order: make the message durable, send the reply, then call
    /// ``ServerSession/finish(accepted:)``.
    case message
    /// The final dot has come, and the content was not in order: forget what was kept, and send this.
    case discard(ServerReply)
    /// Send this and close the connection; whatever was kept of a message is void.
    case close(ServerReply)
}

/// One step of a ``ServerSession``.
package struct ServerStep: Hashable, Sendable {
    /// So many octets of those given are dealt with; the others are to be given again.
    package let consumed: Int
    package let action: ServerAction
}
