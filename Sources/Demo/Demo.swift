internal import Access
import Console
import Glibc
internal import TLS

/// Starts the children of a demo, shows their output, and stops them.
package actor Demo {
    private let directory: DemoDirectory
    private let invocation: Invocation
    private let executable = Invocation.executable
    private var output = Output(loss: .ignored)
    private let terminal = Terminal.current()
    private var sinks: [(name: String, child: ChildProcess, address: String)] = []
    private var relay: ChildProcess?
    /// Where the page is, and what it asks for.
    private var api = ""
    private let token: NewToken

    /// Interval for checking whether anybody still reads the output, if there is nothing to write.
    private static let readerInterval = Duration.milliseconds(250)
    /// The usual one of the API.
    private static let pagePort: UInt16 = 8025

    private enum Event {
        case relayLine(String)
        case relayEnded
        case sinkEnded(Int)
        case interrupted
        case outputLost
    }

    /// - Throws: ``Failure`` if the system has no randomness for a token.
    package init(directory: DemoDirectory, invocation: Invocation) throws {
        self.directory = directory
        self.invocation = invocation
        do throws(TLSError) {
            token = try NewToken()
        } catch {
            throw Failure(.tryAgain, "cannot make a token: \(error)")
        }
    }

    /// Runs until a signal arrives or nobody reads the output any more.
    ///
    /// - Throws: ``Failure`` if a child cannot start, or if the relay ends by itself.
    package func run(preferredPort: UInt16) async throws {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        let signals = SignalWatch([SIGINT, SIGTERM, SIGHUP, SIGQUIT]) { continuation.yield(.interrupted) }
        defer { signals.cancel() }
        for name in ["primary", "secondary"] { try await startSink(name) }
        try startRelay(preferredPort)
        // The readers of the children's output live as long as the children, and no longer than `stop` takes.
        let watching = watch(continuation)
        defer { watching.forEach { $0.cancel() } }
        for await event in events {
            if try show(event) { return }
        }
    }

    /// Stops the relay first, so that it can finish what it has begun, then the sinks.
    package func stop() async {
        await end([relay].compactMap { $0 })
        await end(sinks.map(\.child))
    }

    private func startSink(_ name: String) async throws {
        let child = try ChildProcess(
            executable, ["sink", "--listen", "127.0.0.1:0", "--name", name], capture: .standardOutput)
        var lines = child.lines.makeAsyncIterator()
        guard let address = await lines.next(isolation: self) else {
            throw Failure(.tryAgain, "the upstream \(name) did not start (exit code \(child.exitCode ?? 0))")
        }
        sinks.append((name, child, address))
    }

    private func startRelay(_ preferredPort: UInt16) throws {
        guard let port = DemoPorts.free(preferred: preferredPort),
            let page = DemoPorts.free(preferred: preferredPort == 0 ? 0 : Self.pagePort)
        else {
            throw Failure(.tryAgain, "127.0.0.1 has no free port")
        }
        api = "127.0.0.1:\(page)"
        try directory.fill(
            listener: "127.0.0.1:\(port)", api: api, token: token.hash,
            upstreams: sinks.map { ($0.name, $0.address) })
        relay = try ChildProcess(
            executable, ["serve", "--config", directory.configuration], capture: .standardError)
    }

    private func watch(_ events: AsyncStream<Event>.Continuation) -> [Task<Void, Never>] {
        let ofSinks = sinks.enumerated().map { index, sink in
            Task {
                for await _ in sink.child.lines {}
                events.yield(.sinkEnded(index))
            }
        }
        let ofReader = Task {
            while output.hasReader, (try? await Task.sleep(for: Self.readerInterval)) != nil {}
            events.yield(.outputLost)
        }
        guard let relay else { return ofSinks + [ofReader] }
        return ofSinks + [
            ofReader,
            Task {
                for await line in relay.lines { events.yield(.relayLine(line)) }
                events.yield(.relayEnded)
            },
        ]
    }

    /// Shows one event; returns true when the demo is over.
    private func show(_ event: Event) throws -> Bool {
        switch event {
        case .relayLine(let line):
            show(DemoLine(line, terminal: terminal))
        case .relayEnded:
            throw Failure(.tryAgain, "the relay has ended by itself (exit code \(relay?.exitCode ?? 0))")
        case .sinkEnded(let index):
            let sink = sinks[index]
            say(DemoLine.sinkStopped(sink.name, restart: guide(listener: "").restart(named(sink))))
        case .interrupted:
            say("")
            return true
        case .outputLost:
            return true
        }
        return false
    }

    private func show(_ line: DemoLine) {
        if line.event == "listening", let address = line.address {
            say(guide(listener: address).text)
        } else if !line.isOfStartOrEnd {
            say(line.text)
        }
    }

    private func guide(listener: String) -> DemoGuide {
        DemoGuide(
            directory: directory, listener: listener, api: api, token: token.text, sinks: sinks.map(named),
            program: invocation.program)
    }

    private func named(
        _ sink: (name: String, child: ChildProcess, address: String)
    ) -> (name: String, address: String, pid: Int32) {
        (sink.name, sink.address, sink.child.pid)
    }

    private func say(_ text: String) {
        output.line(text)
        output.flush()
    }

    /// Asks the children to end, and kills those that have not done so after ten seconds.
    private func end(_ children: [ChildProcess]) async {
        for child in children { child.signal(SIGTERM) }
        for _ in 0..<100 where children.contains(where: { $0.exitCode == nil }) {
            try? await Task.sleep(for: .milliseconds(100))
        }
        for child in children { child.signal(SIGKILL) }
    }
}
