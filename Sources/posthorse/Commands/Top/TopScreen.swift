import Admin
import Console
import Dispatch
import Glibc

/// `top` on a terminal: readings, keys and signals come in, frames go out.
struct TopScreen {
    private enum Event: Sendable {
        case reading(TopReading)
        case trouble(String)
        case key(UInt8)
        case resized
        case suspended
        case ended
    }

    private let relay: RelayClient

    init(_ relay: RelayClient) { self.relay = relay }

    /// Ends the process when somebody wants that.
    ///
    /// - Throws: ``Failure`` if the relay does not answer at first; then the screen is as it was.
    func run() async throws -> Never {
        var reader = TopReader(relay)
        var state = TopState(place: relay.place.address.text, first: try await reader.read())
        let (events, input) = AsyncStream<Event>.makeStream()
        let sources = Self.signals(input)
        let keys = Self.keys(input)
        let screen = FullScreen()
        screen.show(state.frame(FullScreen.size))
        // It ends with the process, which does not wait for a relay that does not answer.
        let readings = Task { [reader] in await Self.read(reader, into: input) }
        for await event in events {
            guard Self.take(event, into: &state, screen) else { break }
            screen.show(state.frame(FullScreen.size))
        }
        readings.cancel()
        screen.leave()
        keys.cancel()
        for source in sources { source.cancel() }
        Glibc.exit(0)
    }

    /// - Returns: whether to go on.
    private static func take(_ event: Event, into state: inout TopState, _ screen: FullScreen) -> Bool {
        switch event {
        case .reading(let reading): state.add(reading)
        case .trouble(let text): state.trouble = text
        case .key(UInt8(ascii: "q")), .key(UInt8(ascii: "Q")), .ended: return false
        case .key(UInt8(ascii: "p")): state.isPaused.toggle()
        case .key, .resized: break
        case .suspended:
            screen.leave()
            kill(getpid(), SIGSTOP)
            screen.enter()
        }
        return true
    }

    private static func read(_ reader: TopReader, into input: AsyncStream<Event>.Continuation) async {
        var reader = reader
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(1))
                input.yield(.reading(try await reader.read()))
            } catch let failure as Failure {
                input.yield(.trouble(failure.message))
            } catch {
                input.yield(.trouble("\(error)"))
            }
        }
    }

    private static func signals(_ input: AsyncStream<Event>.Continuation) -> [SignalWatch] {
        [
            SignalWatch([SIGINT, SIGTERM, SIGHUP, SIGQUIT]) { input.yield(.ended) },
            SignalWatch([SIGWINCH]) { input.yield(.resized) }, SignalWatch([SIGTSTP]) { input.yield(.suspended) },
        ]
    }

    /// The end of a terminal is the end of `top`; that of another input is only the end of keys.
    private static func keys(_ input: AsyncStream<Event>.Continuation) -> any DispatchSourceRead {
        let isTerminal = isatty(STDIN_FILENO) == 1
        let source = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO, queue: .global())
        source.setEventHandler {
            var key: UInt8 = 0
            let count = Glibc.read(STDIN_FILENO, &key, 1)
            if count == 1 {
                input.yield(.key(key))
            } else if count == 0 || errno != EINTR && errno != EAGAIN {
                source.cancel()
                if isTerminal { input.yield(.ended) }
            }
        }
        source.activate()
        return source
    }
}
