internal import NIOCore
internal import SMTP
internal import TLS

/// The way of a connection from clear to TLS (RFC 3207), or its start with TLS (RFC 8314 section 3.3).
extension SessionHandler {
    /// Sends the 220 in clear; whatever the client sends from now on goes through TLS first.
    func startTLS(_ context: ChannelHandlerContext) {
        guard let tls = listener.tls else { return write(session.answerStartTLS(available: false)) }
        write(session.answerStartTLS(available: true))
        flush(context)
        do {
            try context.pipeline.syncOperations.addHandler(TLSHandler(server: tls), position: .before(self))
        } catch {
            context.close(promise: nil)
        }
    }

    func tlsEstablished() {
        guard life == .open else { return }
        session.tlsEstablished(listener.encryptedOffer)
        origin = ""
        forgetMessage()
        owesBanner = listener.settings.isTLSImplicit
    }

    /// Sends the banner after the handshake of implicit TLS. Octets that came with the end of the handshake were sent
    /// before the banner could be seen: the client does not speak SMTP (RFC 5321 section 4.3.1). In clear the banner goes
    /// out as soon as there is a connection, and what was sent before it cannot be told from what was sent after.
    func sendBanner(_ context: ChannelHandlerContext, spokeBefore: Bool) {
        owesBanner = false
        guard life == .open else { return }
        if spokeBefore {
            report(ServerReply.earlyTalker.text, "spoke before the banner")
            return close(context, with: .earlyTalker)
        }
        write(listener.banner)
        renewDeadline(context)
    }
}
