import Admin
import Console
import Delivery

/// Which upstream a drill trips, and the consequences for mail.
package struct DrillPlan: Hashable {
    package let target: String
    /// Upstreams that take the mail meanwhile, in order of priority.
    let others: [String]
    /// Routes whose mail waits meanwhile, because no other upstream of theirs works.
    let waitingRoutes: [String]

    /// Throws a ``Failure`` if there is nothing to learn, or too much to lose: a drill ends with the full share and a
    /// circuit without a past, so an upstream on its ramp is left alone.
    ///
    /// - Parameters:
    ///   - wanted: nil for the first one with all its traffic.
    ///   - routes: of relay.conf.
    package init(_ upstreams: [UpstreamDocument], wanted: String?, routes: [RouteSettings]) throws(Failure) {
        let working = upstreams.filter(\.takesMail)
        if let wanted { try Self.check(wanted, upstreams) }
        guard working.count > 1 else {
            let count = Quantity.count(working.count, "upstream")
            let verb = working.count == 1 ? "is" : "are"
            throw Failure(.tryAgain, "a drill needs two upstreams that work; now there \(verb) \(count)")
        }
        guard let target = wanted ?? working.first(where: { $0.share >= 1 })?.name else {
            throw Failure(.tryAgain, "no upstream has all of its traffic now: try again when the ramp of one is over")
        }
        self.target = target
        others = working.map(\.name).filter { $0 != target }
        let others = others
        waitingRoutes = routes.filter { route in
            let names = route.upstreams + [route.lastResort].compactMap { $0 }
            return names.contains(target) && !names.contains { others.contains($0) }
        }.map(\.name)
    }

    private static func check(_ wanted: String, _ upstreams: [UpstreamDocument]) throws(Failure) {
        guard let upstream = upstreams.first(where: { $0.name == wanted }) else {
            let names = upstreams.map(\.name).joined(separator: ", ")
            throw Failure(.noSuchMessage, "no upstream \(wanted) in relay.conf; there are \(names)")
        }
        guard upstream.takesMail else {
            throw Failure(.tryAgain, "\(wanted) takes no mail now, so there is nothing to learn from tripping it")
        }
        guard upstream.share >= 1 else {
            let share = Quantity.percent(upstream.share)
            throw Failure(.tryAgain, "\(wanted) has \(share) of its traffic: try again when its ramp is over")
        }
    }
}
