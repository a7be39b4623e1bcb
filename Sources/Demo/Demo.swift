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
    private var sinks: DemoSinks?
    private var relay: ChildProcess?
    /// Where the page is, and what it asks for.
    private var api = ""
    private let token: NewToken

    /// Interval for checking whether anybody still reads the output, if there is nothing to write.
    private static let readerInterval = Duration.milliseconds(250)
    /// Mail that is lost is missed within half a minute.
    private static let roundTrips = DemoConfiguration.RoundTrips(every: 5, missingAfter: 15, missingThreshold: 2)
    /// The usual one of the API.
    private static let pagePort: UInt16 = 8025

    private enum Event {
        case relayLine(String)
        case relayEnded
        case sinkEnded(DemoSink)
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
        try directory.writePassword()
        let sinks = try await DemoSinks.start(passwordFile: directory.passwordFile)
        self.sinks = sinks
        try startRelay(preferredPort, sinks)
        // The readers of the children's output live as long as the children, and no longer than `stop` takes.
        let watching = watch(sinks, continuation)
        defer { watching.forEach { $0.cancel() } }
        for await event in events {
            if try show(event) { return }
        }
    }

    /// Stops the relay first, so that it can finish what it has begun, then the sinks.
    package func stop() async {
        await ChildProcess.end([relay].compactMap { $0 })
        await ChildProcess.end(sinks?.all.map(\.child) ?? [])
    }

    private func startRelay(_ preferredPort: UInt16, _ sinks: DemoSinks) throws {
        guard let port = DemoPorts.free(preferred: preferredPort),
            let page = DemoPorts.free(preferred: preferredPort == 0 ? 0 : Self.pagePort)
        else {
            throw Failure(.tryAgain, "127.0.0.1 has no free port")
        }
        api = "127.0.0.1:\(page)"
        try directory.fill(
            DemoConfiguration(
                listener: "127.0.0.1:\(port)", api: (api, token.hash), roundTrips: Self.roundTrips), sinks)
        relay = try ChildProcess(
            executable, ["serve", "--config", directory.configuration], capture: .standardError)
    }

    private func watch(_ sinks: DemoSinks, _ events: AsyncStream<Event>.Continuation) -> [Task<Void, Never>] {
        let ofSinks = sinks.all.map { sink in
            Task {
                for await _ in sink.child.lines {}
                events.yield(.sinkEnded(sink))
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
        case .sinkEnded(let sink):
            say(DemoLine.sinkStopped(sink.name, restart: sink.restart(invocation.program)))
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
            if let sinks { say(guide(listener: address, sinks).text) }
        } else if !line.isOfStartOrEnd, !line.isOfProbe {
            say(line.text)
        }
    }

    private func guide(listener: String, _ sinks: DemoSinks) -> DemoGuide {
        DemoGuide(
            directory: directory, listener: listener, api: api, token: token.text, sinks: sinks,
            program: invocation.program)
    }

    private func say(_ text: String) {
        output.line(text)
        output.flush()
    }
}
