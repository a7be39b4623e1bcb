import Admin
import ArgumentParser
import Console

/// `posthorse suppression check`.
struct SuppressionCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say what would happen to mail to an address, and why.")

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    @Argument(help: "The address.")
    var address: String

    func run() async throws {
        let check = try await RelayClient(options).document(
            SuppressionCheckDocument.self, at: AdminPath.suppressionCheck(of: address))
        var standardOutput = Output()
        if output.json {
            standardOutput.write(try AdminJSON.line(check))
        } else {
            for line in SuppressionCheckReport(check).lines { standardOutput.line(Printable.line(line)) }
        }
        standardOutput.flush()
    }
}

/// `suppression check`, for people.
struct SuppressionCheckReport {
    private let check: SuppressionCheckDocument

    init(_ check: SuppressionCheckDocument) {
        self.check = check
    }

    var lines: [String] {
        [verdict] + (check.result == "depends" ? routes : []) + (check.reply.map { ["reply    \($0)"] } ?? [])
            + check.suppressions.flatMap(lines) + [bounces]
    }

    private var verdict: String {
        switch check.result {
        case "refused": "\(check.address): mail is refused at RCPT, and mail in the queue is not tried again"
        case "dropped": "\(check.address): mail is accepted and dropped, and nobody is told"
        case "sent": "\(check.address): mail is sent"
        default: "\(check.address): it depends on the route"
        }
    }

    private var routes: [String] { check.routes.map { "route    \($0.route): \($0.result)" } }

    private func lines(_ entry: SuppressionDocument) -> [String] {
        let route = entry.route.map { "route \($0)" } ?? "all routes"
        let person = entry.addedBy.map { " \($0)" } ?? ""
        let end = entry.expiresAt.map { "until \($0)" } ?? "for good"
        return [
            "because  \(entry.pattern) is suppressed, for \(route), \(end)",
            "reason   \(entry.reason.isEmpty ? "-" : entry.reason)",
            "source   \(entry.source)\(person), \(entry.addedAt)",
        ]
    }

    private var bounces: String { "bounces  \(check.hardBounces) hard, \(check.softBounces) soft" }
}
