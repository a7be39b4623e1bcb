internal import Mail

/// The generated part of docs/outcomes.md.
package enum OutcomeReference {
    package static var markdown: String {
        "## The general table\n\n" + table + "\n" + parties + "\n## The table of classes\n\n" + classes
            + "\n## Providers\n" + Provider.all.map(section).joined()
    }

    /// What rows are skipped for.
    private static var parties: String {
        let rows = OtherParty.all.map { [$0.name, $0.words.map(quoted).joined(separator: ", ")] }
        return "### Other parties\n\n" + markdown(["party", "words"], rows)
            + "\nThese phrases do not count: " + PlainWords.harmlessPhrases.map(quoted).joined(separator: ", ")
            + ".\n\n"
            + "Words that by themselves say nothing but that a recipient is refused: "
            + RecipientVocabulary.list.joined(separator: " ") + ".\n"
    }

    private static func quoted(_ word: String) -> String { "\"\(word)\"" }

    /// The reply that a row is for, and what it must not say.
    private static func reply(_ row: DefaultRule) -> String {
        var parts = ["\(row.pattern)"]
        if !row.unless.isEmpty { parts.append("unless it names " + row.unless.map(\.name).joined(separator: "; ")) }
        if row.saysNothingElse { parts.append("and says nothing else") }
        return parts.joined(separator: ", ")
    }

    private static var table: String {
        let rows = (DefaultRule.all + [.unexpected]).map { row in
            let phases = row.pattern.phases.map(\.rawValue).joined(separator: ", ")
            return [
                "`\(row.name)`", phases.isEmpty ? "any" : phases, reply(row), row.verdict.scope.rawValue,
                row.verdict.action.rawValue, circuit(row.verdict), row.bounce?.rawValue ?? "", row.reason,
            ]
        }
        return markdown(["row", "phase", "reply", "scope", "action", "circuit", "bounce", "because"], rows)
    }

    private static var classes: String {
        let rows = FailureClassRule.all.map { row in
            let phases = row.pattern.phases.map(\.rawValue).joined(separator: ", ")
            return ["`\(row.failureClass.rawValue)`", phases.isEmpty ? "any" : phases, "\(row.pattern)"]
        }
        return markdown(["class", "phase", "reply"], rows)
    }

    private static func section(_ provider: Provider) -> String {
        let rows = provider.rules.enumerated().map { index, rule in
            [
                "\(index + 1)", "\(rule.pattern)", rule.scope.rawValue, rule.action.rawValue, circuit(rule.verdict),
                "<\(rule.page)>",
            ]
        }
        let hosts = provider.hosts.map { "`\($0)`" }.joined(separator: ", ")
        return "\n### \(provider.title)\n\n`provider = \"\(provider.name)\"`; hosts \(hosts)." + mark(provider) + "\n\n"
            + markdown(["rule", "reply", "scope", "action", "circuit", "page"], rows)
    }

    private static func mark(_ provider: Provider) -> String {
        guard let fields = provider.identity?.fieldNames else { return "" }
        return " Marked by " + fields.map { "`\($0)`" }.joined(separator: ", ") + "."
    }

    private static func circuit(_ verdict: Verdict) -> String {
        verdict.opensCircuit ? "opens" : verdict.countsAgainstCircuit ? "counts" : ""
    }

    private static func markdown(_ head: [String], _ rows: [[String]]) -> String {
        ([head, head.map { _ in "---" }] + rows).map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
    }
}
