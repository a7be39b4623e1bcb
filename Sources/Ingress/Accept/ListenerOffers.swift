internal import NIOCore
internal import SASL
internal import SMTP

/// The capabilities offered by the sessions of one listener, built once per kind of session, with the replies to EHLO.
struct ListenerOffers: Sendable {
    /// How a connection is protected.
    enum Kind: Int, CaseIterable, Sendable {
        case clear
        /// TLS without a channel binding: TLS 1.2.
        case encrypted
        /// TLS 1.3 (RFC 9266 section 3).
        case bound
    }

    private let list: [(offer: ServerOffer, greeting: ByteBuffer)]

    init(_ settings: ListenerSettings, hostname: String, limits: ServerLimits) {
        list = Kind.allCases.flatMap { kind in
            [false, true].map { scram in
                let offer = Self.offer(settings, kind, scram: scram)
                return (offer, ByteBuffer(string: offer.greeting(hostname: hostname, limits: limits)))
            }
        }
    }

    subscript(kind: Kind, offersSCRAM scram: Bool) -> (offer: ServerOffer, greeting: ByteBuffer) {
        list[kind.rawValue * 2 + (scram ? 1 : 0)]
    }

    private static func offer(_ settings: ListenerSettings, _ kind: Kind, scram: Bool) -> ServerOffer {
        var offer = settings.offer
        offer.isEncrypted = kind != .clear
        offer.startTLS = settings.tls != nil && !settings.isTLSImplicit
        offer.requiresTLS = settings.tlsMode == .required
        guard settings.auth != .off else { return offer }
        if offer.isEncrypted || settings.authWithoutTLS {
            offer.mechanisms = SASLMechanism.served(binding: kind == .bound, scram: scram)
                .filter { settings.mechanisms?.contains($0) ?? true }.map(\.rawValue)
        } else {
            offer.hidesMechanisms = true
        }
        return offer
    }
}
