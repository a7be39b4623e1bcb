package import Alerts
package import Delivery
package import Mail
package import Spool
internal import Upstreams

extension RelayMetrics {
    /// Everything in Prometheus format, including figures taken at scrape time.
    ///
    /// - Parameters:
    ///   - takenAt: when the spool statistics were taken.
    ///   - suppressions: how many there are.
    ///   - alerts: how each stands.
    package func text(
        upstreams: [UpstreamStatus], queue: SpoolStatistics, states: [String], takenAt: Timestamp, now: Timestamp,
        suppressions: Int = 0, webhooks: [WebhookFigures] = [], alerts: [AlertStatus] = []
    ) -> String {
        set(webhooks)
        store.sample(.suppressionEntries).set(Int64(suppressions))
        set(alerts)
        keep(upstreams: Set(upstreams.map(\.name)))
        for upstream in upstreams { set(upstream) }
        let refuted = upstreams.compactMap { upstream in upstream.refutedReply.map { [upstream.name, $0] } }
        store.removeSamples(of: .circuitRefuted, except: Set(refuted))
        store.sample(.queueMessages).set(Int64(queue.messages))
        for state in states { store.sample(.queueRecipients, state).set(Int64(queue.byState[state] ?? 0)) }
        store.sample(.queueBytes).set(Int64(queue.octets))
        store.sample(.queueOldest).set(Self.age(of: queue.oldestReceivedAt, at: now))
        store.sample(.queueOldestWaiting).set(Self.age(of: queue.oldestWaitingReceivedAt, at: now))
        store.sample(.statisticsAge).set(Self.age(of: takenAt, at: now))
        return store.text()
    }

    /// In seconds; 0 for nil.
    private static func age(of moment: Timestamp?, at now: Timestamp) -> Int64 {
        moment.map { max(0, (now - $0).components.seconds) } ?? 0
    }

    private func set(_ upstream: UpstreamStatus) {
        store.sample(.circuitOpen, upstream.name).set(Int64(upstream.circuit == .closed ? 0 : 1))
        if let reply = upstream.refutedReply { store.sample(.circuitRefuted, upstream.name, reply).set(Int64(1)) }
        for state in CircuitState.allCases {
            store.sample(.circuitState, upstream.name, state.rawValue).set(Int64(upstream.circuit == state ? 1 : 0))
        }
        for state in AdminState.allCases {
            store.sample(.adminState, upstream.name, state.rawValue).set(
                Int64(upstream.adminOverride.state == state ? 1 : 0))
        }
        store.sample(.share, upstream.name).set(upstream.share)
        store.sample(.rateLimit, upstream.name).set(upstream.rate ?? .infinity)
        store.sample(.probes, upstream.name, "good").set(Int64(upstream.probesSucceeded))
        store.sample(.probes, upstream.name, "bad").set(Int64(upstream.probesFailed))
        store.sample(.connections, upstream.name).set(Int64(upstream.connections))
        store.sample(.inFlight, upstream.name).set(Int64(upstream.inFlight))
    }
}
