import Admin
import ArgumentParser
import Audit
import Console

/// `posthorse audit verify`.
struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check that no record of the audit log has been changed, added or removed.",
        discussion: """
            Each record is authenticated together with all before it, so that a change is found wherever it is. Only \
            records cut off at the end while no relay runs leave no trace in the log itself. To detect that, give --head a \
            digest from the relay's own log, which has one each hour (audit_head).

            Exits with 0 if nothing is wrong, and with 65 otherwise, such as if the key is missing.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    @Option(
        help: ArgumentHelp("A head noted earlier, which must be in the log.", valueName: "hash"), transform: Self.hash)
    var head: AuditHash?

    @Sendable
    private static func hash(_ text: String) throws -> AuditHash {
        guard let hash = AuditHash(text) else {
            throw ValidationError("A head has 64 hexadecimal digits in lower case: see audit_head in the log.")
        }
        return hash
    }

    func run() async throws {
        let verdict = try await AuditPlace(options).verify(wanted: head)
        var standardOutput = Output(loss: .ignored)
        if output.json {
            standardOutput.write(try AdminJSON.line(verdict))
        } else {
            for line in Self.lines(verdict, head) { standardOutput.line(line) }
        }
        standardOutput.flush()
        if !verdict.ok { throw Failure(.badInput, "") }
    }

    static func lines(_ verdict: AuditVerdict, _ wanted: AuditHash?) -> [String] {
        var lines = verdict.problems.map { Printable.line("line \($0.line): \($0.reason)") }
        let more = verdict.problemCount - verdict.problems.count
        if more > 0 { lines.append("and \(Quantity.count(more, "more problem"))") }
        if verdict.repairs > 0 {
            lines.append(
                "\(Quantity.count(verdict.repairs, "unfinished record")) replaced at a start: audit list --what repair")
        }
        if let wanted, let place = verdict.headFoundAt { lines.append("\(wanted) is the head of record \(place).") }
        let records = Quantity.count(verdict.records, "record")
        lines.append("\(records), \(verdict.ok ? "all as they were written" : "not all as they were written").")
        if let head = verdict.head { lines.append("Head: \(head)") }
        return lines
    }
}
