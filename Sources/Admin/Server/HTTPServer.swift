internal import Access
import HTTPTypes
import Hummingbird
import HummingbirdCore
internal import Logging
internal import Mail
internal import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle

/// Serves the API at one place.
///
/// Not by Hummingbird's own server: that passes connections on through a sequence, and one that is still in it when the
/// server ends, as happens when many clients come at that moment, ends the process.
struct HTTPServer: Sendable {
    let door: HTTPDoor
    let responder: RouterResponder<AdminContext>
    let logger: Logger
    let now: @Sendable () -> Timestamp

    /// Serves until the graceful shutdown, and then until the last request is answered; ends at once when cancelled.
    ///
    /// - Throws: ``AdminError`` if the place cannot be opened.
    func run(on group: any EventLoopGroup) async throws {
        let channel = try await open(on: group)
        do {
            try door.opened(channel)
        } catch {
            try? await channel.close()
            throw error
        }
        let register = door.register
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                try? await channel.closeFuture.get()
                await register.waitUntilEmpty()
            } onGracefulShutdown: {
                channel.close(promise: nil)
                register.quiesce()
            }
        } onCancel: {
            channel.close(promise: nil)
            register.closeAll()
        }
    }

    private func open(on group: any EventLoopGroup) async throws -> any Channel {
        switch door.place {
        case .tcp(let address):
            do {
                let place = try SocketAddress(ipAddress: address.host, port: address.port)
                return try await bootstrap(on: group, place).bind(to: place).get()
            } catch {
                throw AdminError(binding: address.text(port: address.port), error)
            }
        case .socket(let path):
            do {
                return try await bootstrap(on: group, nil).bind(unixDomainSocketPath: path).get()
            } catch {
                throw AdminError(.socket, "admin socket \(path): cannot create it: \(error)")
            }
        }
    }

    /// - Parameter place: of TCP; nil for a Unix socket.
    private func bootstrap(on group: any EventLoopGroup, _ place: SocketAddress?) -> ServerBootstrap {
        let connection = HTTPConnection({ try await respond($0, $1, $2) }, door)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                // A task of its own for each connection, which ends with it: nobody else waits for it.
                connection.setup(channel: channel, logger: logger).map { value in
                    Task { await connection.handle(value: value, logger: logger) }
                    return
                }
            }
        guard let place else { return bootstrap }
        let tcp =
            bootstrap
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        guard place.protocol == .inet6 else { return tcp }
        return tcp.serverChannelOption(
            ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only), value: 1)
    }

    private func respond(
        _ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel
    ) async throws {
        let context = AdminContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
        var response: Response
        do {
            response = try await responder.respond(to: request, context: context)
        } catch let error as HTTPParserError {
            throw error
        } catch {
            response = try .problem(.internalServerError, "\(error)")
        }
        response.headers[.date] = HTTPDate.text(of: now())
        // The head of the answer to GET, and nothing behind it, whatever the answer is.
        if request.method == .head { response = response.createHeadResponse() }
        do {
            try await writer.write(response: response.head, body: response.body)
        } catch is HTTPParserError {
            // The answer has begun: a second must not follow.
            throw ChannelError.inputClosed
        }
    }
}
