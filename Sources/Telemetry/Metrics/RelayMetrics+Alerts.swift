package import Alerts

/// Counts of alerts.
extension RelayMetrics {
    package func record(_ event: AlertEvent) {
        switch event {
        case .notified(let sink, _): store.sample(.alertNotifications, sink, "sent").add()
        case .notNotified(let sink, _, _, let next):
            store.sample(.alertNotifications, sink, next == nil ? "given_up" : "failed").add()
        case .told, .silenced, .unsilenced, .tested, .stateLost, .stateUnsaved: break
        }
    }

    /// relay.conf names these who are told: their counts begin at 0, and those of others are forgotten.
    package func replace(notify names: [String], former: [String] = []) {
        for name in Set(former).subtracting(names) { store.removeSamples(where: "notify", is: name) }
        for name in names {
            for result in ["sent", "failed", "given_up"] { _ = store.sample(.alertNotifications, name, result) }
        }
    }

    func set(_ alerts: [AlertStatus]) {
        for alert in alerts {
            store.sample(.alertsFiring, alert.rule.name, alert.rule.weight.rawValue).set(Int64(alert.firing))
        }
        let listed = alerts.map { [$0.rule.name, $0.rule.weight.rawValue] }
        store.removeSamples(of: .alertsFiring, except: Set(listed))
    }
}
