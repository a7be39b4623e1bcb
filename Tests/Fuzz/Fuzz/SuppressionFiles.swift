internal import Mail
@testable internal import Suppression

/// A file of suppressions is read to its end, each entry is in normal form and fits itself, and what is exported comes
/// back as it was.
func fuzzSuppressionFile(_ input: UnsafeRawBufferPointer) {
    let now = Timestamp(milliseconds: 1_790_000_000_000)
    var defaults = SuppressionImport.Defaults(now: now, routes: ["bulk"])
    (defaults.reason, defaults.who) = ("fuzzing", "uid:0")
    var entries: [SuppressionEntry] = []
    let problems = SuppressionImport.read(input, defaults) { entries.append($0) }
    let lines = input.count { $0 == 0x0A } + 1
    require(entries.count + problems.count <= lines, "there are more entries than lines")
    require(problems.allSatisfy { (1...lines).contains($0.line) }, "a problem is behind the file")
    for entry in entries { check(entry.key.pattern) }
    let file = Array((SuppressionExport.header + entries.map(SuppressionExport.csv).joined()).utf8)
    var again: [SuppressionEntry] = []
    let refused = file.withUnsafeBytes { SuppressionImport.read($0, defaults) { again.append($0) } }
    require(refused.isEmpty, "what was exported is refused")
    require(again.map(\.key) == entries.map(\.key), "a pattern changed on the way out and in")
}

private func check(_ pattern: SuppressionPattern) {
    switch pattern.kind {
    case .address:
        require(NormalAddress.text(pattern.text) == pattern.text, "a normal form is not normal")
        let index = SuppressionIndex()
        index.set(
            SuppressionEntry(
                SuppressionKey(pattern), reason: "", source: .import, addedAt: Timestamp(milliseconds: 1_000)))
        let match = index.match(pattern.text, route: "", at: Timestamp(milliseconds: 2_000))
        require(match != nil, "an address does not fit itself")
    case .domain, .subdomains, .localPart:
        require(SuppressionPattern(stored: pattern.text) == pattern, "a pattern is stored as another")
    }
}
