internal import Access
internal import Ingress
internal import Mail
internal import NIOCore
internal import TLS

/// One place where the API is served, and what a connection there may do.
struct HTTPDoor: Sendable {
    enum Place: Sendable {
        case tcp(HTTPSettings.Address)
        /// A Unix socket, to be created at this path.
        case socket(path: String)
    }

    /// How long a connection may take.
    struct Bounds: Sendable {
        /// For the next request, or the next part of one; nil for any time.
        var idle: TimeAmount?
        var warden: ConnectionWarden.Limits

        /// For strangers.
        static let network = Bounds(idle: .seconds(30), warden: ConnectionWarden.Limits())
        /// For operators, who may stop reading a long answer in a pager.
        static let local = Bounds(
            idle: nil, warden: ConnectionWarden.Limits(request: .hours(24), stall: .hours(24), linger: .seconds(2)))
    }

    /// More than a machine has programs for operators, with as many readers of events as there may be.
    private static let localConnections = 2048

    let place: Place
    let tls: TLSServerContext?
    let register: ConnectionRegister
    let bounds: Bounds
    /// Whether a new connection is served; one that is not is closed before the TLS handshake.
    let welcomes: @Sendable (any Channel) -> Bool
    /// Hears where connections are taken.
    let opened: @Sendable (any Channel) throws -> Void

    /// The Unix socket. Its file says who may connect.
    static func socket(path: String, opened: @escaping @Sendable () throws -> Void) -> HTTPDoor {
        HTTPDoor(
            place: .socket(path: path), tls: nil,
            register: ConnectionRegister(limit: localConnections, report: { _ in }),
            bounds: .local, welcomes: { _ in true }, opened: { _ in try opened() })
    }

    /// An address of TCP. Whoever is neither a client of ours nor a proxy gets no answer, and no handshake.
    static func tcp(
        _ address: HTTPSettings.Address, _ endpoint: HTTPEndpoint, opened: @escaping @Sendable () -> Void
    ) -> HTTPDoor {
        let control = endpoint.control
        return HTTPDoor(
            place: .tcp(address), tls: endpoint.tls, register: endpoint.register, bounds: .network,
            welcomes: { channel in
                guard let peer = channel.remoteAddress.flatMap({ IPAddress($0) }) else { return false }
                let rules = control.rules
                guard !rules.admits(peer), !rules.isProxy(peer) else { return true }
                control.report(.refused(.network, client: peer.description, token: nil))
                return false
            },
            opened: { channel in
                let text = address.text(port: channel.localAddress?.port ?? address.port)
                control.report(.listening(address: text, isEncrypted: endpoint.tls != nil))
                opened()
            })
    }
}
