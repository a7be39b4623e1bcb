import Mail
import NIOCore
import NIOPosix
import SASL
import Synchronization
import TLS

/// A real server on this machine, with TLS and an account.
final class SecureUpstream: Sendable {
    struct Behaviour: Sendable {
        var isImplicit = false
        /// Nil without TLS.
        var context: TLSServerContext?
        var keywords: [String] = []
        var mechanisms: [SASLMechanism] = []
        var password = ""
    }

    struct Record: Sendable {
        var commands: [String] = []
        var handshakes: [TLSConnectionDetails] = []
        var messages = 0
        var users: [String] = []
    }

    /// What has happened, in all connections.
    final class Log: Sendable {
        private let state = Mutex(Record())

        var record: Record { state.withLock { $0 } }

        func note(_ change: (inout Record) -> Void) {
            state.withLock { change(&$0) }
        }
    }

    private let channel: any Channel
    private let log = Log()

    init(_ behaviour: Behaviour, on eventLoop: any EventLoop) async throws {
        let log = log
        channel = try await ServerBootstrap(group: eventLoop)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if behaviour.isImplicit, let context = behaviour.context {
                        try channel.pipeline.syncOperations.addHandler(TLSHandler(server: context))
                    }
                    try channel.pipeline.syncOperations.addHandler(SecureUpstreamHandler(behaviour, log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    var record: Record { log.record }
    func close() async throws { try await channel.close() }
}

/// One session of ``SecureUpstream``.
private final class SecureUpstreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let behaviour: SecureUpstream.Behaviour
    private let log: SecureUpstream.Log
    private var input = ByteBuffer()
    private var details: TLSConnectionDetails?
    private var login: SASLServer?
    private var inContent = false

    init(_ behaviour: SecureUpstream.Behaviour, _ log: SecureUpstream.Log) {
        self.behaviour = behaviour
        self.log = log
    }

    func channelActive(context: ChannelHandlerContext) {
        send("220 secure", context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let completed = event as? TLSHandshakeCompleted else { return }
        details = completed.details
        log.note { $0.handshakes.append(completed.details) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var received = unwrapInboundIn(data)
        input.writeBuffer(&received)
        while let end = input.readableBytesView.firstIndex(of: 0x0A) {
            let count = end - input.readerIndex + 1
            let line = input.readString(length: count)?.dropLast().description ?? ""
            do { try take(line, context) } catch { context.close(promise: nil) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func take(_ line: String, _ context: ChannelHandlerContext) throws {
        if inContent {
            guard line == "." else { return }
            inContent = false
            log.note { $0.messages += 1 }
            return send("250 2.0.0 taken", context)
        }
        if login != nil { return try respond(line, context) }
        log.note { $0.commands.append(line) }
        switch line.prefix(4) {
        case "EHLO": send((["secure"] + keywords).map { "250-\($0)\r\n" }.joined() + "250 HELP", context)
        case "STAR": try startTLS(context)
        case "AUTH": try authenticate(line.split(separator: " ").map(String.init), context)
        case "DATA":
            inContent = true
            send("354 go", context)
        case "QUIT": send("221 bye", context)
        default: send("250 ok", context)
        }
    }

    private var keywords: [String] {
        let offersTLS = behaviour.context != nil && details == nil
        let names = behaviour.mechanisms.map(\.rawValue).joined(separator: " ")
        return behaviour.keywords + (offersTLS ? ["STARTTLS"] : []) + (names.isEmpty ? [] : ["AUTH \(names)"])
    }

    private func startTLS(_ context: ChannelHandlerContext) throws {
        guard let server = behaviour.context else { return send("502 no", context) }
        send("220 go", context)
        try context.pipeline.syncOperations.addHandler(TLSHandler(server: server), position: .before(self))
    }

    // MARK: - AUTH

    private func authenticate(_ words: [String], _ context: ChannelHandlerContext) throws {
        let binding = details?.exporter.map { ChannelBinding(exporter: $0) }
        let offersPlus = behaviour.mechanisms.contains(.scramSHA256Plus)
        guard let mechanism = SASLMechanism(name: words[1]),
            var server = SASLServer(
                mechanism, binding: offersPlus ? binding : nil, decoy: try SCRAMDecoy(), nonce: try SCRAMNonce())
        else { return send("504 5.5.4 what", context) }
        let initial = words.count > 2 ? Base64.decode(words[2].utf8) : nil
        try perform(server.start(initialResponse: initial), &server, context)
    }

    private func respond(_ line: String, _ context: ChannelHandlerContext) throws {
        guard var server = login else { return }
        login = nil
        guard let response = Base64.decode(line.utf8) else { return send("501 5.7.0 cancelled", context) }
        try perform(server.respond(response), &server, context)
    }

    private func perform(
        _ action: SASLServer.Action, _ server: inout SASLServer, _ context: ChannelHandlerContext
    ) throws {
        switch action {
        case .challenge(let challenge):
            login = server
            send("334 \(Base64.encode(challenge))", context)
        case .checkPassword(let user, let password):
            let isRight = user == "relay" && password == Array(behaviour.password.utf8)
            try perform(server.passwordChecked(isRight), &server, context)
        case .lookUp:
            let keys = try SCRAMKeys(
                password: Array(behaviour.password.utf8), salt: Array("0123456789abcdef".utf8), iterations: 4096)
            try perform(server.found(keys), &server, context)
        case .succeeded(let user):
            log.note { $0.users.append("\(user) \(server.mechanism.rawValue)") }
            send("235 2.7.0 in", context)
        case .failed:
            send("535 5.7.8 no", context)
        }
    }

    private func send(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + "\r\n")), promise: nil)
    }
}
