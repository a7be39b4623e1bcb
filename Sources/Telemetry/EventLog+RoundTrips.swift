internal import Mail
package import RoundTrips

extension EventLog {
    /// Logs what happens to round trips. Single probes are for whoever looks into a matter.
    package func record(_ news: TripNews) {
        switch news {
        case .fact(let fact): record(fact)
        case .notSent(let path, _, let reason, let isRepeated):
            // A full disk lasts; one line tells it.
            guard !isRepeated else { return }
            log(.warning, "round_trip_not_sent") { line in
                line.field("name", path.trip)
                line.field("upstream", path.upstream)
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
        case .blamed(let blame, let isApplied): record(blame, isApplied, of: blame.upstream, blame.cause)
        case .acquitted(let upstream, let cause): record(nil, false, of: upstream, cause)
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
        log(change.to != .ok ? .warning : change.from != nil ? .notice : .info, "round_trip") { line in
            line.field("name", change.path.trip)
            line.field("upstream", change.path.upstream)
            line.field("mailbox", change.path.mailbox)
            line.field("from", change.from?.rawValue)
            line.field("to", change.to.rawValue)
            line.field("cause", change.cause)
        }
    }

    /// - Parameter blame: nil for its end.
    private func record(_ blame: UpstreamBlame?, _ isApplied: Bool, of upstream: String, _ cause: String) {
        log(blame == nil ? .notice : .warning, "round_trip_blame") { line in
            line.field("upstream", upstream)
            line.field("state", blame == nil ? "acquitted" : "blamed")
            if let blame {
                line.field("action", blame.action.rawValue)
                line.field("applied", isApplied ? "yes" : "no")
                line.field("since", blame.since)
            }
            line.field("cause", cause)
        }
    }

    private func record(_ fact: TripFact) {
        log(.debug, "round_trip_probe") { line in
            line.field("name", fact.path.trip)
            line.field("upstream", fact.path.upstream)
            line.field("sent_at", fact.sentAt)
            line.field("outcome", fact.kind.word)
            guard case .arrived(let arrival) = fact.kind else { return }
            let stages = arrival.times.stages
            line.field("folder", arrival.folder.rawValue)
            if let time = stages[.queue] { line.field("queue", time) }
            if let time = stages[.handover] { line.field("handover", time) }
            if let time = stages[.transit] { line.field("transit", time) }
            if let time = stages[.lookup] { line.field("lookup", time) }
            if let time = stages[.total] { line.field("total", time) }
        }
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
