package import Delivery
package import Mail
package import Spool

/// What the parts of the relay measure by themselves: they get it once, and keep it.
extension RelayMetrics {
    package var meters: DeliveryMeters {
        DeliveryMeters(upstream: { self.meter(ofUpstream: $0) }, route: { self.meter(ofRoute: $0) })
    }

    package var commits: SpoolMeter {
        SpoolMeter(time: store.histogram(.commitTime), operations: store.histogram(.commitOperations))
    }

    /// Times from the end of a message's data to its 250.
    package var accepts: Histogram { store.histogram(.acceptTime) }

    /// The relay has started.
    ///
    /// - Parameter moment: by the system's clock.
    package func started(version: String, at moment: Timestamp) {
        store.sample(.buildInfo, version).set(Int64(1))
        store.sample(.processStart).set(Double(moment.milliseconds) / 1000)
    }
}
