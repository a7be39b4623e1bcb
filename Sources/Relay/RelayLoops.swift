internal import NIOCore
internal import NIOPosix

/// The event loops of the mail: with one thread, both sides share it; with more, the delivery has one for itself, and
/// the sessions of the applications are spread over the others.
///
/// Measured on two cores, one loop beside the spool's writer thread costs the least CPU a message.
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
