import Glibc
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

    /// Who asks, as the system knows it: `uid:0`; nil if it does not.
    func peer() async -> String? {
        guard let options = channel as? any SocketOptionProvider else { return nil }
        let credentials: EventLoopFuture<Credentials> = options.unsafeGetSocketOption(
            level: .socket, name: .init(rawValue: SO_PEERCRED))
        return (try? await credentials.get()).map { "uid:\($0.user)" }
    }

    /// `struct ucred` of the system.
    private struct Credentials: Sendable {
        let process: pid_t
        let user: uid_t
        let group: gid_t
    }
}
