package import Delivery

extension EventLog {
    /// Logs what happens to a stream.
    func record(_ event: StreamEvent, of name: String) {
        switch event {
        case .paused(let pause):
            log(pause.author == .relay ? .warning : .notice, "stream_paused") { line in
                line.field("stream", name)
                line.field("by", pause.author.rawValue)
                if let reason = pause.reason { line.field("reason", reason) }
            }
        case .resumed(let reason):
            log(.notice, "stream_resumed") { line in
                line.field("stream", name)
                if let reason { line.field("reason", reason) }
            }
        case .canaryStepped(let percent): recordCanary(of: name, percent)
        case .canaryPassed: recordCanary(of: name, 100)
        }
    }

    private func recordCanary(of name: String, _ percent: Int) {
        log(.notice, "stream_canary") { line in
            line.field("stream", name)
            line.field("percent", percent)
        }
    }

    /// Logs what happens to the file of the streams.
    package func record(_ event: StreamStore.Event) {
        switch event {
        case .unreadable(let path, let reason, let keptAt):
            log(.error, "streams_unreadable") { line in
                line.field("path", path)
                line.field("reason", reason)
                line.field("kept_at", keptAt)
            }
        case .unwritable(let path, let reason):
            log(.error, "streams_unwritable") { line in
                line.field("path", path)
                line.field("reason", reason)
            }
        }
    }
}
