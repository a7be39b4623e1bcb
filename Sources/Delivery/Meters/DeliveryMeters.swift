/// Gives the meters of upstreams and routes, once each: at the start, and where a reload adds one.
package struct DeliveryMeters: Sendable {
    /// By name.
    package let upstream: @Sendable (String) -> UpstreamMeter
    /// By name.
    package let route: @Sendable (String) -> RouteMeter

    package init(
        upstream: @escaping @Sendable (String) -> UpstreamMeter, route: @escaping @Sendable (String) -> RouteMeter
    ) {
        self.upstream = upstream
        self.route = route
    }

    /// Measures nothing.
    package static let unused = DeliveryMeters(upstream: { _ in .unused }, route: { _ in .unused })
}
