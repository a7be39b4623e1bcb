internal import Logging
import Synchronization

/// Whether the server has been told to stop.
final class StopOrder: Sendable {
    private let isGivenFlag = Atomic(false)

    var isGiven: Bool { isGivenFlag.load(ordering: .acquiring) }

    func give() { isGivenFlag.store(true, ordering: .releasing) }
}

/// Drops what a server library logs about its own end.
///
/// Hummingbird logs the cancellation that ends it, and its consequences, as errors. Earlier errors pass.
struct StoppingLogHandler: LogHandler {
    private var base: any LogHandler
    private let stop: StopOrder

    init(_ base: any LogHandler, stop: StopOrder) {
        self.base = base
        self.stop = stop
    }

    func log(event: LogEvent) {
        guard !stop.isGiven else { return }
        base.log(event: event)
    }

    var logLevel: Logger.Level {
        get { base.logLevel }
        set { base.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { base.metadata }
        set { base.metadata = newValue }
    }

    var metadataProvider: Logger.MetadataProvider? {
        get { base.metadataProvider }
        set { base.metadataProvider = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { base[metadataKey: key] }
        set { base[metadataKey: key] = newValue }
    }
}
