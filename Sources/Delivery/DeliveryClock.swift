internal import Mail
internal import NIOCore
internal import Upstreams

/// The clocks of the delivery, and its random numbers.
///
/// Confined to the delivery's event loop.
final class DeliveryClock {
    let eventLoop: any EventLoop
    /// The wall clock.
    let now: @Sendable () -> Timestamp
    private var random: any RandomNumberGenerator

    init(
        eventLoop: any EventLoop, random: any RandomNumberGenerator = SystemRandomNumberGenerator(),
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.eventLoop = eventLoop
        self.random = random
        self.now = now
    }

    /// The monotonic clock.
    var instant: MonotonicInstant { eventLoop.instant }

    /// A random number from -1 to 1, to vary waits.
    func jitter() -> Double { Double.random(in: -1...1, using: &random) }

    /// The wall clock's time at an instant.
    func timestamp(of instant: MonotonicInstant) -> Timestamp {
        now() + (instant - self.instant)
    }
}

extension EventLoop {
    /// The current instant of the loop's clock.
    var instant: MonotonicInstant { MonotonicInstant(nanoseconds: Int64(clamping: now.uptimeNanoseconds)) }
}
