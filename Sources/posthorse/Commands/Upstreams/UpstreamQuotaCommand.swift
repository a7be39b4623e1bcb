import Admin
import ArgumentParser
import Console

/// `posthorse upstream quota`.
struct UpstreamQuotaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quota",
        abstract: "Say how many recipients an upstream has been given in the present period of a quota.",
        discussion: """
            For when the provider counts something else than the relay does: other programs send through the same \
            account, or the relay has lost its count. What is under way counts besides. On disk when the command returns.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    @Argument(help: "The upstream's name in relay.conf.")
    var name: String

    @Option(help: ArgumentHelp("Recipients used, as the provider shows them.", valueName: "n"))
    var used: Int
    @Option(
        help: ArgumentHelp(
            "Which quota, if there are several: as in relay.conf, or its period, such as month.", valueName: "quota"))
    var quota: String?
    @OptionGroup var reason: ReasonOption
    @Flag(help: "Print what would be changed, and change nothing.")
    var dryRun = false

    func validate() throws {
        guard (0...QuotaOrderDocument.most).contains(used) else {
            throw ValidationError("--used must be from 0 to \(QuotaOrderDocument.most).")
        }
    }

    func run() async throws {
        let relay = try RelayClient(options)
        let order = QuotaOrderDocument(used: used, quota: quota, reason: reason.text, dryRun: dryRun ? true : nil)
        var standardOutput = Output(loss: dryRun ? .ends : .ignored)
        let text: String
        if dryRun { text = try await rehearse(order, relay) } else { text = try await correct(order, relay) }
        standardOutput.write(text)
        standardOutput.flush()
    }

    private func rehearse(_ order: QuotaOrderDocument, _ relay: RelayClient) async throws -> String {
        let impact = try await relay.rehearseQuota(name, order)
        guard !output.json else { return try AdminJSON.line(impact) }
        let words =
            "\(impact.upstream): \(impact.after) recipients of \(impact.quota) would count as used, "
            + "instead of \(impact.before). Nothing has changed."
        return Printable.line(words) + "\n"
    }

    private func correct(_ order: QuotaOrderDocument, _ relay: RelayClient) async throws -> String {
        let upstream = try await relay.correctQuota(name, order)
        guard !output.json else { return try AdminJSON.line(upstream) }
        return upstream.upstream.quotas.map { Printable.line("\(upstream.upstream.name): \($0.words)") + "\n" }.joined()
    }
}

extension QuotaDocument {
    /// How it stands: `4711 of 50000/d used, 45289 left`.
    var words: String {
        let until = freeAt.map { "; free again at \($0)" } ?? resetsAt.map { "; until \($0)" } ?? ""
        return "\(used) of \(quota) used, \(left) left\(until)"
    }
}
