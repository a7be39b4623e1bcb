internal import Glibc
internal import NIOCore
internal import NIOPosix

/// `serve` is one of the servers under comparison, `load` is the client for all of them.
@main
enum Main {
    static func main() throws {
        let arguments = Arguments(CommandLine.arguments.dropFirst())
        switch arguments.command {
        case "serve": try serve(arguments)
        case "load": try load(arguments)
        default: fatalError("usage: tls-benchmark serve|load --key value ...")
        }
    }

    /// Listens with one thread until killed; prints its port on standard output.
    private static func serve(_ arguments: Arguments) throws {
        let factory = try TLSFactory(
            library: arguments["library"], certificate: arguments["certificate"], key: arguments["key"])
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LineServer(factory))
                }
            }
            .bind(host: "127.0.0.1", port: arguments.number("port")).wait()
        try server.closeFuture.wait()
    }

    private static func load(_ arguments: Arguments) throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let load = try Load(arguments, loop: group.next())
        try load.start().wait()
        print(load.report)
        fflush(nil)
        if load.plan == .idle {
            // The parent measures the server now, and closes standard input when done.
            _ = readLine()
        }
    }
}
