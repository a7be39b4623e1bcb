extension EventLog {
    /// Logs that files were read again.
    ///
    /// - Parameters:
    ///   - changes: in relay.conf; nil for another file.
    ///   - changed: the first of them.
    package func reloaded(
        what: String, changes: Int? = nil, changed: String? = nil, who: String? = nil, reason: String? = nil
    ) {
        log(.notice, "reloaded") { line in
            line.field("what", what)
            if let changes { line.field("changes", changes) }
            if let changed { line.field("changed", changed) }
            if let who { line.field("who", who) }
            if let reason { line.field("reason", reason) }
        }
    }

    /// Logs that files could not be used, and that everything stays as it was.
    package func reloadFailed(what: String, reason: String, who: String? = nil) {
        log(.error, "reload_failed") { line in
            line.field("what", what)
            line.field("reason", reason)
            if let who { line.field("who", who) }
        }
    }
}
