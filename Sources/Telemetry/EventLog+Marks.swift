package import Delivery

extension EventLog {
    /// Writes the line of something about the file that keeps what operators have made of upstreams.
    package func record(_ event: AdminMarkStore.Event) {
        switch event {
        case .unreadable(let path, let reason, let keptAt):
            log(.error, "marks_unreadable") { line in
                line.field("path", path)
                line.field("reason", reason)
                line.field("kept_at", keptAt)
            }
        case .unknownUpstream(let name, let state):
            log(.notice, "marks_unknown_upstream") { line in
                line.field("upstream", name)
                line.field("state", state.rawValue)
            }
        case .unwritable(let path, let reason):
            log(.error, "marks_unwritable") { line in
                line.field("path", path)
                line.field("reason", reason)
            }
        }
    }
}
