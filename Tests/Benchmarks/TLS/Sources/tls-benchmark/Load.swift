internal import NIOCore
internal import NIOPosix
internal import TLS

/// Opens connections one after another, several at a time, and does the same on each. Confined to one event loop.
final class Load: @unchecked Sendable {
    enum Plan: String {
        /// Connect, handshake, QUIT.
        case connect
        /// Connect, handshake, and stay.
        case idle
        /// Send octets, or get some.
        case take
        case give
    }

    let plan: Plan
    let usesTLS: Bool
    let resumes: Bool
    let octets: Int
    let contexts: TLSClientContext
    private let loop: any EventLoop
    private let address: SocketAddress
    private let done: EventLoopPromise<Void>
    private let count: Int
    private let concurrency: Int
    private var begun = 0
    private var ended = 0
    private var resumed = 0
    private var summary = ""
    private var open: [any Channel] = []
    private var startedAt = NIODeadline.now()
    private var seconds = 0.0

    init(_ arguments: Arguments, loop: any EventLoop) throws {
        plan = Plan(rawValue: arguments["plan"]) ?? .connect
        usesTLS = arguments["tls"] != "no"
        resumes = arguments["resume"] == "yes"
        octets = arguments.number("octets")
        count = arguments.number("count")
        concurrency = arguments.number("concurrency")
        address = try SocketAddress(ipAddress: "127.0.0.1", port: arguments.number("port"))
        contexts = try TLSClientContext(TLSClientSettings(verifies: false))
        self.loop = loop
        done = loop.makePromise()
    }

    func start() -> EventLoopFuture<Void> {
        loop.execute {
            self.startedAt = .now()
            for _ in 0..<min(self.concurrency, self.count) { self.next() }
        }
        return done.futureResult
    }

    var report: String {
        #"{"seconds": \#(seconds), "connections": \#(ended), "resumed": \#(resumed), "summary": "\#(summary)"}"#
    }

    private func next() {
        guard begun < count else { return }
        begun += 1
        let number = begun
        ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LineClient(self, number: number))
                }
            }
            .connect(to: address)
            .whenFailure { self.done.fail($0) }
    }

    /// A name without a session yet, or always the same one.
    func serverName(_ number: Int) -> String {
        resumes ? "bench.example" : "h\(number).bench.example"
    }

    func shakenHands(_ details: TLSConnectionDetails) {
        summary = details.summary
        if details.isResumed { resumed += 1 }
    }

    /// A connection has finished its work.
    func finish(_ channel: any Channel) {
        ended += 1
        if plan == .idle { open.append(channel) }
        if ended < count { return next() }
        seconds = Double((NIODeadline.now() - startedAt).nanoseconds) / 1e9
        done.succeed()
    }

    func fail(_ error: any Error) {
        done.fail(error)
    }
}
