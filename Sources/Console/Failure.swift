import Glibc

/// Why a command fails: a sentence on standard error and a sysexits exit code.
package struct Failure: Error, Equatable {
    package enum Status: Int32 {
        case usage = 64
        case badInput = 65
        /// No such message, no such upstream.
        case noSuchMessage = 66
        case notRunning = 69
        case tryAgain = 75
        case configuration = 78
    }

    package let status: Status
    /// One sentence, or several lines; empty if there is nothing to add.
    package let message: String

    package init(_ status: Status, _ message: String) {
        self.status = status
        self.message = message
    }

    /// Prints the reason on standard error, and exits.
    package func end() -> Never {
        Self.report(message)
        exit(status.rawValue)
    }

    /// Prints `posthorse: message` on standard error.
    package static func report(_ message: String) {
        guard !message.isEmpty else { return }
        var output = Output(descriptor: STDERR_FILENO)
        output.write("posthorse: \(Printable.lines(message))\n")
        output.flush()
    }
}
