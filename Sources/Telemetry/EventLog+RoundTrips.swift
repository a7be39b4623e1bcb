internal import Mail
package import RoundTrips

extension EventLog {
    /// Logs what happens to round trips. Single probes are for whoever looks into a matter.
    package func record(_ news: TripNews) {
        switch news {
        case .fact(let fact): record(fact)
        case .notSent(let path, let reason):
            log(.warning, "round_trip_not_sent") { line in
                line.path(path)
                line.field("reason", reason)
            }
        case .changed(let change): record(change)
        case .mailbox(let change):
            log(change.isFaulty ? .warning : .notice, "round_trip_mailbox") { line in
                line.field("mailbox", change.mailbox)
                line.field("state", change.isFaulty ? "unreachable" : "ok")
                line.field("cause", change.cause)
            }
        case .kept(let mailbox, let cause):
            log(.warning, "round_trip_kept") { line in
                line.field("mailbox", mailbox)
                line.field("cause", cause)
            }
        case .blamed(let blame, let isApplied):
            log(.warning, "round_trip_blame") { line in
                line.field("upstream", blame.upstream)
                line.field("state", "blamed")
                line.field("action", blame.action.rawValue)
                line.field("applied", isApplied ? "yes" : "no")
                line.field("since", blame.since)
                line.field("cause", blame.cause)
            }
        case .acquitted(let upstream, let cause):
            log(.notice, "round_trip_blame") { line in
                line.field("upstream", upstream)
                line.field("state", "acquitted")
                line.field("cause", cause)
            }
        case .unreadable(let path, let reason, let keptAt):
            log(.error, "round_trips_unreadable") { line in
                line.field("path", path)
                line.field("reason", reason)
                line.field("kept_at", keptAt)
            }
        case .unwritable(let path, let reason):
            log(.error, "round_trips_unwritable") { line in
                line.field("path", path)
                line.field("reason", reason)
            }
        }
    }

    private func record(_ change: TripChange) {
        let level: LogLevel =
            switch change.to {
            case .ok: change.from == nil ? .info : .notice
            case .late, .missing, .mailboxUnreachable, .upstreamFailed: .warning
            }
        log(level, "round_trip") { line in
            line.path(change.path)
            line.field("from", change.from?.rawValue)
            line.field("to", change.to.rawValue)
            line.field("cause", change.cause)
        }
    }

    private func record(_ fact: TripFact) {
        log(.debug, "round_trip_probe") { line in
            line.path(fact.path)
            line.field("sent_at", fact.sentAt)
            line.field("outcome", fact.kind.word)
            guard case .arrived(let arrival) = fact.kind else { return }
            line.field("folder", arrival.folder.rawValue)
            for stage in TripStage.allCases {
                guard let duration = arrival.times.stages[stage] else { continue }
                line.field(stage.fieldName, duration)
            }
        }
    }
}

extension LogLine {
    /// What goes as routed has no upstream.
    fileprivate mutating func path(_ path: TripPath) {
        field("name", path.trip)
        field("upstream", path.upstream)
        field("mailbox", path.mailbox)
    }
}

extension TripFact.Kind {
    fileprivate var word: String {
        switch self {
        case .sent: "sent"
        case .arrived(let arrival): arrival.isLate ? "late" : "arrived"
        case .missing: "missing"
        case .failed: "failed"
        case .unjudged: "unjudged"
        case .excused: "excused"
        case .returned: "returned"
        case .doubled: "doubled"
        }
    }
}

extension TripStage {
    fileprivate var fieldName: StaticString {
        switch self {
        case .queue: "queue"
        case .handover: "handover"
        case .transit: "transit"
        case .lookup: "lookup"
        case .total: "total"
        }
    }
}
