import Console

/// What has come of a reload, in one line: `4 changes in force, 1 after a restart.`
struct ReloadSummary: CustomStringConvertible {
    /// All differences.
    let changes: Int
    /// Those among them that need a restart.
    let waiting: Int
    /// Whether nothing was to change.
    let isRehearsal: Bool

    var description: String {
        guard changes > 0 else { return "Nothing has changed." }
        let done = changes - waiting
        guard done > 0 else {
            let start = isRehearsal ? "Nothing would be in force yet" : "Nothing is in force yet"
            return "\(start): \(Quantity.count(waiting, "change")) \(waiting == 1 ? "needs" : "need") a restart."
        }
        let rest = waiting > 0 ? ", \(waiting) after a restart" : ""
        return "\(Quantity.count(done, "change")) \(isRehearsal ? "would be in force" : "in force")\(rest)."
    }
}
