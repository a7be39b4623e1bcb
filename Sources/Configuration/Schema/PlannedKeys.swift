/// Names reserved for later versions.
enum PlannedKeys {
    static let bySection: [String: Set<String>] = [
        "spool": ["retention"], "cluster": ["lease", "region"],
    ]

    static func contains(_ name: String, in section: String) -> Bool {
        bySection[section]?.contains(name) ?? false
    }
}
