package import Mail

/// All upstreams with their circuits and throttles, and the routes: decides where a message goes.
package struct Switchboard: Sendable {
    /// What is known of an upstream at this moment beside its circuit.
    package struct Load: Hashable, Sendable {
        /// Whether the operator lets mail go there.
        package var isEnabled: Bool
        /// Messages lined up and under way.
        package var inFlight: Int
        /// Whether as many are lined up as its sessions can use.
        package var isBusy: Bool

        package init(isEnabled: Bool = true, inFlight: Int = 0, isBusy: Bool = false) {
            self.isEnabled = isEnabled
            self.inFlight = inFlight
            self.isBusy = isBusy
        }
    }

    /// One upstream's part of the configuration.
    package struct Member: Hashable, Sendable {
        package var circuit: Circuit.Settings
        package var maxRate: Rate?
        /// 1 or more.
        package var weight: Int

        package init(circuit: Circuit.Settings, maxRate: Rate? = nil, weight: Int = 1) {
            self.circuit = circuit
            self.maxRate = maxRate
            self.weight = weight
        }
    }

    package var circuits: [Circuit]
    package var throttles: [Throttle]
    package let routes: RouteTable
    private let members: [Member]

    /// - Parameter members: in order of priority; 1 to 64.
    package init(_ members: [Member], routes: RouteTable, now: Moment) {
        precondition(members.count <= UpstreamSet.capacity, "at most \(UpstreamSet.capacity) upstreams")
        self.members = members
        self.routes = routes
        self.circuits = members.map { Circuit(settings: $0.circuit) }
        self.throttles = members.map { Throttle(limit: $0.maxRate, now: now) }
    }

    /// Chooses for one message, and begins a trial or takes from a throttle where that is the choice.
    ///
    /// An upstream is passed over while the operator keeps mail from it, while its circuit is open, where the ramp leaves
    /// the message to another, while it is suspect and has a message already, and when its rate is used up, unless the
    /// route says to wait for it. One that is passed over for the ramp or as suspect is used all the same where no other
    /// is left. The route's last resort is used when none of its list works.
    ///
    /// - Parameters:
    ///   - route: index into the routes.
    ///   - candidates: the only upstreams that may be used, in order; nil for those of the route.
    ///   - tried: the upstreams that have failed this message in the present cycle.
    ///   - load: of each upstream.
    package mutating func choose(
        route: Int, among candidates: [Int]? = nil, tried: UpstreamSet, now: Moment, load: (Int) -> Load
    ) -> UpstreamChoice {
        UpstreamChoice.choose(
            from: candidates ?? routes.routes[route].candidates, circuits: &circuits, tried: tried, now: now)
    }
}
