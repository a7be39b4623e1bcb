import Dispatch
import NIOCore

/// The event loop of one life of the relay: it ends with a crash, and everything scheduled on it with it.
final class SimulatedLoop: EventLoop, @unchecked Sendable {
    // Safety: a run, with everything that belongs to it, is confined to one thread.

    private final class Life {
        var isOver = false
    }

    let timeline: Timeline
    private let start: Int64
    private let life = Life()
    /// What to fail if the loop ends first, because promises must not leak.
    private var unfulfilled: [Int: () -> Void] = [:]
    private var number = 0
    /// Set at the end of its life, where promises are kept that nobody waits for.
    var runsAtOnce = false

    init(_ timeline: Timeline) {
        self.timeline = timeline
        self.start = timeline.now
    }

    var inEventLoop: Bool { true }
    /// Counted from the start of this life, as after booting a machine.
    var now: NIODeadline { .uptimeNanoseconds(UInt64(timeline.now - start + 1_000_000_000)) }

    /// Runs the body unless the relay has died by then.
    @discardableResult
    func at(_ time: Int64, _ body: @escaping () -> Void) -> Timeline.Entry {
        timeline.at(time) { [life] in
            if !life.isOver { body() }
        }
    }

    func execute(_ task: @escaping () -> Void) {
        if runsAtOnce { task() } else { at(timeline.now, task) }
    }

    func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping () throws -> T) -> Scheduled<T> {
        let promise = makePromise(of: T.self)
        guard !life.isOver else {
            promise.fail(EventLoopError.shutdown)
            return Scheduled(promise: promise, cancellationTask: {})
        }
        number += 1
        let own = number
        unfulfilled[own] = { promise.fail(EventLoopError.shutdown) }
        let time = start + Int64(clamping: deadline.uptimeNanoseconds) - 1_000_000_000
        let entry = at(time) { [unowned self] in
            unfulfilled[own] = nil
            do { promise.assumeIsolated().succeed(try task()) } catch { promise.fail(error) }
        }
        let bound = NIOLoopBound((self, entry), eventLoop: self)
        return Scheduled(promise: promise) {
            let (loop, entry) = bound.value
            entry.callOff()
            loop.unfulfilled[own] = nil
        }
    }

    func scheduleTask<T>(in delay: TimeAmount, _ task: @escaping () throws -> T) -> Scheduled<T> {
        scheduleTask(deadline: now + delay, task)
    }

    /// A promise that fails with the loop.
    func makeMortalPromise<T>(of type: T.Type) -> (EventLoopPromise<T>, fulfil: (Result<T, any Error>) -> Void) {
        let promise = makePromise(of: type)
        number += 1
        let own = number
        unfulfilled[own] = { promise.fail(EventLoopError.shutdown) }
        return (
            promise,
            { [unowned self] result in
                guard unfulfilled.removeValue(forKey: own) != nil else { return }
                promise.assumeIsolated().completeWith(result)
            }
        )
    }

    /// The relay has died.
    func end() {
        life.isOver = true
        while let own = unfulfilled.keys.min() { unfulfilled.removeValue(forKey: own)?() }
    }

    func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
        preconditionFailure("the simulation ends its loops itself")
    }
}
