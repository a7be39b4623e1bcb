import Glibc
import HTTPTypes
import Hummingbird
internal import Ingress
internal import Logging
internal import Mail
internal import NIOCore

/// A request, and the connection that it came by.
struct AdminContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Who asks; nobody until the gate has let the request in.
    var caller = Caller.nobody
    /// What let the request in; nil where nothing can take it back.
    var permit: AccessPermit?
    /// The address of a client over TCP.
    var client: String?
    /// Whether nobody can listen.
    var isEncrypted = false
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// The other end of the connection; nil for a Unix socket.
    var peerAddress: IPAddress? { channel.remoteAddress.flatMap { IPAddress($0) } }
    /// Whether the connection takes more octets, once it has what was written so far. One that does not has a reader that
    /// reads too slowly; one that does lets the next write return at once.
    func isWritable() async -> Bool {
        let channel = channel
        return (try? await channel.eventLoop.submit { channel.isWritable }.get()) ?? false
    }

    /// Whether it is there.
    var isOpen: Bool { channel.isActive }

    /// Ends the connection, whatever waits to be read.
    func close() { channel.close(promise: nil) }

    /// Our end.
    var localAddress: IPAddress? { channel.localAddress.flatMap { IPAddress($0) } }

    /// Who asks, for logs: `token:ops`, or for the socket what the system knows.
    func peer(_ request: Request) async -> String? {
        switch caller {
        case .nobody: nil
        case .token(let token): Caller.name(of: token)
        case .socket: await systemUser(request)
        }
    }

    /// `uid:0`; nil if the system does not know. With ` sudo:ann` behind it where the client says that it was started by that
    /// user, which nobody can check.
    private func systemUser(_ request: Request) async -> String? {
        guard let options = channel as? any SocketOptionProvider else { return nil }
        let credentials: EventLoopFuture<Credentials> = options.unsafeGetSocketOption(
            level: .socket, name: .init(rawValue: SO_PEERCRED))
        guard let user = (try? await credentials.get())?.user else { return nil }
        let claim = request.headers[.claimedUser].flatMap(Self.checked).map { " sudo:\($0)" } ?? ""
        return "uid:\(user)\(claim)"
    }

    /// - Returns: nil for what is no name of a user.
    private static func checked(_ name: String) -> String? {
        let isName = name.utf8.allSatisfy { octet in
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "@"), UInt8(ascii: "$"), UInt8(ascii: "\\"), UInt8(ascii: "+"):
                true
            default: octet >= 0x80
            }
        }
        return isName && (1...64).contains(name.utf8.count) ? name : nil
    }

    /// `struct ucred` of the system.
    private struct Credentials: Sendable {
        let process: pid_t
        let user: uid_t
        let group: gid_t
    }
}

extension HTTPField.Name {
    /// The user that `sudo` was called by, as the client says.
    static let claimedUser = HTTPField.Name("posthorse-sudo-user")!
}
