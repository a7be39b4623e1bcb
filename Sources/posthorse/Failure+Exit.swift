import ArgumentParser
import Console
import Glibc

extension Failure {
    /// Ends the process: prints help and version on standard output, everything else on standard error.
    static func exit(with error: any Error) -> Never {
        if let failure = error as? Failure { failure.end() }
        let code = Posthorse.exitCode(for: error)
        let text = Posthorse.fullMessage(for: error)
        if code.isSuccess {
            var output = Output()
            output.write(text.hasSuffix("\n") || text.isEmpty ? text : text + "\n")
            output.flush()
        } else if let complaint = OptionCheck(Array(CommandLine.arguments.dropFirst())).complaint {
            // The parser may have stumbled over what it took for a value.
            Failure(.usage, complaint).end()
        } else {
            report(explained(text.hasPrefix("Error: ") ? String(text.dropFirst(7)) : text))
        }
        Glibc.exit(code.rawValue)
    }

    /// The parser says only that a moment is none.
    private static func explained(_ text: String) -> String {
        let end = text.firstIndex(of: "\n") ?? text.endIndex
        let complaint = text[..<end]
        guard complaint.contains("is invalid for"), complaint.contains("<moment>") else { return text }
        return "\(complaint): give \(MomentArgument.help)\(text[end...])"
    }
}
