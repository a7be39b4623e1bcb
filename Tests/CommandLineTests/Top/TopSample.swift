import Admin
import Delivery
import Mail
import Upstreams

@testable import posthorse

/// A relay whose primary has failed, as `top` sees it.
enum TopSample {
    static let now = Timestamp(milliseconds: 1_795_255_200_000)

    static func upstream(_ name: String, priority: Int, _ edit: (inout UpstreamStatus) -> Void) -> UpstreamDocument {
        var status = UpstreamStatus(name: name, priority: priority, address: "\(name).test:25", since: now)
        edit(&status)
        return UpstreamDocument(status)
    }

    static var upstreams: [UpstreamDocument] {
        [
            upstream("ses", priority: 1) {
                ($0.circuit, $0.share) = (.open, 0)
                $0.lastError = "mail: 454 4.7.0 Temporary authentication failure, try again later"
            },
            upstream("mailgun", priority: 2) {
                ($0.connections, $0.inFlight, $0.rate) = (5, 12, 50)
                ($0.latencyP50, $0.latencyP95) = (.milliseconds(85), .milliseconds(420))
            },
        ]
    }

    private static let start = ContinuousClock.now

    static func reading(accepted: Double = 1000, at seconds: Int = 0) -> TopReading {
        var figures = TopFigures()
        figures.accepted = accepted
        figures.outcomes = ["delivered": accepted - 10, "deferred": 20, "failed": 3]
        figures.delivered = ["ses": 500, "mailgun": accepted - 510]
        figures.states = ["queued": 120, "delivering": 12, "held": 2]
        figures.messages = 1134
        figures.oldestWaitingSeconds = 185
        for (bound, part) in [("0.005", 0.5), ("0.025", 1), ("+Inf", 1)] {
            figures.acceptTimes.add(accepted * part, upTo: bound)
        }
        for (bound, part) in [("0.1", 0.5), ("2.5", 1), ("+Inf", 1)] {
            figures.takenTimes.add(accepted * part, upTo: bound)
        }
        figures.startedAt = Double(now.milliseconds) / 1000 - 7200
        return TopReading(
            at: now + .seconds(seconds), readAt: start + .seconds(seconds), upstreams: upstreams, figures: figures,
            ages: ["5": 100, "10": 32, "1280+": 2], moves: moves)
    }

    static var moves: [TopMove] {
        let at = { (seconds: Int) in (now + .seconds(-seconds)).rfc3339 }
        return TopMove.list([
            detail(
                "ses",
                [
                    (at(7000), .circuit(from: .closed, to: .open), "5 failures in a row"),
                    (at(6990), .circuit(from: .open, to: .halfOpen), "the time has come for a trial"),
                    (at(6990), .circuit(from: .halfOpen, to: .closed), "trial succeeded"),
                    (at(12), .circuit(from: .closed, to: .open), "account fault; mail: 454 4.7.0 Temporary"),
                ]),
            detail("mailgun", [(at(300), .admin(from: .disabled, to: .enabled), "enable: back")]),
        ])
    }

    static func detail(
        _ name: String, _ changes: [(at: String, UpstreamTransition, String)]
    ) -> UpstreamDetailDocument {
        let history = changes.map { change in
            UpstreamDetail.Change(at: Timestamp(rfc3339: change.at) ?? now, change.1, share: 0, cause: change.2)
        }
        return UpstreamDetailDocument(
            UpstreamDetail(
                status: UpstreamStatus(name: name, priority: 1, address: "x:25", since: now), reason: "", routes: [],
                history: history, answers: []))
    }

    /// Two readings, a second apart.
    static var rates: TopRates { TopRates(from: reading(accepted: 988), to: reading(at: 1)) }
}
