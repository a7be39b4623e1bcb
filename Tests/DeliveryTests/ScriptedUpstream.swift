import Delivery
import Foundation
import Mail
import NIOCore
import NIOEmbedded

/// A scripted in-memory server that records what it received.
final class ScriptedUpstream {
    enum Phase: Hashable {
        case banner, ehlo, starttls, auth, mail, rcpt, data, dot, rset, noop, quit
    }

    enum Behaviour {
        case reply(String)
        /// The same, later; input that arrives meanwhile waits.
        case lateReply(String, after: Duration)
        /// Nothing, forever.
        case silence
        /// These octets, without a line end, and then the connection is closed.
        case cut(String)
        /// The connection is closed without an answer.
        case drop
        /// It is closed behind one.
        case replyAndDrop(String)
    }

    struct Received: Equatable {
        var sender: String
        var recipients: [String]
        var content: String
    }

    /// Connections are refused.
    var refuses = false
    /// The error number of a refused connection; ECONNREFUSED if not set.
    var connectError: Int32 = 111
    /// Connections neither succeed nor fail until their timeout.
    var ignoresConnects = false
    /// How long a connection takes.
    var connectTime = TimeAmount.zero
    var pipelining = true
    var keywords: [String] = []
    /// Only the first of commands that arrive together is read.
    var dropsPipelinedCommands = false
    /// Its name for itself.
    var name = "scripted"
    /// Sent in place of the server's part of a TLS handshake.
    var handshake: String?
    /// A limit, and what the server says beyond it.
    struct Limit {
        let count: Int
        var phase = Phase.mail
        /// Nil for a close without a word.
        let reply: String?
        var closes = false
    }

    /// It closes each session that has had as many messages, behind the last reply.
    var closing: Limit?
    /// It refuses further messages in a session that has had as many.
    var perSession: Limit?
    /// It refuses sessions beyond as many open ones.
    var atATime: Limit?
    /// Connections are refused while as many are open.
    var refusesBeyond = Int.max
    /// Those sessions are all that are open, not only the earlier ones.
    var countsAll = false
    /// What happens at a phase in place of the usual; called with the argument of the command.
    var script: (Phase, String) -> Behaviour? = { _, _ in nil }
    var received: [Received] = []
    /// Every content received by DATA, whatever the reply.
    var contents: [String] = []
    /// Every command line received.
    var commands: [String] = []
    /// Number of connection attempts.
    var connects = 0
    fileprivate(set) var connections: [Connection] = []

    final class Connection {
        let channel: EmbeddedChannel
        private let upstream: ScriptedUpstream
        private var input = ""
        /// What it has received, and cannot answer yet.
        var unread: String { input }
        private var current = Received(sender: "", recipients: [], content: "")
        private var inContent = false
        /// Octets of a BDAT still to come.
        private var chunk: Int?
        private var hasSender = false
        private(set) var isHanging = false
        private var inAuth = false
        private var taken = 0

        init(_ upstream: ScriptedUpstream, _ channel: EmbeddedChannel) {
            self.upstream = upstream
            self.channel = channel
        }

        /// Reads what the relay wrote and answers; returns whether anything happened.
        func turn() throws -> Bool {
            guard channel.isActive else { return false }
            var happened = false
            while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
                input += String(buffer: buffer)
                happened = true
            }
            while !isHanging, channel.isActive, try step() { happened = true }
            return happened
        }

        private func step() throws -> Bool {
            if let chunk { return try chunkStep(chunk) }
            if inContent { return try contentStep() }
            guard let end = input.range(of: "\r\n") else { return false }
            let line = String(input[..<end.lowerBound])
            input.removeSubrange(..<end.upperBound)
            if upstream.dropsPipelinedCommands { input = "" }
            try command(line)
            return true
        }

        private func contentStep() throws -> Bool {
            let isEmpty = input.hasPrefix(".\r\n")
            guard let end = isEmpty ? input.range(of: ".\r\n") : input.range(of: "\r\n.\r\n") else { return false }
            current.content = isEmpty ? "" : String(input[..<end.lowerBound]) + "\r\n"
            input.removeSubrange(..<end.upperBound)
            inContent = false
            upstream.contents.append(current.content)
            let isTaken = try answer(.dot, "", "250 2.0.0 taken")
            if isTaken { upstream.received.append(current) }
            if isTaken { taken += 1 }
            if let closing = upstream.closing, taken >= closing.count, channel.isActive {
                if let reply = closing.reply { try send(reply) }
                drop()
            }
            return true
        }

