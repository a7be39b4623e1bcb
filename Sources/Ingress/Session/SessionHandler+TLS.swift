internal import NIOCore
internal import SASL
internal import SMTP
internal import TLS

/// The upgrade of a connection to TLS (RFC 3207), or its start with TLS (RFC 8314 section 3.3).
extension SessionHandler {
    /// Sends the 220 in clear text; everything the client sends from now on passes through TLS first.
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

    func tlsEstablished(_ details: TLSConnectionDetails, _ context: ChannelHandlerContext) {
        guard life == .open else { return }
        loop.events(.encrypted(version: details.version))
        note(details.summary)
        binding = listener.logins == nil ? nil : details.exporter.map { ChannelBinding(exporter: $0) }
        let offer: ServerOffer
        (offer, greeting) = listener.offer(to: namedClient, binding == nil ? .encrypted : .bound)
        // A certificate from the listener's own authorities is a login, as the user named by its common name.
        let user = details.peerCommonName ?? details.peerSubject
        session.tlsEstablished(offer, user: user)
        origin = ""
        userPriority = nil
        userRoute = nil
        userStream = nil
        listener.quotas.leaveUser(&subject, at: context.eventLoop.now)
        forgetMessage()
        if listener.settings.isTLSImplicit { write(listener.banner) }
        if let user {
            loop.events(.loggedIn(user: user, client: clientText, mechanism: "certificate"))
            welcome(user, context)
        }
        renewDeadline(context)
        flush(context)
    }
}
