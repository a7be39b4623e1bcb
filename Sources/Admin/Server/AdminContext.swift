import Glibc
import HTTPTypes
import Hummingbird
internal import Logging
internal import NIOCore

/// A request, and the connection that it came by.
struct AdminContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Who asks, as the system knows it: `uid:0`; nil if it does not. With ` sudo:ann` behind it where the client says that
    /// it was started by that user, which nobody can check.
    func peer(_ request: Request) async -> String? {
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
