/// A round trip with its paths, as relay.conf has it now.
package struct TripPlan: Hashable, Sendable {
    package var settings: TripSettings
    package var paths: [TripPath]

    package init(_ settings: TripSettings, _ paths: [TripPath]) {
        self.settings = settings
        self.paths = paths
    }
}
