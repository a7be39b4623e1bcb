import Dispatch
import Glibc

/// Calls a function when one of these signals arrives, in place of its default action.
package struct SignalWatch {
    private let sources: [any DispatchSourceSignal]

    package init(_ numbers: [Int32], _ action: @escaping @Sendable () -> Void) {
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler(handler: action)
            source.activate()
            return source
        }
    }

    package func cancel() {
        for source in sources { source.cancel() }
    }
}
