internal import NIOCore
internal import NIOPosix

/// The event loops for mail: with one thread, both sides share it; with more, delivery has its own, and client sessions
/// are spread over the others.
///
/// Measured on two cores, one loop beside the spool's writer thread costs the least CPU per message.
struct RelayLoops {
    private let first = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let others: MultiThreadedEventLoopGroup?

    init(threads: Int) {
        others = threads > 1 ? MultiThreadedEventLoopGroup(numberOfThreads: threads - 1) : nil
    }

    var delivery: any EventLoop { first.any() }
    var ingress: any EventLoopGroup { others ?? first }

    func shutDown() async {
        try? await others?.shutdownGracefully()
        try? await first.shutdownGracefully()
    }
}
