import Admin
import ArgumentParser
import Console

/// `posthorse history erase`.
struct HistoryEraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Take a recipient's address out of the history; the outcomes stay.",
        discussion: """
            For those who must be forgotten. The address goes from all that is kept about mail to it, replies included, \
            and cannot be brought back; outcomes, times and classes stay. Mail in the queue is not touched.

            Asks for confirmation and says how many recipients it is about; without a terminal, it needs --yes.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    @Option(help: ArgumentHelp("The whole address.", valueName: "address"))
    var recipient: String
    @OptionGroup var reason: ReasonOption
    @Flag(help: "Print how many recipients it is about, and change nothing.")
    var dryRun = false
    @Flag(help: "Do not ask for confirmation.")
    var yes = false

    func validate() throws {
        guard recipient.contains("@"), !recipient.contains("*") else {
            throw ValidationError("--recipient is one whole address.")
        }
    }

    func run() async throws {
        let client = try RelayClient(options)
        let rehearsal = try await post(HistoryErasureDocument(recipient, reason: reason.text, dryRun: true), client)
        let count = rehearsal.recipients ?? 0
        let phrase = "take \(recipient) out of \(Quantity.count(count, "entry", "entries")) of the history"
        guard !dryRun, count > 0 else {
            return try show(rehearsal, count == 0 ? "The history does not have \(recipient)." : "Would \(phrase).")
        }
        try Consent.ask("This would \(phrase).", isGiven: yes)
        let answer = try await post(HistoryErasureDocument(recipient, reason: reason.text), client)
        try show(answer, "Erased from \(Quantity.count(answer.recipients ?? 0, "entry", "entries")).")
    }

    private func post(_ order: HistoryErasureDocument, _ client: RelayClient) async throws -> HistoryErasureDocument {
        try await client.ask(isPatient: true) {
            try await $0.post(order, to: AdminPath.historyErasure, for: HistoryErasureDocument.self)
        }
    }

    private func show(_ answer: HistoryErasureDocument, _ sentence: String) throws {
        var standardOutput = Output()
        standardOutput.write(output.json ? try AdminJSON.line(answer) : Printable.line(sentence) + "\n")
        standardOutput.flush()
    }
}

extension Quantity {
    /// `1 entry`, `2 entries`.
    fileprivate static func count(_ number: Int, _ noun: String, _ plural: String) -> String {
        number == 1 ? "1 \(noun)" : "\(grouped(number)) \(plural)"
    }
}
