internal import Mail
internal import NIOCore
import Synchronization
internal import Telemetry

/// The readers of the feed, as a whole: how many there are, when they look for news, and what they share.
///
/// They look at the same moments, a few times a second, so that events are made ready once for all of them, and the more
/// readers there are, the more events each of them gets at once.
final class EventReaders: Sendable {
    fileprivate struct State {
        var count = 0
        /// The number after the last event that readers may have.
        var published = 1
        /// Those who wait for news.
        var waiting: [CheckedContinuation<Void, Never>] = []
        var isArmed = false
        var isStopping = false
        var lastWake = NIODeadline.now()
        /// The last ones that were made, oldest first.
        var batches: [EventBatch] = []
    }

    /// How often readers look at least, for what depends on time.
    private static let idle = TimeAmount.seconds(2)
    /// How often they look at most; longer by ``share`` for each reader.
    fileprivate static let interval = TimeAmount.milliseconds(50)
    fileprivate static let share = TimeAmount.microseconds(250)
    private static let mostBatches = 8

    let feed: EventFeed
    let limits: EventReader.Limits
    private let limit: Int
    private let loop: any EventLoop
    private let readers: MetricSample
    private let drops: [DroppedDocument.Reason: MetricSample]
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: of readers at a time.
    ///   - loop: keeps the time.
    init(
        _ feed: EventFeed, limit: Int, limits: EventReader.Limits = EventReader.Limits(), loop: any EventLoop,
        metrics: MetricStore
    ) {
        (self.feed, self.limit, self.limits, self.loop) = (feed, limit, limits, loop)
        readers = metrics.sample(.eventReaders)
        drops = Dictionary(
            uniqueKeysWithValues: DroppedDocument.Reason.allCases.map {
                ($0, metrics.sample(.eventReadersDropped, $0.rawValue))
            })
    }

    // MARK: Coming and going

    /// - Returns: whether there is room for another reader, which must then ``leave()``.
    func join() -> Bool {
        let end = feed.numbers.upperBound
        let count: Int? = state.withLock { state in
            guard state.count < limit, !state.isStopping else { return nil }
            if state.count == 0 { state.published = end }
            state.count += 1
            return state.count
        }
        if count != nil { readers.add() }
        return count != nil
    }

    func leave() {
        state.withLock { state in
            state.count -= 1
            if state.count == 0 { state.batches = [] }
        }
        readers.add(-1)
    }

    func dropped(_ reason: DroppedDocument.Reason) { drops[reason]?.add() }

    // MARK: What there is

    /// Whether the relay ends.
    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// The events that may be read.
    ///
    /// - Parameter isFollowing: whether only up to the last moment at which readers looked, so that all of them read the
    ///   same.
    func numbers(isFollowing: Bool) -> Range<Int> {
        let numbers = feed.numbers
        guard isFollowing else { return numbers }
        let published = state.withLock { $0.published }
        return numbers.lowerBound..<max(numbers.lowerBound, min(published, numbers.upperBound))
    }

    /// Events as they are sent; nil if the first is gone.
    func batch(from number: Int, upTo limit: Int, format: LogFormat) -> EventBatch? {
        let made = state.withLock { state in
            state.batches.first {
                $0.format == format && $0.numbers.lowerBound == number && $0.numbers.upperBound <= limit
            }
        }
        if let made { return made }
        guard let slice = feed.slice(from: number, upTo: limit) else { return nil }
        let batch = EventBatch(slice, of: feed.life, format: format)
        state.withLock { state in
            if state.batches.count == Self.mostBatches { state.batches.removeFirst() }
            state.batches.append(batch)
        }
        return batch
    }

    // MARK: Waiting

    /// Returns when there may be news, or time has passed.
    func wait() async {
        await withCheckedContinuation { continuation in
            let delay: TimeAmount? = state.withLock { state in
                guard !state.isStopping else { return .zero }
                state.waiting.append(continuation)
                return state.arm()
            }
            guard let delay else { return }
            if delay == .zero { continuation.resume() } else { look(in: delay) }
        }
    }

    private func look(in delay: TimeAmount) {
        loop.scheduleTask(in: delay) { self.look() }
    }

    private func look() {
        let (end, now) = (feed.numbers.upperBound, NIODeadline.now())
        let (waiting, delay) = state.withLock { state in
            state.isArmed = false
            guard end > state.published || now - state.lastWake >= Self.idle else {
                return ([CheckedContinuation<Void, Never>](), state.waiting.isEmpty ? nil : state.arm())
            }
            return (state.wake(upTo: end, now), nil)
        }
        for continuation in waiting { continuation.resume() }
        if let delay { look(in: delay) }
    }

    /// All readers get what there is, and then the end of their answers.
    func stop() {
        let end = feed.numbers.upperBound
        let waiting = state.withLock { state in
            state.isStopping = true
            return state.wake(upTo: end, .now())
        }
        for continuation in waiting { continuation.resume() }
    }
}

extension EventReaders.State {
    /// - Returns: when to look next; nil if that is known already.
    fileprivate mutating func arm() -> TimeAmount? {
        guard !isArmed else { return nil }
        isArmed = true
        return EventReaders.interval + EventReaders.share * count
    }

    /// - Returns: those who waited.
    fileprivate mutating func wake(upTo end: Int, _ now: NIODeadline) -> [CheckedContinuation<Void, Never>] {
        (published, lastWake) = (end, now)
        defer { waiting = [] }
        return waiting
    }
}
