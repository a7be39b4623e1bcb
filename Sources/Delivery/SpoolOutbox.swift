internal import NIOCore
internal import Spool

/// Gathers what the delivery tells the spool during one tick of its loop, and hands it over once.
final class SpoolOutbox {
    private let spool: any MessageSpool
    private let port: SpoolPort
    private let eventLoop: any EventLoop
    private var operations: [SpoolOperation] = []

    init(spool: any MessageSpool, port: SpoolPort, eventLoop: any EventLoop) {
        self.spool = spool
        self.port = port
        self.eventLoop = eventLoop
    }

    func add(_ operation: SpoolOperation) {
        if operations.isEmpty {
            let bound = NIOLoopBound(self, eventLoop: eventLoop)
            eventLoop.execute { bound.value.flush() }
        }
        operations.append(operation)
    }

    func flush() {
        guard !operations.isEmpty else { return }
        let batch = operations
        operations.removeAll(keepingCapacity: true)
        spool.submit(batch, from: port)
    }
}
