import Admin
import ArgumentParser
import Console
import NIOCore
import Suppression

/// `posthorse suppression export`.
struct SuppressionExportCommand: AsyncParsableCommand {
    /// The form of the file.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case csv, json
    }

    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write all suppressions to standard output, or to a file.",
        discussion: """
            suppression import reads either form. Without --to, --json is the same as --format json.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var filter: SuppressionFilterOptions

    @Option(help: "csv, or json for one object a line.")
    var format: Format?
    @Option(help: ArgumentHelp("A new file.", valueName: "file"))
    var to: String?
    @Option(help: ArgumentHelp("Only those for mail of this route alone.", valueName: "name"))
    var route: String?

    private var isCSV: Bool { (format ?? (output.json ? .json : .csv)) == .csv }

    func run() async throws {
        guard let to else { return try await write() }
        let path = Invocation.current.absolute(to)
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        let parent = String(path.dropLast(name.count + 1))
        let file = try NewFile(name, in: parent.isEmpty ? "/" : parent)
        try await forEachLine { try file.write($0.utf8) }
        try file.finish()
    }

    private func write() async throws {
        var standardOutput = Output()
        try await forEachLine { standardOutput.write($0) }
        standardOutput.flush()
    }

    private func forEachLine(_ body: (String) throws -> Void) async throws {
        if isCSV { try body(SuppressionExport.header) }
        let path = AdminPath.suppressions(filter.words + [("route", route)])
        try await RelayClient(options).forEachLine(at: path) { line in
            guard isCSV else { return try body(String(buffer: line) + "\n") }
            guard let entry = try AdminJSON.decode(SuppressionDocument.self, from: line).entry else {
                throw Failure(.tryAgain, "the relay is of another release, and has a suppression this one cannot read")
            }
            try body(SuppressionExport.csv(entry))
        }
    }
}
