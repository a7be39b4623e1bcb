import Foundation
import Glibc
import NIOCore
import NIOPosix
import TestKit
import Testing

@testable import TLS

/// The library's own command, an independent implementation of everything above its records.
private enum OpenSSL {
    static let path = "/usr/bin/openssl"

    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: path) }

    /// - Returns: its output until it ended; it is stopped after some seconds.
    static func run(_ arguments: [String], input: String) throws -> String {
        let (standardInput, output) = (Pipe(), Pipe())
        let writer = output.fileHandleForWriting
        let child = try Child(
            ["/usr/bin/timeout", "20", path] + arguments, input: standardInput.fileHandleForReading.fileDescriptor,
            output: writer.fileDescriptor, errors: writer.fileDescriptor)
        for handle in [standardInput.fileHandleForReading, writer] { try handle.close() }
        standardInput.fileHandleForWriting.write(Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        child.waitForExit()
        return String(decoding: text, as: UTF8.self)
    }
}

/// Echoes each line in upper case, and closes after "QUIT".
private final class Shouter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let text = String(buffer: unwrapInboundIn(data))
        context.writeAndFlush(NIOAny(ByteBuffer(string: text.uppercased())), promise: nil)
        if text.contains("quit") { context.close(promise: nil) }
    }
}

@Suite("With the openssl command", .serialized, .enabled(if: OpenSSL.isInstalled, "openssl is not installed"))
struct InteropTests {
    private func withServer(_ context: TLSServerContext, _ body: (String) throws -> Void) throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let server = try ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([TLSHandler(server: context), Shouter()])
                }
            }
            .bind(host: "127.0.0.1", port: 0).wait()
        try body("127.0.0.1:\(try #require(server.localAddress?.port))")
        try server.close().wait()
    }

    @Test(
        "as a client, we verify a server and exchange data", .timeLimit(.minutes(10)),
        arguments: [
            ["-tls1_2"], ["-tls1_3"], ["-tls1_3", "-groups", "P-384"],
            ["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"],
            ["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"], ["-tls1_3", "-max_send_frag", "512"],
        ])
    func client(options: [String]) throws {
        let stage = try Stage()
        try withServer(stage.server) { address in
            let output = try OpenSSL.run(
                [
                    "s_client", "-connect", address, "-servername", "mx.example.com", "-verify_hostname",
                    "mx.example.com",
                    "-CAfile", stage.certificates.authorityFile, "-verify_return_error", "-ign_eof",
                ] + options,
                input: "hello\nquit\n")
            #expect(output.contains("Verify return code: 0 (ok)") || output.contains("Verification: OK"), "\(output)")
            #expect(output.contains("HELLO"), "\(output)")
            #expect(output.contains("closed"), "\(output)")
        }
    }

    @Test("as a client, we resume sessions", .timeLimit(.minutes(10)))
    func resumption() throws {
        let stage = try Stage()
        try withServer(stage.server) { address in
            let session = stage.certificates.directory.path + "/session.pem"
            let arguments = ["s_client", "-connect", address, "-tls1_3", "-ign_eof"]
            _ = try OpenSSL.run(arguments + ["-sess_out", session], input: "quit\n")
            let output = try OpenSSL.run(arguments + ["-sess_in", session], input: "quit\n")
            #expect(output.contains("Reused, TLSv1.3"), "\(output)")
        }
    }

    @Test(
        "a client limited to old versions is refused", .timeLimit(.minutes(10)),
        arguments: ["-tls1", "-tls1_1"])
    func oldClient(option: String) throws {
        let stage = try Stage()
        try withServer(stage.server) { address in
            let output = try OpenSSL.run(
                ["s_client", "-connect", address, option, "-cipher", "ALL:@SECLEVEL=0"], input: "hello\n")
            #expect(output.contains("alert protocol version"), "\(output)")
        }
    }

    /// Each case has a loopback address of its own: at a shared one, somebody else may get the port before the server.
    @Test(
        "as a server, we are verified and exchange data", .timeLimit(.minutes(10)),
        arguments: zip(["-tls1_2", "-tls1_3"], ["127.0.88.2", "127.0.88.3"]))
    func server(option: String, host: String) throws {
        let stage = try Stage()
        let files = try stage.certificates.server()
        let port = try FreePort.any(at: host)
        // Killed with the last reference to it.
        let child = try Child([
            OpenSSL.path, "s_server", "-accept", "\(host):\(port)", "-cert", files.certificate, "-key",
            files.privateKey, "-rev", "-quiet", option,
        ])
        defer { child.kill(SIGKILL) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        for isResumed in [false, true] {
            let (reply, details) = try talk(to: host, port, stage.client, group)
            #expect(reply == "dlrow olleh\n")
            #expect(details.version == (option == "-tls1_3" ? "TLSv1.3" : "TLSv1.2"))
            #expect(details.isResumed == isResumed)
        }
    }

    /// Retries until the program listens; then sends a line and waits for the answer.
    private func talk(
        to host: String, _ port: Int, _ context: TLSClientContext, _ group: MultiThreadedEventLoopGroup
    ) throws -> (String, TLSConnectionDetails) {
        var last: (any Error)?
        for _ in 0..<2000 {
            let done = group.next().makePromise(of: (String, TLSConnectionDetails).self)
            let connected = ClientBootstrap(group: group)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers([
                            TLSHandler(client: context, serverName: "mx.example.com"), Line("hello world\n", done),
                        ])
                    }
                }
                .connect(host: host, port: port)
            do {
                _ = try connected.wait()
                return try done.futureResult.wait()
            } catch {
                done.fail(error)
                last = error
                usleep(5000)
            }
        }
        throw last ?? ChannelError.eof
    }
}

/// Sends a line and fulfils its promise with the answer.
private final class Line: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let line: String
    private let done: EventLoopPromise<(String, TLSConnectionDetails)>
    private var details: TLSConnectionDetails?
    private var text = ""

    init(_ line: String, _ done: EventLoopPromise<(String, TLSConnectionDetails)>) {
        self.line = line
        self.done = done
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? TLSHandshakeCompleted else { return }
        details = event.details
        context.writeAndFlush(NIOAny(ByteBuffer(string: line)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += String(buffer: unwrapInboundIn(data))
        guard text.hasSuffix("\n"), let details else { return }
        done.succeed((text, details))
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        done.fail(error)
    }
}

private enum FreePort {
    /// A port that is currently free.
    static func any(at host: String) throws -> Int {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let channel = try ServerBootstrap(group: group).bind(host: host, port: 0).wait()
        let port = try #require(channel.localAddress?.port)
        try channel.close().wait()
        return port
    }
}