        private func chunkStep(_ size: Int) throws -> Bool {
            guard input.utf8.count >= size else { return false }
            current.content = String(decoding: input.utf8.prefix(size), as: UTF8.self)
            input = String(decoding: input.utf8.dropFirst(size), as: UTF8.self)
            chunk = nil
            if try answer(.dot, "", "250 2.0.0 taken") { upstream.received.append(current) }
            return true
        }

        private func command(_ line: String) throws {
            upstream.commands.append(line)
            if inAuth { return try authenticate(line) }
            let verb = line.prefix(4).uppercased()
            let argument = line.drop { $0 != "<" }.dropFirst().prefix { $0 != ">" }
            switch verb {
            case "EHLO":
                let offered = upstream.keywords + (upstream.pipelining ? ["PIPELINING"] : [])
                let lines = ["250-\(upstream.name)"] + offered.map { "250-\($0)" } + ["250 HELP"]
                try answer(.ehlo, "", lines.joined(separator: "\r\n"))
            case "MAIL":
                current = Received(sender: String(argument), recipients: [], content: "")
                hasSender = try answer(.mail, String(argument), "250 2.1.0 ok")
            case "RCPT":
                let usual = hasSender ? "250 2.1.5 ok" : "503 5.5.1 no sender"
                if try answer(.rcpt, String(argument), usual) { current.recipients.append(String(argument)) }
            case "DATA":
                let usual = current.recipients.isEmpty ? "554 5.5.1 no valid recipients" : "354 go on"
                if try answer(.data, "", usual, positive: "3"), !current.recipients.isEmpty { inContent = true }
            case "STAR":
                // A handshake follows, which nobody here can answer.
                guard try answer(.starttls, "", "220 go") else { return }
                isHanging = true
                if let handshake = upstream.handshake, channel.isActive { try send(handshake) }
            case "AUTH":
                try authenticate(line)
            case "BDAT":
                chunk = Int(line.split(separator: " ")[1])
            case "RSET":
                try answer(.rset, "", "250 2.0.0 ok")
            case "NOOP":
                try answer(.noop, "", "250 2.0.0 ok")
            case ".":
                // An empty message, behind a 354 for no recipient.
                try answer(.dot, "", "250 2.0.0 nothing taken")
            case "QUIT":
                try answer(.quit, "", "221 2.0.0 bye")
                drop()
            default:
                try send("500 5.5.2 what: \(line)")
            }
        }

        /// Answers AUTH or a response; after a challenge the next line is a response.
        private func authenticate(_ line: String) throws {
            inAuth = false
            inAuth = try answer(.auth, line, "235 2.7.0 in", positive: "3")
        }

        func greet() throws {
            try answer(.banner, "", "220 scripted")
        }

        /// Whether the answer was positive.
        @discardableResult
        private func answer(
            _ phase: Phase, _ argument: String, _ usual: String, positive: Character = "2"
        ) throws -> Bool {
            switch upstream.script(phase, argument) ?? limit(at: phase) {
            case nil:
                try send(usual)
                return usual.first == positive
            case .reply(let reply):
                try send(reply)
                return reply.first == positive
            case .lateReply(let reply, let delay):
                isHanging = true
                let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
                channel.eventLoop.scheduleTask(in: .nanoseconds(delay.wholeMilliseconds * 1_000_000)) {
                    bound.value.isHanging = false
                    try bound.value.send(reply)
                }
                return reply.first == positive
            case .silence:
                isHanging = true
                return false
            case .cut(let octets):
                try channel.writeInbound(ByteBuffer(string: octets))
                drop()
                return octets.first == positive
            case .drop:
                drop()
                return false
            case .replyAndDrop(let reply):
                try send(reply)
                drop()
                return false
            }
        }

