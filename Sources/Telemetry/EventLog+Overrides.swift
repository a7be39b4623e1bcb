package import Delivery

extension EventLog {
    /// Logs an event of the file that stores operators' overrides.
    package func record(_ event: AdminOverrideStore.Event) {
        switch event {
        case .unreadable(let path, let reason, let keptAt):
            log(.error, "overrides_unreadable") { line in
                line.field("path", path)
                line.field("reason", reason)
                line.field("kept_at", keptAt)
            }
        case .unknownUpstream(let name, let state):
            log(.notice, "overrides_unknown_upstream") { line in
                line.field("upstream", name)
                line.field("state", state.rawValue)
            }
        case .unwritable(let path, let reason):
            log(.error, "overrides_unwritable") { line in
                line.field("path", path)
                line.field("reason", reason)
            }
        }
    }
}
