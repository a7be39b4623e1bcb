package import Mail

extension ClientSession {
    /// What the caller must do after a reply.
    package enum ReplyAction: Sendable {
        /// Write what was appended.
        case none
        /// The greeting, a reset or a probe is complete, or a settling session has settled: mail can be handed over.
        case ready
        /// The server expects the TLS handshake: ask ``mayUpgrade(unprocessed:)``, insert TLS, and call
        /// ``tlsEstablished(into:)`` once it is up.
        case startTLS
        /// Choose one of the server's mechanisms and call ``authenticate(mechanism:initialResponse:into:)``.
        case authenticate
        /// The server refuses this login for good: the same with another mechanism, or close.
        case loginRefused(Reply)
        /// Call ``respond(_:into:)`` with the mechanism's answer to this challenge.
        case challenge([UInt8])
        /// The server expects this transaction's content: write it, then call ``finishContent(into:)``.
        case sendContent(token: Int)
        /// The transaction has its result, and the session continues.
        case finished(TransactionResult)
        /// The transaction is complete, and so is the session: the server will close it, or its state is unknown.
        case finishedAndClosing(TransactionResult, Reply)
        /// The server ends the session: close, and take the ``unfinished`` transactions elsewhere.
        case refused(ClientPhase, Reply)
        /// The server does not offer what the session needs: close. The string says what is missing.
        case unavailable(ClientPhase, String)
        /// The reply may be a second one to content that was refused before its end: close, and take the ``unfinished``
        /// transactions elsewhere.
        case outOfStep(ClientPhase, Reply)
        /// An unsolicited or unfitting reply: close.
        case confused(ClientPhase, Reply)
        /// QUIT was answered: close.
        case goodbye
    }
}
