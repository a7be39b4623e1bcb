import ArgumentParser
import Dispatch
import Sink

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// `posthorse sink`: a test upstream with faults.
struct SinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sink",
        abstract: "Run a test upstream that takes mail, counts it, and fails on request.",
        discussion: """
            Prints the address it listens on, and below it that of --imap. Faults happen at a PHASE of the session: connect, banner, ehlo, starttls \
            (the command), tls (the handshake), auth (the command), mail, rcpt, data (the command, or BDAT), content \
            (its first bytes), dot (its end), delivery (behind the answer), quit. Fault options may be repeated; the first match happens, --fault \
            before the others. SIGUSR2 turns all faults and delays off, and on again as if the sink had just been \
            started.
            """)

    @Option(help: "Where to listen; port 0 takes a free one.")
    var listen = "127.0.0.1:2526"
    @Option(help: "The name in the greeting.")
    var name = "sink.example"
    @Option(help: "Event loops.")
    var threads = 1

    @OptionGroup
    var faults: SinkFaultOptions
    @OptionGroup
    var delivery: SinkDeliveryOptions

    @Flag(help: "Do not offer PIPELINING.")
    var noPipelining = false
    @Flag(name: .customLong("no-8bitmime"), help: "Do not offer 8BITMIME.")
    var noEightBitMIME = false
    @OptionGroup
    var extensions: SinkExtensionOptions
    @OptionGroup
    var security: SinkSecurityOptions
    @Option(help: ArgumentHelp("Answer 421 to connections beyond this number.", valueName: "n"))
    var maxConnections: Int?

    @Flag(help: "Print one line per message.")
    var print = false
    @Option(help: ArgumentHelp("Keep each message as a file in this directory.", valueName: "directory"))
    var store: String?
    @Option(
        help: ArgumentHelp("Append one JSON line per message to this file, before it is answered.", valueName: "file"))
    var log: String?
    @Flag(help: "Print totals as JSON at the end and on SIGUSR1.")
    var count = false
    @Option(help: ArgumentHelp("Stop after this many messages.", valueName: "n"))
    var exitAfter: Int?

    func validate() throws {
        _ = try settings()
    }

    func run() async throws {
        let sink = try await SinkServer.start(settings())
        let signals = watchSignals(of: sink)
        SinkOutput.line(sink.address)
        if let address = sink.mailboxAddress { SinkOutput.line(address) }
        try await sink.waitForEnd()
        for signal in signals { signal.cancel() }
        if count { SinkOutput.line(sink.totals.json) }
    }

    private func watchSignals(of sink: SinkServer) -> [any DispatchSourceSignal] {
        signal(SIGPIPE, SIG_IGN)
        let count = count
        let ends = [SIGTERM, SIGINT].map { number in watch(number) { sink.stop() } }
        return ends + [
            watch(SIGUSR1) { if count { SinkOutput.line(sink.totals.json) } },
            watch(SIGUSR2) { Self.toggleFaults(of: sink) },
        ]
    }

    /// On standard error, because standard output may be a list of messages.
    private static func toggleFaults(of sink: SinkServer) {
        sink.turnFaults(on: !sink.faultsAreOn)
        SinkOutput.line("posthorse sink: faults are \(sink.faultsAreOn ? "on" : "off")", to: STDERR_FILENO)
    }

    private func watch(_ number: CInt, _ action: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler(handler: action)
        source.activate()
        return source
    }

    private func settings() throws -> SinkSettings {
        var settings = SinkSettings()
        (settings.host, settings.port) = try Self.address(listen, "--listen")
        settings.name = name
        settings.threads = try Self.positive(threads, "--threads")
        settings.offersPipelining = !noPipelining
        settings.offersEightBitMIME = !noEightBitMIME
        settings.maxConnections = maxConnections
        try faults.apply(to: &settings)
        settings.printsMessages = self.print
        settings.storePath = store
        settings.logPath = log
        try delivery.apply(to: &settings)
        extensions.apply(to: &settings)
        try security.apply(to: &settings)
        settings.exitAfter = try exitAfter.map { try Self.positive($0, "--exit-after") }
        return settings
    }

    private static func positive(_ number: Int, _ option: String) throws -> Int {
        guard number > 0 else { throw ValidationError("\(option) must be at least 1.") }
        return number
    }

    static func address(_ text: String, _ option: String) throws -> (String, Int) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else { throw ValidationError("\(option) takes ADDRESS:PORT, such as 127.0.0.1:2526 or [::1]:0.") }
        return (text[..<colon].filter { $0 != "[" && $0 != "]" }, port)
    }
}

/// Lines that are written at once, for programs waiting for them.
private enum SinkOutput {
    static func line(_ text: String, to file: CInt = STDOUT_FILENO) {
        var rest = Array((text + "\n").utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            guard written > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, written))
        }
    }
}
