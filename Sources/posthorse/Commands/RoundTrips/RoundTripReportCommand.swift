import Admin
import ArgumentParser
import Console
import NIOCore
import RoundTrips
import Telemetry

/// `posthorse round-trip report`.
struct RoundTripReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Say how the round trips of a period have gone, for people, programs, or a service level agreement.",
        discussion: """
            Without --format it prints a table, with the incidents below. html is a page with charts that needs nothing \
            else: to print it, or to make a PDF of it, use a browser.

            The last two days are known by the minute, the last 60 by the hour, ten years by the day; a period is rounded \
            outwards to whole ones.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case html, csv, json

        var known: RoundTripQuestion.Format {
            switch self {
            case .html: .html
            case .csv: .csv
            case .json: .json
            }
        }
    }

    enum Part: String, ExpressibleByArgument, CaseIterable {
        case summary, points, incidents

        var known: RoundTripQuestion.Part {
            switch self {
            case .summary: .summary
            case .points: .points
            case .incidents: .incidents
            }
        }
    }

    @OptionGroup var options: RelayOptions
    @OptionGroup var json: JSONOption
    @Option(
        help: ArgumentHelp(
            "Only probes sent then or later: \(MomentArgument.help). A day before --until by default.",
            valueName: "time"))
    var since: MomentArgument?
    @Option(help: ArgumentHelp("Only probes sent before; now by default.", valueName: "time"))
    var until: MomentArgument?
    @Option(help: ArgumentHelp("Only this round trip; may be repeated.", valueName: "name"))
    var name: [String] = []
    @Option(help: ArgumentHelp("Only through this upstream; may be repeated.", valueName: "name"))
    var upstream: [String] = []
    @Option(help: "html, csv or json; by default what the name of the --output ends in.")
    var format: Format?
    @Option(help: "Of csv and json: the summary, points for charts, or the incidents.")
    var part: Part?
    @Option(help: ArgumentHelp("A new file.", valueName: "file"))
    var output: String?

    /// nil for the table.
    private var form: Format? {
        if let format { return format }
        if json.json { return .json }
        return output.flatMap { name in Format.allCases.first { name.lowercased().hasSuffix(".\($0.rawValue)") } }
    }

    func validate() throws {
        if json.json, let format, format != .json {
            throw ValidationError("--json is the same as --format json: give one.")
        }
        if output != nil, form == nil {
            throw ValidationError("--output needs --format, or a name that ends in .html, .csv or .json.")
        }
        if part != nil, form == nil || form == .html { throw ValidationError("--part is for csv and json.") }
        if let since, let until, since.moment >= until.moment {
            throw ValidationError("--since must be before --until.")
        }
    }

    func run() async throws {
        let question = RoundTripQuestion(
            since: since?.moment, until: until?.moment, filter: TripFilter(names: name, upstreams: upstream),
            format: form?.known ?? .json, part: part?.known ?? .summary)
        let relay = try RelayClient(options)
        guard form != nil else { return try await show(question, relay) }
        guard let output else { return try await write(question, relay) }
        let path = Invocation.current.absolute(output)
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        let parent = String(path.dropLast(name.count + 1))
        let file = try NewFile(name, in: parent.isEmpty ? "/" : parent)
        try await forEachPart(question, relay) { try file.write($0.readableBytesView) }
        try file.finish()
    }

    private func write(_ question: RoundTripQuestion, _ relay: RelayClient) async throws {
        var standardOutput = Output()
        try await forEachPart(question, relay) { standardOutput.write(octets: $0.readableBytesView) }
        standardOutput.flush()
    }

    private func forEachPart(
        _ question: RoundTripQuestion, _ relay: RelayClient, _ body: (ByteBuffer) throws -> Void
    ) async throws {
        try await relay.ask(isPatient: true) {
            try await $0.forEachPart(at: AdminPath.roundTripReport(question), body)
        }
    }

    private func show(_ question: RoundTripQuestion, _ relay: RelayClient) async throws {
        let report = try await relay.ask(isPatient: true) {
            try await $0.document(RoundTripReportDocument.self, at: AdminPath.roundTripReport(question))
        }
        var standardOutput = Output()
        for line in RoundTripReportTable(terminal: .current()).lines(of: report) { standardOutput.line(line) }
        standardOutput.flush()
    }
}
