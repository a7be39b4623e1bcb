package import Alerts
package import Delivery
package import Mail
package import RoundTrips
package import Spool
internal import Upstreams

extension RelayMetrics {
    /// Everything in Prometheus format, including figures taken at scrape time.
    ///
    /// - Parameters:
    ///   - takenAt: when the spool statistics were taken.
    ///   - suppressions: how many there are.
    ///   - alerts: how each stands.
    ///   - roundTrips: how each stands.
    ///   - paces: how each stands.
    ///   - suspectedUsers: how many there are.
    package func text(
        upstreams: [UpstreamStatus], queue: SpoolStatistics, states: [String], takenAt: Timestamp, now: Timestamp,
        suppressions: Int = 0, webhooks: [WebhookFigures] = [], alerts: [AlertStatus] = [],
        roundTrips: [TripListing] = [], paces: PaceReport = PaceReport(), suspectedUsers: Int = 0
    ) -> String {
        store.sample(.suspectedUsers).set(Int64(suspectedUsers))
        set(paces)
        set(webhooks)
        store.sample(.suppressionEntries).set(Int64(suppressions))
        set(alerts)
        set(roundTrips)
        keep(upstreams: Set(upstreams.map(\.name)))
        for upstream in upstreams { set(upstream) }
        set(tokensOf: upstreams)
        let refuted = upstreams.compactMap { upstream in upstream.refutedReply.map { [upstream.name, $0] } }
        store.removeSamples(of: .circuitRefuted, except: Set(refuted))
        let quotas = Set(upstreams.flatMap { upstream in upstream.quotas.map { [upstream.name, $0.period] } })
        for family in [MetricFamily.quotaLimit, .quotaUsed, .quotaLeft] {
            store.removeSamples(of: family, except: quotas)
        }
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

    /// Each `[[pace]]` has one value for all its domains: those are not bounded.
    private func set(_ report: PaceReport) {
        let names = report.settings.map(\.name)
        for family in [MetricFamily.paceRate, .paceReduced, .paceWaiting] {
            store.removeSamples(of: family, except: Set(names.map { [$0] }))
        }
        if !names.isEmpty { store.removeSamples(of: .paceSlowDowns, except: Set(names.map { [$0] })) }
        for (entry, settings) in report.settings.enumerated() {
            let own = report.paces.filter { $0.entry == entry }
            let rates = own.compactMap(\.rate) + [settings.limit ?? .infinity]
            store.sample(.paceRate, settings.name).set(rates.min() ?? .infinity)
            store.sample(.paceReduced, settings.name).set(Int64(own.count(where: \.isReduced)))
            store.sample(.paceWaiting, settings.name).set(own.reduce(Int64(0)) { $0 + Int64($1.waiting) })
            _ = store.sample(.paceSlowDowns, settings.name)
        }
    }

    /// Only where the relay gets them by itself.
    private func set(tokensOf upstreams: [UpstreamStatus]) {
        let tokens = upstreams.compactMap { upstream in upstream.token.map { (upstream.name, $0) } }
        for (name, token) in tokens {
            store.sample(.tokenExpiry, name).set((token.expires?.milliseconds ?? 0) / 1000)
            store.sample(.tokenFailing, name).set(Int64(token.lastError == nil ? 0 : 1))
        }
        for family in [MetricFamily.tokenExpiry, .tokenFailing] {
            store.removeSamples(of: family, except: Set(tokens.map { [$0.0] }))
        }
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
        for quota in upstream.quotas {
            store.sample(.quotaLimit, upstream.name, quota.period).set(Int64(quota.quota.limit))
            store.sample(.quotaUsed, upstream.name, quota.period).set(Int64(quota.used))
            store.sample(.quotaLeft, upstream.name, quota.period).set(Int64(quota.left))
        }
        store.sample(.probes, upstream.name, "good").set(Int64(upstream.probesSucceeded))
        store.sample(.probes, upstream.name, "bad").set(Int64(upstream.probesFailed))
        store.sample(.connections, upstream.name).set(Int64(upstream.connections))
        store.sample(.connectionLimit, upstream.name).set(Int64(upstream.connectionLimit))
        store.sample(.inFlight, upstream.name).set(Int64(upstream.inFlight))
    }
}

extension QuotaReport {
    /// A label, as in relay.conf.
    fileprivate var period: String { quota.period.text }
}
