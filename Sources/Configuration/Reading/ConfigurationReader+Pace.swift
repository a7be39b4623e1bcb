internal import Upstreams

/// Checks across `[[pace]]` tables.
extension ConfigurationReader {
    private static let paceLimit = 256

    mutating func checkPaces(_ paces: [PaceSettings]) {
        let path = ConfigurationPath.root.key("pace")
        if paces.count > Self.paceLimit {
            report(at: path.index(Self.paceLimit), "has \(paces.count) entries", "keep at most \(Self.paceLimit)")
        }
        var seen: [PaceSubject: Int] = [:]
        for (index, pace) in paces.enumerated() where !failures.contains(path.index(index).key("domain")) {
            checkSubjects(of: pace, in: &seen, at: path.index(index))
            guard pace.maxRate == nil, pace.maxConnections == nil, !pace.isAdaptive else { continue }
            report(
                .warning, at: path.index(index), "limits nothing",
                "set max_rate or max_connections, or leave adaptive at true")
        }
    }

    private mutating func checkSubjects(
        of pace: PaceSettings, in seen: inout [PaceSubject: Int], at path: ConfigurationPath
    ) {
        for subject in pace.subjects {
            if let first = seen[subject] {
                report(
                    .warning, at: path.key("domain"),
                    "\(RawValue.quote(subject.text)) is in the table on line \(first) already",
                    "remove one of the two; the first decides")
            }
            seen[subject] = seen[subject] ?? lines.line(of: path.key("domain")) ?? 0
        }
    }
}
