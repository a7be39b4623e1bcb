package import NIOCore
internal import NIOPosix

/// Runs what waits for a disk or computes for long beside the event loop; tests have one of their own.
package protocol SlowWork: Sendable {
    /// Runs `work` anywhere, and `done` on the event loop, which calls this.
    func run<Value: Sendable>(
        on eventLoop: any EventLoop, _ work: @escaping @Sendable () -> Value, done: @escaping (Value) -> Void)
}

/// On the threads that the process has for such things.
package struct ThreadPoolWork: SlowWork {
    package init() {}

    package func run<Value: Sendable>(
        on eventLoop: any EventLoop, _ work: @escaping @Sendable () -> Value, done: @escaping (Value) -> Void
    ) {
        NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop, work).assumeIsolated().whenSuccess(done)
    }
}
