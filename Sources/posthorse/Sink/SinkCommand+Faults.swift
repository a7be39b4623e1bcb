import ArgumentParser
import Mail
import Sink

/// Faults of `posthorse sink`.
struct SinkFaultOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Answer with --reply at this phase; at tls, with bytes that are not TLS.", valueName: "phase"))
    var failAt: [SinkPhase] = []
    @Option(help: "What --fail-at answers; after 421 the session is closed.")
    var reply = "451 4.3.0 Fault on request"
    @Option(help: ArgumentHelp("Apply faults at rcpt only to recipients that contain this text.", valueName: "text"))
    var failRecipient: String?
    @Option(help: ArgumentHelp("Never answer at this phase; at content, stop reading too.", valueName: "phase"))
    var hangAt: [SinkPhase] = []
    @Option(help: ArgumentHelp("Close without an answer at this phase; at connect, with a reset.", valueName: "phase"))
    var dropAt: [SinkPhase] = []
    @Flag(help: "Take the message, then close without an answer.")
    var dropAfterDot = false
    @Option(
        help: ArgumentHelp(
            "Hold back every answer at --delay-at for this time, such as 200ms or 1.5s.", valueName: "time"))
    var delay: SinkDelay?
    @Option(help: ArgumentHelp("The phase of --delay.", valueName: "phase"))
    var delayAt = SinkPhase.dot
    @Option(help: ArgumentHelp("Faults and delays begin after this many messages.", valueName: "n"))
    var after = 0
    @Option(help: ArgumentHelp("Faults (not delays) happen at most this many times.", valueName: "n"))
    var limit: Int?
    @Option(
        help: ArgumentHelp(
            """
            Any fault, with its own conditions: PHASE ACTION [KEY=VALUE ...][: TEXT], such as \
            "mail reply rate=0.2 for=3s: 554 5.7.1 No". docs/sink.md lists them.
            """), transform: { try SinkFault($0) })
    var fault: [SinkFault] = []
    @Flag(help: "Start without faults and delays. SIGUSR2 turns them on, and off again.")
    var faultsOff = false
    @Option(
        help: ArgumentHelp(
            "Selects the cases of faults with a rate; the same seed gives the same cases.", valueName: "n"))
    var seed: UInt64 = 1

    func apply(to settings: inout SinkSettings) throws {
        settings.faults = try faults()
        settings.faultReply = try Self.reply(reply)
        settings.faultyRecipient = failRecipient
        settings.faultsAfter = after
        settings.faultLimit = limit
        settings.delay = delay.map { (delayAt, $0.time) }
        settings.faultsAreOn = !faultsOff
        settings.seed = seed
    }

    private func faults() throws -> [SinkFault] {
        if failAt.contains(.content) {
            throw ValidationError("There is no answer in the middle of content; use --fail-at dot.")
        }
        if (failAt + hangAt + dropAt).contains(.delivery) {
            throw ValidationError("Nothing is answered at delivery; use --fault \"delivery discard\".")
        }
        return fault + failAt.map { SinkFault(.fail, at: $0) } + hangAt.map { SinkFault(.hang, at: $0) }
            + dropAt.map { SinkFault(.drop, at: $0) } + (dropAfterDot ? [SinkFault(.takeAndDrop, at: .dot)] : [])
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
        guard let time = SinkTime.duration(argument) else { return nil }
        self.time = time
    }
}
