import Admin
import ArgumentParser
import Configuration
import Console
import Relay

/// `posthorse doctor`: whether a relay could start here, and what to do about what is in its way.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say whether a relay could work with relay.conf and its database, and what to type if not.",
        discussion: """
            Looks at relay.conf, and at the database of [cluster] if there is one. Changes nothing. Exits with 78 if \
            relay.conf cannot be used, 69 if the database cannot, 0 otherwise; warnings alone are not a failure.
            """)

    @OptionGroup var options: ConfigOption
    @OptionGroup var output: JSONOption

    func run() throws {
        let (configuration, problems) = RelayConfiguration.check(path: options.path)
        let database = configuration.flatMap { Relay.examineDatabase($0, from: options.path) }
        var report = [Diagnosis(.configuration, configuration?.outline, problems)]
        if let database { report.append(Diagnosis(.database, database.summary, database.problems)) }
        var standardOutput = Output()
        for diagnosis in report {
            standardOutput.write(output.json ? try AdminJSON.line(diagnosis) : diagnosis.text)
        }
        standardOutput.flush()
        if configuration == nil { throw Failure(.configuration, "") }
        if database?.isUsable == false { throw Failure(.notRunning, "") }
    }
}

/// What `doctor` says of one part, in text and as JSON.
struct Diagnosis: Encodable, Equatable {
    enum Part: String, Encodable {
        case configuration = "relay.conf"
        case database
    }

    enum State: String, Encodable {
        case good, doubtful, bad
    }

    let part: Part
    let state: State
    /// What it is; nil if nobody knows.
    let summary: String?
    let problems: [ConfigurationProblem]

    init(_ part: Part, _ summary: String?, _ problems: [ConfigurationProblem]) {
        (self.part, self.summary, self.problems) = (part, summary, problems)
        state = problems.hasErrors ? .bad : problems.isEmpty ? .good : .doubtful
    }

    /// A line for the part, and for each problem one with what is wrong and one with what to do.
    var text: String {
        let head = "\(part.rawValue): \(state.rawValue)" + (summary.map { "; \($0)" } ?? "")
        let lines = problems.flatMap { problem in
            let place = [problem.line.map { "line \($0)" }, problem.key].compactMap { $0 }.joined(separator: ", ")
            let what = part == .database || place.isEmpty ? problem.message : "\(place): \(problem.message)"
            return ["  \(problem.severity.rawValue): \(what)"] + (problem.remedy.map { ["    \($0)"] } ?? [])
        }
        return ([head] + lines).map { Printable.line($0) + "\n" }.joined()
    }
}
