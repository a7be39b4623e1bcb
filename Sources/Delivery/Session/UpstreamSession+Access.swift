internal import Mail
internal import NIOCore
internal import SASL
internal import SMTP
internal import TLS

/// TLS and AUTH, before a session accepts mail.
extension UpstreamSession {
    // MARK: - TLS

    /// Octets after the reply to STARTTLS arrived in clear text and may have been injected (RFC 3207 section 6).
    func startTLS(unprocessed: Int) {
        guard outbound.readableBytes == 0 else {
            return end(SessionFailure(.tls("the reply to STARTTLS came before the command"), at: .startTLS))
        }
        guard mayUpgrade(unprocessed: unprocessed) else {
            let text = "\(unprocessed) octets of clear text came after the reply to STARTTLS"
            return end(SessionFailure(.tls(text), at: .startTLS))
        }
        insertTLS()
    }

    func insertTLS() {
        guard let context else { return }
        do throws(TLSError) {
            let handler = try security.access.makeHandler()
            do {
                try context.pipeline.syncOperations.addHandler(handler, position: .before(self))
            } catch {
                end(SessionFailure(.tls("\(error)"), at: .tls))
            }
        } catch {
            end(SessionFailure(.tls(error.description), at: .tls))
        }
    }

    // MARK: - AUTH

    func logIn() {
        guard let context else { return }
        let eventLoop = context.eventLoop
        security.waits()
        security.access.findCredentials(on: eventLoop) { [self] result in
            security.continues()
            guard !hasEnded else { return }
            resumed()
            do throws(CredentialError) {
                try beginLogin(try result.get())
            } catch {
                guard error.isShortage else { return loginFailed(error.description) }
                end(SessionFailure(.shortage(error.description), at: .auth))
            }
        }
    }

    private func beginLogin(_ credentials: Credentials) throws(CredentialError) {
        let start = try security.begin(credentials, offered: offeredMechanisms)
        hideSecrets()
        note("logging in as \(credentials.username) with \(start.mechanism)")
        authenticate(mechanism: start.mechanism, initialResponse: start.initialResponse)
    }

    /// Whether another token or mechanism is tried, or the account is to blame.
    func loginRefused(_ reply: Reply) {
        if security.replacesToken(after: reply) {
            note("the token is refused; the next login has another one")
            return logIn()
        }
        let (triesNext, reason) = security.refused(reply, offered: offeredMechanisms)
        guard triesNext else {
            return end(SessionFailure(.refused(reason), at: .auth, reply: reply, fault: .account))
        }
        owner?.session(self, triesAnotherMechanism: reason)
        logIn()
    }

    func answer(_ challenge: [UInt8]) {
        guard let context, let login = security.challenged() else { return }
        security.access.answer(challenge, in: login, on: context.eventLoop) { [self] login, result in
            security.answered(in: login)
            guard !hasEnded else { return }
            switch result {
            case .success(let response):
                respond(response)
            case .failure(let error):
                respond(nil)
                loginFailed(security.concealed(error.description))
            }
        }
    }

    /// The server accepts the login; false if it is not the one it should be.
    func completeLogin() -> Bool {
        do throws(SASLError) {
            try security.succeeded()
            return true
        } catch {
            loginFailed(security.concealed(error.description))
            return false
        }
    }

    private func loginFailed(_ reason: String) {
        end(SessionFailure(.login(reason), at: .auth))
    }
}
