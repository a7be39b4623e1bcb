internal import Upstreams

/// What round trips say about an upstream.
extension Upstream {
    /// Mail that it takes does not arrive.
    func blamed(_ blame: RoundTripBlame, cause: String) -> UpstreamEffects {
        let now = clock.instant
        return switch blame {
        case .reduce: changed(circuit.reduceForRoundTrips(now: now, cause: cause))
        case .open: changed(circuit.openForRoundTrips(now: now, cause: cause))
        }
    }

    /// Mail that it takes arrives again.
    func acquitted(cause: String) -> UpstreamEffects {
        changed(circuit.roundTripsArrive(now: clock.instant, cause: cause))
    }
}
