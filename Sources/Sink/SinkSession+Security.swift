internal import Mail
internal import SASL
internal import TLS

/// TLS and logins (RFC 3207, RFC 4954).
extension SinkSession {
    mutating func startTLS() -> Action {
        guard offers.tls != nil else { return bad(.unknownCommand) }
        guard tls == nil else { return bad(.badSequence) }
        state = .beforeHandshake
        return .startTLS
    }

    /// The client's first octets have arrived.
    mutating func handshakeBegan(_ fault: SinkFault.Kind?) -> Action {
        if case .fail = fault { return .reply(.noTLS) }
        state = .handshaking
        return Self.action(for: fault) ?? .shakeHands
    }

    /// Everything learned in clear text is discarded (RFC 3207 section 4.2).
    mutating func secured(_ details: TLSConnectionDetails) {
        tls = details
        user = nil
        state = .fresh
        endTransaction()
    }

    mutating func login(_ name: String, _ response: String?) -> Action {
        guard let keys = offers.login else { return bad(.unknownCommand) }
        guard tls != nil || keys.login.isAllowedInClear else { return bad(.mustSecure) }
        guard user == nil else { return bad(.badSequence) }
        let exporter = tls?.exporter
        let offered = keys.login.offered(binding: exporter != nil)
        guard let mechanism = SASLMechanism(name: name), offered.contains(mechanism) else {
            return bad(.unknownMechanism)
        }
        let binding = offered.contains(.scramSHA256Plus) ? exporter.map(ChannelBinding.init) : nil
        guard var exchange = SinkExchange(mechanism, keys, binding: binding) else { return .reply(.loginUnavailable) }
        guard let response else { return perform(exchange.start(nil), exchange) }
        // RFC 4954 section 4: an empty initial response.
        if response == "=" { return perform(exchange.start([]), exchange) }
        guard let octets = Base64.decode(response.utf8) else { return bad(.loginMalformed) }
        return perform(exchange.start(octets), exchange)
    }

    /// An answer to a challenge has arrived; passed without its line end.
    mutating func responseReceived(_ line: String) -> Action {
        guard var exchange, line != "*" else { return endLogin(.loginCancelled) }
        guard let octets = Base64.decode(line.utf8) else { return endLogin(.loginMalformed) }
        return perform(exchange.respond(octets), exchange)
    }

    private mutating func perform(_ step: SinkExchange.Step, _ exchange: SinkExchange) -> Action {
        switch step {
        case .challenge(let text):
            self.exchange = exchange
            state = .authenticating
            return .challenge(text)
        case .over(let reply): return endLogin(reply)
        }
    }

    private mutating func endLogin(_ reply: SinkReply) -> Action {
        exchange = nil
        state = .ready
        if reply == .loggedIn { user = offers.login?.login.user }
        return .reply(reply)
    }
}
