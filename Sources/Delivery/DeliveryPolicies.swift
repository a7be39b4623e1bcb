internal import Mail
internal import Notices
internal import Spool
internal import Upstreams

/// What relay.conf says about messages, as it is now. A reload replaces it for all parts of the delivery at once.
///
/// Confined to the delivery's event loop; the dispatcher alone writes it.
final class DeliveryPolicies {
    private(set) var settings: DeliverySettings
    private(set) var plan: RetryPlan
    private(set) var notices: NoticeMaker
    private(set) var suppression: DeliverySuppression
    let guardian: DeliveryGuard
    private let spool: any MessageSpool

    init(
        _ settings: DeliverySettings, suppression: DeliverySuppression, guardian: DeliveryGuard = .none,
        spool: any MessageSpool
    ) {
        self.settings = settings
        self.plan = RetryPlan(settings)
        self.notices = NoticeMaker(settings, plan: plan, spool: spool)
        self.suppression = suppression
        self.guardian = guardian
        self.spool = spool
    }

    func replace(_ settings: DeliverySettings) {
        self.settings = settings
        plan = RetryPlan(settings)
        notices = NoticeMaker(settings, plan: plan, spool: spool)
        suppression = suppression.replaced(by: settings)
    }
}

extension DeliverySettings {
    /// Whether messages that wait may have other times by these settings.
    func hasOtherTimes(than other: DeliverySettings) -> Bool {
        retry != other.retry || notices.deliver != other.notices.deliver
            || upstreams.map(\.doubtRule) != other.upstreams.map(\.doubtRule) || hasOtherDoubts(than: other)
    }

    private func hasOtherDoubts(than other: DeliverySettings) -> Bool {
        (routes + other.routes).contains { $0.inDoubt != nil || $0.inDoubtHold != nil } && routes != other.routes
    }
}

extension UpstreamSettings {
    fileprivate var doubtRule: [String] { [name, inDoubt.rawValue, "\(inDoubtHold)"] }
}
