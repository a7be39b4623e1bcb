import ArgumentParser
import Configuration

/// A duration on the command line, written as in relay.conf: `800ms`, `30s`, `30m`, `2h`, `3d`.
struct DurationArgument: ExpressibleByArgument, Equatable {
    let duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    /// Must be positive.
    init?(argument: String) {
        guard let duration = DurationText.parse(argument), duration > .zero else { return nil }
        self.duration = duration
    }

    var defaultValueDescription: String { DurationText.format(duration) }
}
