internal import Synchronization

/// The users of the spool and their pending completions.
package final class SpoolPorts: Sendable {
    private struct Port {
        let arrivals: Bool
        let receive: @Sendable ([SpoolCompletion]) -> Void
    }

    private let ports = Mutex<[Port]>([])

    package init() {}

    package func open(arrivals: Bool, receive: @escaping @Sendable ([SpoolCompletion]) -> Void) -> SpoolPort {
        ports.withLock { ports in
            ports.append(Port(arrivals: arrivals, receive: receive))
            return SpoolPort(rawValue: ports.count - 1)
        }
    }

    /// Whether any port wants to hear of committed messages.
    package var wantArrivals: Bool { ports.withLock { $0.contains { $0.arrivals } } }

    /// Calls every port with completions once; ports listening to arrivals get those after their own, and come last, so
    /// that an application has its answer before the message moves on.
    package func deliver(_ completions: inout CompletionBatch) {
        guard !completions.isEmpty else { return }
        let ports = ports.withLock { Array($0.enumerated()) }
        let ordered = ports.filter { !$0.element.arrivals } + ports.filter { $0.element.arrivals }
        for (index, port) in ordered {
            var mine = completions.take(SpoolPort(rawValue: index))
            if port.arrivals { mine.append(contentsOf: completions.arrivals) }
            if !mine.isEmpty { port.receive(mine) }
        }
        completions.arrivals.removeAll()
        completions.isEmpty = true
    }
}

/// Completions collected by port.
package struct CompletionBatch {
    private var byPort: [[SpoolCompletion]] = []
    fileprivate(set) var arrivals: [SpoolCompletion] = []
    package fileprivate(set) var isEmpty = true

    package init() {}

    package mutating func add(_ completion: SpoolCompletion, to port: SpoolPort) {
        isEmpty = false
        while byPort.count <= port.rawValue { byPort.append([]) }
        byPort[port.rawValue].append(completion)
    }

    /// For all ports listening to arrivals.
    package mutating func add(arrival message: QueuedMessage) {
        isEmpty = false
        arrivals.append(.arrived(message))
    }

    fileprivate mutating func take(_ port: SpoolPort) -> [SpoolCompletion] {
        guard port.rawValue < byPort.count else { return [] }
        var taken: [SpoolCompletion] = []
        swap(&taken, &byPort[port.rawValue])
        return taken
    }
}
