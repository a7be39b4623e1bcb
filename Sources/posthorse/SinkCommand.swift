import ArgumentParser
import Dispatch
import Mail
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
            Prints the address it listens on as one line. Faults happen at a PHASE of the session: connect, banner, \
            ehlo, starttls (the command), tls (the handshake), auth (the command), mail, rcpt, data (the command, or \
            BDAT), content (its first octets), dot (the end of it), quit. Every fault option may be given more than \
            once; the first that fits a phase happens.
            """)

    @Option(help: "Where to listen; port 0 takes a free one.")
    var listen = "127.0.0.1:2526"
    @Option(help: "The name in the greeting.")
    var name = "sink.example"
    @Option(help: "Event loops.")
    var threads = 1

    @Option(
        help: ArgumentHelp(
            "Answer with --reply at this phase; at tls, with octets that are no TLS.", valueName: "phase"))
    var failAt: [SinkPhase] = []
    @Option(help: "What --fail-at answers; after 421 the session is closed.")
    var reply = "451 4.3.0 Fault on request"
    @Option(help: ArgumentHelp("Faults at rcpt only for recipients that contain this text.", valueName: "text"))
    var failRecipient: String?
    @Option(help: ArgumentHelp("Never answer at this phase; at content, stop reading too.", valueName: "phase"))
    var hangAt: [SinkPhase] = []
    @Option(help: ArgumentHelp("Close without an answer at this phase; at connect, with a reset.", valueName: "phase"))
    var dropAt: [SinkPhase] = []
    @Flag(help: "Take the message, then close without an answer.")
    var dropAfterDot = false
    @Option(
        help: ArgumentHelp(
            "Hold every answer at --delay-at back for so long, such as 200ms or 1.5s.", valueName: "time"))
    var delay: SinkDelay?
    @Option(help: ArgumentHelp("The phase of --delay.", valueName: "phase"))
    var delayAt = SinkPhase.dot
    @Option(help: ArgumentHelp("Faults and delays begin after so many messages.", valueName: "n"))
    var after = 0
    @Option(help: ArgumentHelp("Faults (not delays) end when they have happened so often.", valueName: "n"))
    var limit: Int?

    @Flag(help: "Do not offer PIPELINING.")
    var noPipelining = false
    @Flag(name: .customLong("no-8bitmime"), help: "Do not offer 8BITMIME.")
    var noEightBitMIME = false
    @OptionGroup
    var extensions: SinkExtensionOptions
    @OptionGroup
    var security: SinkSecurityOptions
    @Option(help: ArgumentHelp("Answer 421 to connections beyond so many.", valueName: "n"))
    var maxConnections: Int?

    @Flag(help: "Print one line a message.")
    var print = false
    @Option(help: ArgumentHelp("Keep each message as a file in this directory.", valueName: "directory"))
    var store: String?
    @Option(
        help: ArgumentHelp("Append one JSON line a message to this file, before it is answered.", valueName: "file"))
    var log: String?
    @Flag(help: "Print totals as JSON at the end and on SIGUSR1.")
    var count = false
    @Option(help: ArgumentHelp("Stop after so many messages.", valueName: "n"))
    var exitAfter: Int?

    func validate() throws {
        _ = try settings()
    }

    func run() async throws {
        let sink = try await SinkServer.start(settings())
        let signals = watchSignals(of: sink)
        SinkOutput.line(sink.address)
        try await sink.waitForEnd()
        for signal in signals { signal.cancel() }
        if count { SinkOutput.line(sink.totals.json) }
    }

    private func watchSignals(of sink: SinkServer) -> [any DispatchSourceSignal] {
        signal(SIGPIPE, SIG_IGN)
        let count = count
        let ends = [SIGTERM, SIGINT].map { number in watch(number) { sink.stop() } }
        return ends + [watch(SIGUSR1) { if count { SinkOutput.line(sink.totals.json) } }]
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
        (settings.host, settings.port) = try Self.address(listen)
        settings.name = name
        settings.threads = try Self.positive(threads, "--threads")
        settings.offersPipelining = !noPipelining
        settings.offersEightBitMIME = !noEightBitMIME
        settings.maxConnections = maxConnections
        settings.faults = try faults()
        settings.faultReply = try Self.reply(reply)
        settings.faultyRecipient = failRecipient
        settings.faultsAfter = after
        settings.faultLimit = limit
        settings.delay = delay.map { (delayAt, $0.time) }
        settings.printsMessages = self.print
        settings.storePath = store
        settings.logPath = log
        extensions.apply(to: &settings)
        try security.apply(to: &settings)
        settings.exitAfter = try exitAfter.map { try Self.positive($0, "--exit-after") }
        return settings
    }

    private func faults() throws -> [SinkFault] {
        if failAt.contains(.content) {
            throw ValidationError("There is no answer in the midst of content; use --fail-at dot.")
        }
        return failAt.map { SinkFault(.fail, at: $0) } + hangAt.map { SinkFault(.hang, at: $0) }
            + dropAt.map { SinkFault(.drop, at: $0) } + (dropAfterDot ? [SinkFault(.takeAndDrop, at: .dot)] : [])
    }

    private static func positive(_ number: Int, _ option: String) throws -> Int {
        guard number > 0 else { throw ValidationError("\(option) must be at least 1.") }
        return number
    }

    private static func address(_ text: String) throws -> (String, Int) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else { throw ValidationError("--listen takes ADDRESS:PORT, such as 127.0.0.1:2526 or [::1]:0.") }
        return (text[..<colon].filter { $0 != "[" && $0 != "]" }, port)
    }

    private static func reply(_ text: String) throws -> Reply {
        let words = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard let first = words.first, first.count == 3, let code = UInt16(first), (200...599).contains(code),
            !text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 })
        else { throw ValidationError("--reply takes a code and a text, such as \"554 5.7.1 Refused\".") }
        if words.count > 1, let enhanced = EnhancedStatusCode(words[1]) {
            return Reply(code, enhanced, words.count > 2 ? String(words[2]) : "")
        }
        return Reply(code, nil, words.dropFirst().joined(separator: " "))
    }
}

extension SinkPhase: ExpressibleByArgument {}

/// A duration such as `200ms`, `2s` or `1.5s`.
struct SinkDelay: ExpressibleByArgument {
    let time: Duration

    init?(argument: String) {
        let isMilliseconds = argument.hasSuffix("ms")
        guard argument.hasSuffix("s"), let number = Double(argument.dropLast(isMilliseconds ? 2 : 1)),
            number >= 0, number < 1e6
        else { return nil }
        time = isMilliseconds ? .microseconds(Int64(number * 1000)) : .milliseconds(Int64(number * 1000))
    }
}

/// Lines on standard output that leave at once, for whoever waits for them.
private enum SinkOutput {
    static func line(_ text: String) {
        var rest = Array((text + "\n").utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            guard written > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, written))
        }
    }
}
