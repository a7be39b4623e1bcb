import SMTP
import Spool
import TestKit

@testable import Delivery

extension DeliveryStage {
    /// relay.conf changes, and is loaded again.
    func reload(_ edit: (inout DeliverySettings) -> Void) throws {
        var settings = dispatcher.policies.settings
        edit(&settings)
        if dispatcher.replace(with: settings) { dispatcher.renew(by: SpoolSchedule(spool.waiting)) }
        try settle()
    }

    static func upstream(_ name: String) -> UpstreamSettings {
        var upstream = UpstreamSettings(name: name, host: name, port: 25)
        upstream.tls = .off
        return upstream
    }

    /// Names of the upstreams that operators see.
    var shown: [String] { dispatcher.statuses().map(\.name) }
}