        private func limit(at phase: Phase) -> Behaviour? {
            if let limit = upstream.perSession, limit.phase == phase, taken >= limit.count { return Self.end(limit) }
            let open = upstream.connections.count { $0.channel.isActive }
            let earlier = upstream.connections.prefix { $0 !== self }.count { $0.channel.isActive }
            let before = upstream.countsAll ? open - 1 : earlier
            if let limit = upstream.atATime, limit.phase == phase, before >= limit.count { return Self.end(limit) }
            return nil
        }

        private static func end(_ limit: Limit) -> Behaviour {
            guard let reply = limit.reply else { return .drop }
            return limit.closes ? .replyAndDrop(reply) : .reply(reply)
        }

        func send(_ text: String) throws {
            try channel.writeInbound(ByteBuffer(string: text + "\r\n"))
        }

        /// The connection ends from the other side.
        func drop() {
            channel.close(promise: nil)
            channel.embeddedEventLoop.run()
        }
    }
}

/// Connects to ``ScriptedUpstream``s by name.
final class ScriptedConnector: UpstreamConnector {
    let upstreams: [String: ScriptedUpstream]
    private let eventLoop: EmbeddedEventLoop

    init(_ upstreams: [String: ScriptedUpstream], _ eventLoop: EmbeddedEventLoop) {
        self.upstreams = upstreams
        self.eventLoop = eventLoop
    }

    /// Servers behind the addresses of an upstream's name, in the order of the resolver; else it has one address.
    var hosts: [String: [ScriptedUpstream]] = [:]
    /// How long the resolver takes for the names of these upstreams.
    var lookupTime = TimeAmount.zero
    var slowLookups: Set<String> = []

    func addresses(of settings: UpstreamSettings, on loop: any EventLoop) -> EventLoopFuture<[SocketAddress]> {
        let count = hosts[settings.name]?.count ?? 1
        let addresses = (0..<count).map { try! SocketAddress(ipAddress: "192.0.2.\($0 + 1)", port: 25) }
        guard slowLookups.contains(settings.name) else { return loop.makeSucceededFuture(addresses) }
        return loop.scheduleTask(in: lookupTime) { addresses }.futureResult
    }

    /// The server at an address.
    private func upstream(at address: SocketAddress, of settings: UpstreamSettings) -> ScriptedUpstream {
        let place = Int(address.ipAddress?.split(separator: ".").last ?? "") ?? 1
        guard let upstream = hosts[settings.name]?[place - 1] ?? upstreams[settings.host] ?? upstreams[settings.name]
        else {
            preconditionFailure("no such upstream")
        }
        return upstream
    }

    func connect(
        to address: SocketAddress, of settings: UpstreamSettings, timeout: TimeAmount, handler: any ChannelHandler,
        on loop: any EventLoop
    ) -> EventLoopFuture<any Channel> {
        let upstream = upstream(at: address, of: settings)
        upstream.connects += 1
        let promise = loop.makePromise(of: (any Channel).self)
        if upstream.ignoresConnects {
            loop.scheduleTask(in: timeout) { promise.fail(ChannelError.connectTimeout(timeout)) }
            return promise.futureResult
        }
        if upstream.refuses || upstream.connections.count(where: \.channel.isActive) >= upstream.refusesBeyond {
            // As in reality, the answer comes in a later turn of the loop.
            let error = IOError(errnoCode: upstream.connectError, reason: "connect")
            loop.execute { promise.fail(error) }
            return promise.futureResult
        }
        let channel = EmbeddedChannel(handler: handler, loop: eventLoop)
        let connection = ScriptedUpstream.Connection(upstream, channel)
        upstream.connections.append(connection)
        let bound = NIOLoopBound((channel, connection), eventLoop: loop)
        let open: @Sendable () -> Void = {
            let (channel, connection) = bound.value
            channel.connect(to: try! SocketAddress(ipAddress: "127.0.0.1", port: 25), promise: nil)
            promise.succeed(channel)
            try? connection.greet()
        }
        if upstream.connectTime > .zero {
            loop.scheduleTask(in: upstream.connectTime, open)
        } else {
            loop.execute(open)
        }
        return promise.futureResult
    }

    /// Lets all servers answer; returns whether anything happened.
    func turn() throws -> Bool {
        var happened = false
        for upstream in Array(upstreams.values) + hosts.values.joined() {
            for connection in upstream.connections where try connection.turn() { happened = true }
        }
        return happened
    }
}
