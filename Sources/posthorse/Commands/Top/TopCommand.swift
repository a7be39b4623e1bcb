import Admin
import ArgumentParser
import Console
import Glibc
import Mail

/// `posthorse top`.
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Watch upstreams, queue, throughput and failovers, on the whole screen, each second.",
        discussion: """
            The upstreams are in order of priority. SHARE is the share of traffic that an upstream may take now, SENT/S the \
            recipients delivered per second, P50/P95 the milliseconds that it needed for a message, LIMIT/S the messages per \
            second that it allows. The queue is counted in recipients, by state and by the age of their messages in minutes, \
            every ten seconds at most.

            Keys: q ends, p pauses and goes on. With --once, where standard output is no terminal, and where TERM is unset or \
            dumb, one frame is printed, of what happens within a second.
            """)

    @OptionGroup var options: RelayOptions
    @Flag(help: "Print one frame and end.")
    var once = false

    func run() async throws {
        let relay = try RelayClient(options)
        if once || isatty(STDOUT_FILENO) == 0 || !Terminal.movesCursor() {
            try await printFrame(relay)
        } else {
            try await TopScreen(relay).run()
        }
    }

    /// Two readings, a second apart: rates need both.
    private func printFrame(_ relay: RelayClient) async throws {
        var (reader, history) = (TopReader(relay), TopHistory())
        history.add(try await reader.read())
        try await Task.sleep(for: .seconds(1))
        history.add(try await reader.read())
        guard let reading = history.last, let rates = history.rates else { return }
        let width = isatty(STDOUT_FILENO) == 1 ? FullScreen.size.width : Terminal.plain.width
        let frame = TopFrame(
            reading, rates, place: relay.place.address.text, size: TopFrame.Size(width: width, height: nil))
        var output = Output()
        for line in frame.text(on: .plain) { output.line(line) }
        output.flush()
    }
}
