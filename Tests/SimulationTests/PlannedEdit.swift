import Mail
import SASL
import Upstreams

@testable import Delivery

/// A change of relay.conf; what exactly changes is decided when it happens.
enum PlannedEdit: CaseIterable {
    case remove, bringBack, reorder, limits, times, account, address, routes, retry

    /// - Parameter all: every upstream that there has been, with its first settings.
    func apply(to settings: inout DeliverySettings, all: [UpstreamSettings], _ chance: Chance) {
        switch self {
        case .remove: Self.remove(from: &settings, chance)
        case .bringBack: Self.bringBack(all, to: &settings, chance)
        case .reorder:
            if chance.percent(50) {
                settings.upstreams.reverse()
            } else {
                settings.upstreams.swapAt(0, settings.upstreams.count - 1)
            }
        case .limits: Self.change(&settings, chance) { Self.limit(&$0, chance) }
        case .times:
            Self.change(&settings, chance) { $0.patience += .milliseconds(chance.number(1...50)) }
        case .account:
            Self.change(&settings, chance) { if $0.password != nil { $0.username = "relay\(chance.number(0...9))" } }
        case .address: Self.change(&settings, chance) { $0.port = $0.port == 25 ? 587 : 25 }
        case .routes:
            settings.routes = []
            if chance.percent(70) { settings.makeRoutes(chance) }
        case .retry: settings.makeRetry(chance)
        }
    }

    private static func change(
        _ settings: inout DeliverySettings, _ chance: Chance, _ edit: (inout UpstreamSettings) -> Void
    ) {
        edit(&settings.upstreams[chance.number(0...settings.upstreams.count - 1)])
    }

    /// Routes without an upstream go with it.
    private static func remove(from settings: inout DeliverySettings, _ chance: Chance) {
        guard settings.upstreams.count > 1 else { return }
        let name = settings.upstreams.remove(at: chance.number(0...settings.upstreams.count - 1)).name
        for index in settings.routes.indices {
            settings.routes[index].upstreams.removeAll { $0 == name }
            if settings.routes[index].lastResort == name { settings.routes[index].lastResort = nil }
        }
        settings.routes.removeAll { $0.upstreams.isEmpty }
    }

    private static func bringBack(_ all: [UpstreamSettings], to settings: inout DeliverySettings, _ chance: Chance) {
        let away = all.filter { upstream in !settings.upstreams.contains { $0.name == upstream.name } }
        guard !away.isEmpty else { return }
        settings.upstreams.insert(chance.one(of: away), at: chance.number(0...settings.upstreams.count))
    }

    private static func limit(_ upstream: inout UpstreamSettings, _ chance: Chance) {
        upstream.maxConnections = .fixed(chance.number(1...4))
        upstream.maxMessagesPerConnection = chance.one(of: [1, 3, 1000])
        upstream.maxRate =
            chance.percent(30) ? Rate(count: chance.number(1...10), per: .seconds(chance.number(1...5))) : nil
        upstream.weight = chance.number(1...3)
        upstream.pipelining = chance.one(of: [.auto, .auto, .off])
    }
}
