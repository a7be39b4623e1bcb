import Admin
import ArgumentParser
import Console
import NIOCore
import RoundTrips

/// `posthorse round-trip run`.
struct RoundTripRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Send a probe now on each path, and say what becomes of it.",
        discussion: """
            Each probe is a real message to the mailbox of its round trip, besides those that are sent anyway, and counts \
            as they do. A line says when it has arrived, where, and where the time went; the command ends when each has \
            its verdict, or after --wait.

            Exits with 0 if each probe has arrived, 66 if there is no such round trip, 69 if a probe is missing, was \
            refused, or could not be sent, and 75 if one is still on its way, or nobody can tell.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var reason: ReasonOption
    @Argument(help: "Names of round trips; all without any.")
    var names: [String] = []
    @Option(help: ArgumentHelp("Only through this upstream; may be repeated.", valueName: "name"))
    var upstream: [String] = []
    @Option(help: ArgumentHelp("How long to wait for the probes to arrive.", valueName: "duration"))
    var wait = DurationArgument(RoundTripOrderDocument.usualWait)
    @Flag(help: "Print which probes it would send, and send none.")
    var dryRun = false

    func validate() throws {
        guard wait.duration > RoundTripOrderDocument.maxWait else { return }
        throw ValidationError("--wait may be at most \(RoundTripOrderDocument.maxWait.components.seconds)s.")
    }

    func run() async throws {
        let order = RoundTripOrderDocument(
            TripFilter(names: names, upstreams: upstream), reason: reason.text, dryRun: dryRun, wait: wait.duration)
        var (standardOutput, results) = (Output(loss: .ignored), Set<String>())
        try await RelayClient(options).forEachLine(posting: order, to: AdminPath.roundTripRun) { line in
            let run = try AdminJSON.decode(RoundTripRunDocument.self, from: line)
            results.insert(run.result)
            if output.json {
                standardOutput.write(octets: line.readableBytesView)
                standardOutput.write("\n")
            } else {
                for line in RoundTripRunReport(run: run).lines { standardOutput.line(line) }
            }
            standardOutput.flush()
        }
        try Self.check(Set(results.compactMap { RoundTripRunDocument.Result(rawValue: $0) }))
    }

    /// Throws a ``Failure`` without a message unless each has arrived: the lines say it.
    static func check(_ results: Set<RoundTripRunDocument.Result>) throws {
        if !results.isDisjoint(with: [.missing, .failed, .notSent]) { throw Failure(.notRunning, "") }
        if !results.isDisjoint(with: [.underWay, .unjudged]) { throw Failure(.tryAgain, "") }
    }
}

/// What became of one probe, in words.
struct RoundTripRunReport {
    let run: RoundTripRunDocument

    var lines: [String] {
        ([headline] + hops.map { "    " + $0 }).map { Printable.line($0) }
    }

    private var headline: String {
        let path = RoundTripWords.path(run.name, run.upstream)
        return switch RoundTripRunDocument.Result(rawValue: run.result) {
        case .arrived: "\(path): arrived after \(arrival)"
        case .late: "\(path): late, arrived after \(arrival)"
        case .missing: "\(path): missing, it is not in \(run.mailbox)"
        case .failed: "\(path): failed, the upstream has not taken it"
        case .unjudged: "\(path): nobody can tell, \(run.mailbox) cannot be looked into"
        case .underWay: "\(path): still on its way\(run.sent_at == nil ? ", not sent yet" : "")"
        case .notSent: "\(path): not sent: \(run.reason ?? "for an unknown reason")"
        case .wouldSend: "\(path): would send a probe to \(run.mailbox)"
        case nil: "\(path): \(run.result)"
        }
    }

    private var arrival: String {
        let stages = [
            ("relay", run.queue_seconds), ("hand-over", run.handover_seconds), ("on its way", run.transit_seconds),
        ].compactMap { name, seconds in seconds.map { "\(name) \(RoundTripWords.span($0))" } }
        let methods = [("SPF", run.spf), ("DKIM", run.dkim), ("DMARC", run.dmarc)].compactMap { name, result in
            result.map { "\(name) \($0)" }
        }
        let parts = [run.folder.map { "in \($0)" }, stages.isEmpty ? nil : stages.joined(separator: ", ")]
        return ([RoundTripWords.span(run.seconds)] + parts.compactMap(\.self)).joined(separator: ", ")
            + (methods.isEmpty ? "" : "; \(methods.joined(separator: ", "))")
    }

    /// Each host behind the relay, with what its clock is off by if that is more than a second.
    private var hops: [String] {
        (run.hops ?? []).map { hop in
            let skew = hop.skew_seconds.flatMap { abs($0) < 1 ? nil : $0 }
            let clock = skew.map { ", its clock \(RoundTripWords.span(abs($0))) \($0 > 0 ? "fast" : "slow")" } ?? ""
            return "+\(RoundTripWords.span(hop.seconds)) \(hop.by ?? "a host without a name")\(clock)"
        }
    }
}
