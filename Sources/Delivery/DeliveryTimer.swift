internal import Mail
internal import NIOCore
internal import Upstreams

/// The one timer of the delivery, for all sessions, messages and circuits.
///
/// Confined to the delivery's event loop.
final class DeliveryTimer {
    /// Its resolution; far below the patience of any upstream.
    private static let resolution = Duration.milliseconds(20)
    /// Limit on waits for due times: the loop's clock may stand still while the machine sleeps.
    private static let longest = Duration.seconds(30)
    /// How often sessions are checked while mail flows.
    static let busyInterval = Duration.milliseconds(50)

    private let clock: DeliveryClock
    private var task: Scheduled<Void>?
    /// When it fires; nil if not set.
    private(set) var firesAt: MonotonicInstant?
    /// Called when it fires; set once, by its owner.
    var fired: () -> Void = {}

    init(clock: DeliveryClock) {
        self.clock = clock
    }

    /// Whether it might fire too late; asked after every change, so it must be cheap.
    var mayFireTooLate: Bool {
        guard let firesAt else { return true }
        return firesAt > clock.instant + Self.busyInterval
    }

    /// Sets it for the first of the instants, or stops it if there are none.
    func set(_ wakeups: Wakeups) {
        guard let first = wakeups.first else { return cancel() }
        let instant = max(first, wakeups.present + Self.resolution)
        // A timer that fires early costs one check; resetting it at every change would cost more.
        if let firesAt, task != nil, firesAt <= instant { return }
        cancel()
        firesAt = instant
        let bound = NIOLoopBound(self, eventLoop: clock.eventLoop)
        let deadline = NIODeadline.uptimeNanoseconds(UInt64(max(0, instant.nanoseconds)))
        task = clock.eventLoop.scheduleTask(deadline: deadline) { bound.value.fire() }
    }

    func cancel() {
        task?.cancel()
        task = nil
        firesAt = nil
    }

    private func fire() {
        task = nil
        firesAt = nil
        fired()
    }

    /// The first of the instants at which something is due.
    struct Wakeups {
        let present: MonotonicInstant
        private let now: Timestamp
        private(set) var first: MonotonicInstant?

        init(clock: DeliveryClock) {
            present = clock.instant
            now = clock.now()
        }

        mutating func add(_ instant: MonotonicInstant?) {
            guard let instant else { return }
            first = min(first ?? instant, instant)
        }

        /// Something is due by the steady clock.
        mutating func add(_ time: Timestamp?) {
            guard let time else { return }
            add(present + min(max(time - now, .zero), DeliveryTimer.longest))
        }

        /// Something is in progress that is checked often.
        mutating func addBusy() { add(present + DeliveryTimer.busyInterval) }
    }
}
