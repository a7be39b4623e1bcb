import Dialogue
import Mail
import NIOCore
import NIOEmbedded
import SMTP
import Spool
import Synchronization
import TestKit

@testable import Ingress

/// A session handler on an embedded channel, with a faulty spool behind it and a clock that the test advances.
final class EmbeddedSession {
    static let moment = Timestamp(milliseconds: 1_763_763_561_000)

    let eventLoop = EmbeddedEventLoop()
    let channel: EmbeddedChannel
    let spool: FaultySpool
    let loop: IngressLoop
    let handler: SessionHandler
    private let log: EventLog

    init(
        spool: FaultySpool = FaultySpool(), client: String = "127.0.0.1", sharing: EmbeddedSession? = nil,
        limits: LimitSettings = LimitSettings(), logins: LoginService? = nil, capturing: [String] = [],
        gate: RecipientGate = .open, guardian: UserGuard = .unused, classes: RouteClasses = .none,
        claims: StreamClaims = .free, traces: TraceHub = .unused,
        accepts: Histogram = Histogram([]),
        rewrites: RewriteRules = .none,
        _ change: (inout ListenerSettings) -> Void = { _ in }
    ) throws {
        self.spool = spool
        var settings = ListenerSettings(host: "127.0.0.1", port: 0)
        settings.offer = ServerOffer()
        change(&settings)
        let log = EventLog()
        self.log = log
        loop = IngressLoop(
            eventLoop: eventLoop, spool: spool, now: { Self.moment }, gate: gate, guardian: guardian, classes: classes,
            claims: claims, capturing: FieldNames(capturing), traces: traces, accepts: accepts, events: { log.add($0) })
        let listener =
            try sharing?.handler.listener
            ?? Listener(
                settings, hostname: "relay.test", quotas: IngressLimits(limits), logins: logins,
                rewrites: rewrites)
        handler = SessionHandler(loop: loop, listener: listener)
        channel = EmbeddedChannel(handler: handler, loop: eventLoop)
        try channel.connect(to: SocketAddress(ipAddress: client, port: 40_000)).wait()
        eventLoop.run()
    }

    var events: [IngressEvent] { log.events }

    var refusals: [String] {
        events.compactMap { event in
            switch event {
            case .refused(_, let reply, _), .limited(_, _, let reply): reply
            default: nil
            }
        }
    }

    /// Delivers the octets as one read, runs everything due, and returns what was sent since the last call.
    @discardableResult
    func send(_ text: String) throws -> String {
        if channel.isActive { try channel.writeInbound(ByteBuffer(string: text)) }
        eventLoop.run()
        return try replies()
    }

    /// What was sent since the last call.
    func replies() throws -> String {
        var text = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
        return text
    }

    /// Drops the banner and opens a transaction up to the 354.
    func startData(mail: String = "MAIL FROM:<a@example.org>") throws {
        _ = try replies()
        try send("EHLO client.test\r\n\(mail)\r\nRCPT TO:<b@example.org>\r\nDATA\r\n")
    }
}

/// Events in order.
final class EventLog: Sendable {
    private let stored = Mutex<[IngressEvent]>([])

    func add(_ event: IngressEvent) {
        stored.withLock { $0.append(event) }
    }

    var events: [IngressEvent] { stored.withLock { $0 } }
}

extension EmbeddedSession {
    /// Another connection on the same loop.
    func connect(_ handler: SessionHandler, client: String = "127.0.0.1") throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: handler, loop: eventLoop)
        try channel.connect(to: SocketAddress(ipAddress: client, port: 40_001)).wait()
        return channel
    }

    func buffer(_ text: String) -> ByteBuffer {
        ByteBuffer(string: text)
    }
}
