import Admin
import Delivery

/// Which upstream a drill trips, and what follows for the mail.
struct DrillPlan: Hashable {
    let target: String
    /// Those that take mail meanwhile, in order of priority.
    let others: [String]
    /// Routes whose mail waits meanwhile, as no other upstream of theirs works.
    let waitingRoutes: [String]

    /// Throws a ``Failure`` where there is nothing to learn, or too much to lose.
    ///
    /// - Parameters:
    ///   - wanted: nil for the first one that takes mail.
    ///   - routes: of relay.conf.
    init(_ upstreams: [UpstreamDocument], wanted: String?, routes: [RouteSettings]) throws(Failure) {
        let working = upstreams.filter(\.takesMail).map(\.name)
        if let wanted, !upstreams.contains(where: { $0.name == wanted }) {
            let names = upstreams.map(\.name).joined(separator: ", ")
            throw Failure(.noSuchMessage, "no upstream \(wanted) in relay.conf; there are \(names)")
        }
        if let wanted, !working.contains(wanted) {
            throw Failure(.tryAgain, "\(wanted) takes no mail now, so there is nothing to learn from tripping it")
        }
        guard working.count > 1, let target = wanted ?? working.first else {
            let count = Quantity.count(working.count, "upstream")
            throw Failure(.tryAgain, "a drill needs two upstreams that work; now there is \(count)")
        }
        self.target = target
        others = working.filter { $0 != target }
        let others = others
        waitingRoutes = routes.filter { route in
            let names = route.upstreams + [route.lastResort].compactMap { $0 }
            return names.contains(target) && !names.contains { others.contains($0) }
        }.map(\.name)
    }
}
