internal import ServiceLifecycle

/// Sends probes and looks for them until the relay stops.
struct RoundTripWatch: Service {
    let roundTrips: RelayRoundTrips
    let live: LiveConfiguration

    func run() async throws {
        await roundTrips.replace(with: live.configuration)
        try? await gracefulShutdown()
        await roundTrips.stop()
    }
}
