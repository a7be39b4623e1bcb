import ArgumentParser
import Glibc

/// Why a command ends without success: a sentence on standard error and an exit code of sysexits.
struct Failure: Error, Equatable {
    enum Status: Int32 {
        case usage = 64
        case badInput = 65
        /// No such message, no such upstream.
        case noSuchMessage = 66
        case notRunning = 69
        case tryAgain = 75
        case configuration = 78
    }

    let status: Status
    /// One sentence, or several lines; empty where everything has been said.
    let message: String

    init(_ status: Status, _ message: String) {
        self.status = status
        self.message = message
    }

    /// Ends the process: prints help and version on standard output, everything else on standard error.
    static func exit(with error: any Error) -> Never {
        if let failure = error as? Failure {
            report(failure.message)
            Glibc.exit(failure.status.rawValue)
        }
        let code = Posthorse.exitCode(for: error)
        let text = Posthorse.fullMessage(for: error)
        if code.isSuccess {
            var output = Output()
            output.write(text.hasSuffix("\n") || text.isEmpty ? text : text + "\n")
            output.flush()
        } else {
            report(text.hasPrefix("Error: ") ? String(text.dropFirst(7)) : text)
        }
        Glibc.exit(code.rawValue)
    }

    /// Prints `posthorse: message` on standard error.
    static func report(_ message: String) {
        guard !message.isEmpty else { return }
        var output = Output(descriptor: STDERR_FILENO)
        output.write("posthorse: \(Printable.lines(message))\n")
        output.flush()
    }
}
