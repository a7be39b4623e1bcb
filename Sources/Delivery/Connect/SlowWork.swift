package import NIOCore
internal import NIOPosix

/// Runs disk access and long computations off the event loop; tests have their own.
package protocol SlowWork: Sendable {
    /// Runs `work` anywhere, and `done` on the event loop, from which this is called.
    func run<Value: Sendable>(
        on eventLoop: any EventLoop, _ work: @escaping @Sendable () -> Value, done: @escaping (Value) -> Void)
}

/// Uses the process's threads for such work.
package struct ThreadPoolWork: SlowWork {
    package init() {}

    package func run<Value: Sendable>(
        on eventLoop: any EventLoop, _ work: @escaping @Sendable () -> Value, done: @escaping (Value) -> Void
    ) {
        NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop, work).assumeIsolated().whenSuccess(done)
    }
}
