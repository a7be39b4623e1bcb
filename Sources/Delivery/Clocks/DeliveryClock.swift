internal import Mail
internal import NIOCore
internal import Spool
internal import Upstreams

/// The clocks of the delivery, and its random numbers.
///
/// Due times count by a steady clock, in memory and on disk, so that nobody who sets the system's clock moves them; they
/// are shown to people as the system's clock has it at that moment. What has happened is recorded by the system's clock.
///
/// Confined to the delivery's event loop.
final class DeliveryClock {
    let eventLoop: any EventLoop
    /// The steady clock: elapsed time, starting from a reading of the system's clock.
    let now: @Sendable () -> Timestamp
    /// How far the system's clock is ahead of the steady one; negative where it is behind.
    let lead: @Sendable () -> Duration
    /// The age of every message.
    private(set) var ages: MessageAges
    private var random: any RandomNumberGenerator

    /// - Parameters:
    ///   - ages: of messages, from earlier by the same steady clock.
    ///   - last: the greatest queue ID so far.
    init(
        eventLoop: any EventLoop, random: any RandomNumberGenerator = SplitMix64(),
        lead: @escaping @Sendable () -> Duration = { .zero }, ages: MessageAges? = nil,
        after last: QueueID = QueueID(rawValue: 0), now: @escaping @Sendable () -> Timestamp
    ) {
        self.eventLoop = eventLoop
        self.random = random
        self.lead = lead
        self.now = now
        self.ages = ages ?? MessageAges(lead: lead(), after: last, now: now())
        self.ages.stepped(to: lead(), after: last, now: now())
    }

    /// The monotonic clock.
    var instant: MonotonicInstant { eventLoop.instant }

    /// The system's clock.
    var wall: Timestamp { now() + lead() }

    /// This moment, by all clocks.
    var moment: Moment { Moment(now: now(), wall: wall, ages: ages) }

    /// A random number from -1 to 1, to vary waits.
    func jitter() -> Double { Double.random(in: -1...1, using: &random) }

    // MARK: - From one clock to another

    /// The steady clock's time at an instant.
    func timestamp(of instant: MonotonicInstant) -> Timestamp { now() + (instant - self.instant) }

    /// The system clock's time at an instant.
    func wall(of instant: MonotonicInstant) -> Timestamp { wall(of: timestamp(of: instant)) }

    /// The system clock's time at one of the steady clock.
    func wall(of steady: Timestamp) -> Timestamp { steady + lead() }

    /// The steady clock's time at one of the system's.
    func steady(of wall: Timestamp) -> Timestamp { wall - lead() }

    /// How long a message has been in the queue and could have gone out: since it was accepted, or since the time that it
    /// was scheduled for.
    ///
    /// - Parameter now: by the steady clock.
    func wait(of message: SpooledMessage, at now: Timestamp) -> Duration {
        let age = ages.age(of: message, at: now)
        return message.releaseAt.map { max(.zero, min(age, now - $0)) } ?? age
    }

    // MARK: - Steps

    /// Somebody has set the system's clock.
    ///
    /// - Parameter last: the greatest queue ID so far.
    func stepped(after last: QueueID) { ages.stepped(to: lead(), after: last, now: now()) }
}

/// What the clocks say at one moment, for use on any thread.
struct Moment: Sendable {
    /// By the steady clock, as all due times.
    let now: Timestamp
    /// By the system's clock, as all records.
    let wall: Timestamp
    let ages: MessageAges
}

extension EventLoop {
    /// The current instant of the loop's clock.
    var instant: MonotonicInstant { MonotonicInstant(nanoseconds: Int64(clamping: now.uptimeNanoseconds)) }
}
