internal import Ingress
internal import Suppression

/// Checks across `[[rewrite]]` tables.
extension ConfigurationReader {
    /// Each address of a message is compared with every rule.
    private static let rewriteLimit = 256

    mutating func checkRewrites(_ rules: [RewriteRule]) {
        let path = ConfigurationPath.root.key("rewrite")
        if rules.count > Self.rewriteLimit {
            report(
                at: path.index(Self.rewriteLimit), "has \(rules.count) entries", "keep at most \(Self.rewriteLimit)")
        }
        var seen: [String: Int] = [:]
        for (index, rule) in rules.enumerated() {
            let place = path.index(index)
            guard failures.isDisjoint(with: [place.key("field"), place.key("match")]) else { continue }
            let name = "\(rule.field.rawValue) \(rule.match.text)"
            if let first = seen[name] {
                report(
                    .warning, at: place.key("match"),
                    "\(RawValue.quote(rule.match.written)) is matched by the table on line \(first) already",
                    "remove one of the two; the first decides")
            }
            seen[name] = seen[name] ?? lines.line(of: place.key("match")) ?? 0
        }
    }
}
